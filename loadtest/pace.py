"""A steady beat on the event loop, and how late it comes: the load generator's own pulse."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from time import perf_counter

import numpy as np

from loadtest.histogram import Histogram

STEP_S = 0.01
# After a stall longer than this the beat starts afresh instead of catching up in a burst.
_CATCH_UP_S = 0.5
# Adding to a histogram costs the same for one value as for a hundred.
_GATHER_EVERY = 100


class Pace:
    """Calls `step(number)` every 10 ms until cancelled; `drain` tells how late each came."""

    def __init__(self, step: Callable[[int], None]) -> None:
        self._step = step
        self._lags: list[float] = []
        self._lag_ms = Histogram()

    def drain(self) -> Histogram:
        """How late the steps since the last call were, in milliseconds."""
        self._gather()
        lag_ms, self._lag_ms = self._lag_ms, Histogram()
        return lag_ms

    def _gather(self) -> None:
        self._lag_ms.add(np.array(self._lags))
        self._lags.clear()

    async def run(self) -> None:
        """Beat.

        Late is what comes after it was due and after the beat before it: as long as that, at worst, did a frame that
        had arrived wait to be read. A backlog of beats is not counted again for each of them.
        """
        due_s = beat_s = perf_counter()
        for number in count():
            due_s += STEP_S
            now_s = perf_counter()
            if now_s - due_s > _CATCH_UP_S:
                due_s = now_s
            await asyncio.sleep(max(0.0, due_s - now_s))
            last_s, beat_s = beat_s, perf_counter()
            self._lags.append(max(0.0, beat_s - max(due_s, last_s)) * 1000)
            if len(self._lags) >= _GATHER_EVERY:
                self._gather()
            self._step(number)


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until it is time to stop."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), max(0.0, seconds))
