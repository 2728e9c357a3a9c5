"""Time for one process: a clock that never goes back, and the pace that says when a tick is due.

Everything timed in the city is a tick number; seconds exist only here and at the sockets. Tests
crank `HandClock` instead of waiting.
"""

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Where seconds come from."""

    def now_s(self) -> float:
        """Seconds since an arbitrary moment; never goes back, and is not changed by setting the wall clock."""

    def wall_s(self) -> float:
        """Seconds since 1970, as people reckon them."""

    def work_s(self) -> float:
        """Seconds for which the calling thread has had a processor."""


class SystemClock:
    """The machine's clock."""

    def now_s(self) -> float:
        """Seconds of the monotonic clock, the one asyncio's loop uses too."""
        return time.monotonic()

    def wall_s(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def work_s(self) -> float:
        """The thread's own clock; 0.4 µs a look."""
        return time.thread_time()


@dataclass
class HandClock:
    """A clock that moves only when it is told to; `worked` is how many of its seconds were work."""

    seconds: float = 0.0
    worked: float = 0.0

    def now_s(self) -> float:
        """Where the hand stands."""
        return self.seconds

    def wall_s(self) -> float:
        """Where the hand stands, as if the clock had been started in 1970."""
        return self.seconds

    def work_s(self) -> float:
        """As many as the test says."""
        return self.worked

    def forward(self, seconds: float, worked: float = 0.0) -> None:
        """Moves the hand."""
        self.seconds += seconds
        self.worked += worked


class Pace:
    """Ticks at a steady rate from `start_s` on: late ones are left out and counted, never caught up.

    A server that catches up works hardest when it can least afford it, and falls further behind.
    Due times are multiples of the period from the start, so no error adds up.
    """

    def __init__(self, rate_hz: int, start_s: float) -> None:
        self.period_s = 1.0 / rate_hz
        self._rate_hz = rate_hz
        self._start_s = start_s
        self._next = 0

    @property
    def due_s(self) -> float:
        """When the next tick is due, on the same clock as `start_s`."""
        return self._start_s + self._next / self._rate_hz

    def take(self, now_s: float) -> int:
        """Begins the tick that is due; the number of ticks that are left out because it begins this late.

        Raises ValueError when nothing is due yet.
        """
        # Clocks and sums of floats disagree by less than this; a tick is never a microsecond early.
        late = int((now_s - self.due_s + 1e-6) * self._rate_hz // 1)
        if late < 0:
            raise ValueError(f"the next tick is due in {self.due_s - now_s:.6f} s")
        self._next += late + 1
        return late
