"""The benches that regressions are looked for in: a round is a few ticks, the same in every run, without sockets."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.loop import Stopwatch
from tests.bench.bench_city import CpuClock, FullPlaza
from tests.bench.bench_frames import Hall
from tests.bench.bench_tick import crowded_plaza, turns
from tests.bench.measuring import now_s
from tests.bench.strollers import Strollers
from world.compiled import I4, I4_2, NUMBER, compiled
from world.interest import Interest
from world.tick import step

# A whole turn of interest, and an even number for the frames of both halves.
TICKS = 20
# The seconds of CPU that a round took; each further call runs the next one.
Round = Callable[[], float]


class Bench(NamedTuple):
    """A name, and what makes its crowd; each call of what it makes runs a round and says its seconds of CPU."""

    name: str
    make: Callable[[int], Round]
    avatars: int


def _timed(ticks: int, one: Callable[[int], float]) -> Round:
    """Rounds of so many ticks, one after the other."""
    tick = 1

    def run() -> float:
        nonlocal tick
        first, tick = tick + 1, tick + ticks
        return sum(map(one, range(first, tick + 1)))

    return run


def tick_rounds(avatars: int) -> Round:
    """The zone's tick, everybody walking."""
    world, chance = crowded_plaza(avatars), np.random.default_rng(1)

    def one(tick: int) -> float:
        batch = turns(world, chance)
        begun = now_s()
        step(world, tick, batch)
        return now_s() - begun

    return _timed(TICKS, one)


def interest_rounds(avatars: int) -> Round:
    """Who sees whom, in knots."""
    strollers, interest = Strollers("clustered", avatars), Interest(avatars + 1)

    def one(tick: int) -> float:
        crowd = strollers.crowd(tick)
        begun = now_s()
        interest.refresh(tick, crowd.present, crowd)
        return now_s() - begun

    return _timed(TICKS, one)


def frames_rounds(avatars: int) -> Round:
    """Frames, introductions, events and crowd maps."""
    hall = Hall(avatars)

    def one(tick: int) -> float:
        hall.move(tick)
        viewers = hall.turn(tick)
        begun = now_s()
        hall.fanout.prepare(tick, viewers, shed_level=0)
        return now_s() - begun

    return _timed(TICKS, one)


def city_rounds(avatars: int) -> Round:
    """A whole tick of the city with its reading, and without its sends."""
    plaza, clock = FullPlaza(avatars), CpuClock()

    def one(tick: int) -> float:
        begun = now_s()
        plaza.say(tick)
        plaza.city.loop.run_one_tick(Stopwatch(clock))
        return now_s() - begun

    return _timed(TICKS // 2, one)


BENCHES = (
    Bench("tick", tick_rounds, 5_000),
    Bench("interest", interest_rounds, 3_000),
    Bench("frames", frames_rounds, 3_000),
    Bench("city", city_rounds, 1_500),
)


# Rows of 64 bytes, 16 MB of them: more than the caches that one core has to itself, as the city's columns are.
_ROWS, _PICKED, _KEPT = 1 << 18, 12_000, 32


@compiled(NUMBER, I4_2, I4, I4)
def _nearest_of(rows: NDArray[np.int32], picked: NDArray[np.int32], kept: NDArray[np.int32]) -> int:
    """Look up rows all over memory, and keep the least sums of two of their columns in order, as interest does."""
    total = 0
    for place in range(0, picked.size, 64):
        held = 0
        for i in picked[place : place + 64]:
            distance = abs(rows[i, 0]) + abs(rows[i, 8])
            at = held if held < kept.size else kept.size - 1
            if held == kept.size and distance >= kept[at]:
                continue
            while at > 0 and kept[at - 1] > distance:
                kept[at] = kept[at - 1]
                at -= 1
            kept[at] = distance
            held = min(held + 1, kept.size)
        total += kept[0]
    return total


class Calibration:
    """A fixed piece of work of the city's own nature: a compiled loop over more than the caches hold, array operations
    on much and on little, plain Python.

    Each part suffers in its own way from what else the machine does: a neighbour who fills the caches slows down the
    first, one who takes the clock down all of them.
    """

    def __init__(self) -> None:
        chance = np.random.default_rng(1)
        self._rows = chance.integers(0, 1 << 15, (50_000, 8)).astype(np.int16)
        self._chosen = chance.integers(0, 50_000, 40_000)
        self._small = np.arange(64, dtype=np.int32)
        self._mixed = chance.integers(0, 1 << 30, 20_000)
        self._far = chance.integers(-(1 << 20), 1 << 20, (_ROWS, 16)).astype(np.int32)
        self._picked = chance.integers(0, _ROWS, _PICKED).astype(np.int32)
        self._kept = np.zeros(_KEPT, np.int32)

    def run(self) -> float:
        """Its seconds of CPU."""
        begun = now_s()
        total = _nearest_of(self._far, self._picked, self._kept)
        gathered = self._rows[self._chosen]
        np.sort(self._mixed)
        total += int(gathered[:, 2].astype(np.int32).sum())
        for number in range(600):
            total += int(np.count_nonzero(self._small > (number & 63)))
        for number in range(15_000):
            total += number & 7
        assert total > 0
        return now_s() - begun
