"""The last moments of a city: nobody is let in any more, and everybody is told how long it is still open."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import pairwise

# When everybody is told again, in seconds before the end: early enough to finish something, and then to say goodbye.
WARNINGS_S = (30, 10, 5, 3, 2, 1)


class Stop:
    """What signals and operators ask for: the first one that the city closes, a second signal that it hurries.

    `seconds` is the countdown, `now_s` a clock that never goes back.
    """

    def __init__(self, seconds: float, now_s: Callable[[], float]) -> None:
        self.seconds = seconds
        self.asked = asyncio.Event()
        self._now_s = now_s
        self._closes_s: float | None = None
        self._hurried = asyncio.Event()

    def ask(self) -> None:
        """A signal has come."""
        if self.close_in(None) is None:
            self._hurried.set()

    def close_in(self, seconds: float | None) -> float | None:
        """Close in so many seconds, or as the settings say; in how many that is, None where it closes already."""
        if self.asked.is_set():
            return None
        self.seconds = self.seconds if seconds is None else seconds
        self._closes_s = self._now_s() + self.seconds
        self.asked.set()
        return self.seconds

    @property
    def closes_in_s(self) -> float | None:
        """What is left of the countdown; None while nobody wants the city closed."""
        return None if self._closes_s is None else max(0.0, self._closes_s - self._now_s())

    def hurry(self) -> None:
        """The city closes, and there is nothing to wait for."""
        self.asked.set()
        self._hurried.set()

    async def hurried_within(self, seconds: float) -> bool:
        """Wait so long, or until somebody hurries; whether somebody does."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._hurried.wait(), seconds)
        return self._hurried.is_set()


async def count_down(
    seconds: float, tell: Callable[[float], None], hurried_within: Callable[[float], Awaitable[bool]]
) -> None:
    """Tell everybody at once how many seconds are left, and again at every warning; then the time is up."""
    moments = [seconds, *(warning for warning in WARNINGS_S if warning < seconds), 0]
    for left, then in pairwise(moments):
        tell(left)
        if await hurried_within(left - then):
            return
