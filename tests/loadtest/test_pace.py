"""The pace: it beats, it tells how late it was, and it does not chase lost time."""

import asyncio
from contextlib import suppress
from time import perf_counter

from loadtest.pace import STEP_S, Pace


class Beats:
    """Counts beats, holds the loop up at one of them, and ends after so many."""

    def __init__(self, until: int, stall_at: int = -1, stall_s: float = 0.0) -> None:
        self.times: list[float] = []
        self.done = asyncio.Event()
        self._until, self._stall_at, self._stall_s = until, stall_at, stall_s

    def __call__(self, number: int) -> None:
        assert number == len(self.times)
        self.times.append(perf_counter())
        while number == self._stall_at and perf_counter() < self.times[-1] + self._stall_s:
            pass
        if number + 1 == self._until:
            self.done.set()


async def beaten(beats: Beats) -> Pace:
    pace = Pace(beats)
    task = asyncio.create_task(pace.run())
    async with asyncio.timeout(20):
        await beats.done.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return pace


async def test_it_beats_a_hundred_times_a_second() -> None:
    beats, began_s = Beats(30), perf_counter()
    pace = await beaten(beats)
    # From the beginning: if the first one is late, those after it make up for that.
    assert beats.times[-1] - began_s >= 29 * STEP_S
    assert pace.drain().count >= 29


async def test_a_stall_is_told_and_made_up_for() -> None:
    beats = Beats(30, stall_at=10, stall_s=0.1)
    pace = await beaten(beats)
    lag = pace.drain()
    assert lag.max is not None
    assert lag.max >= 80
    # One stall is one late beat, not as many as were made up for.
    assert lag.percentile(80) is not None
    assert (lag.percentile(80) or 0) < 80
    assert beats.times[-1] - beats.times[0] < 1.0


async def test_after_a_long_stall_it_starts_afresh() -> None:
    beats = Beats(30, stall_at=10, stall_s=0.6)
    await beaten(beats)
    assert beats.times[-1] - beats.times[11] >= 15 * STEP_S


async def test_draining_forgets() -> None:
    pace = await beaten(Beats(5))
    assert pace.drain().count >= 4
    assert pace.drain().count == 0
