"""A show as the fireworks it is made of: what is lit in which of its ticks, and the chance each is drawn from.

Pure, and the same for the zone that plays a show and for whoever wants to know beforehand what it will play.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from world.city import cm
from world.festival import OCCASIONS_MAX, Colours, Cue, Show
from world.rng import Randomness


class Cued(NamedTuple):
    """One firework of a show; the place is in cm from the zone's corner."""

    kind: str
    colours: Colours
    x: int
    z: int


class Timeline(NamedTuple):
    """A whole show: `ticks` long, with something to light in some of them, counted from 0."""

    name: str
    ticks: int
    by_tick: dict[int, tuple[Cued, ...]]

    def lit(self, random: Randomness, turn: int, elapsed: int) -> Iterator[tuple[Cued, int]]:
        """What is lit in the tick `elapsed` of its turn, each with its seed.

        A turn that was extended begins again from the start, with other seeds.
        """
        cued = self.by_tick.get(elapsed % self.ticks, ())
        if cued:
            chance = random.once(f"show.{self.name}.{turn}.{elapsed}")
            yield from ((each, chance.below(2**32)) for each in cued)


# All shows of the content could be on at once.
@lru_cache(maxsize=OCCASIONS_MAX)
def timeline(show: Show, tick_rate_hz: int) -> Timeline:
    """The show at this tick rate, in the order of its ticks and in one tick in the content's order."""
    by_tick: dict[int, list[Cued]] = {}
    for cue in show.cue:
        for tick in _ticks(cue, tick_rate_hz):
            by_tick.setdefault(tick, []).append(Cued(cue.kind, cue.colours, cm(cue.x_m), cm(cue.z_m)))
    return Timeline(show.name, max(by_tick) + 1, {tick: tuple(by_tick[tick]) for tick in sorted(by_tick)})


def _ticks(cue: Cue, tick_rate_hz: int) -> Iterator[int]:
    return (round((cue.at_s + number * cue.every_s) * tick_rate_hz) for number in range(cue.repeat))
