"""A show on paper: what it will light, when and where, without a city to light it in."""

from collections.abc import Iterator
from typing import NamedTuple

from world.city import cm
from world.config import WorldConfig
from world.festival import FireworkKind, Show
from world.rng import Randomness
from world.timeline import Cued, timeline

# A show's seeds change from turn to turn. This is the first after the city opens.
TURN = 1


class NoSuchShow(Exception):  # noqa: N818 - it is what it says
    """The content has no show of that name; the text says which it has."""


class Launch(NamedTuple):
    """One firework: lit in this tick of the show, at a place in cm of the city, bursting so high above it."""

    tick: int
    kind: str
    colours: tuple[str, ...]
    x: int
    z: int
    height: int
    seed: int

    def line(self, tick_rate_hz: int) -> str:
        """For a person, under `HEAD`."""
        place = f"{self.x / 100:8.2f} {self.z / 100:8.2f} {self.height / 100:8.2f}"
        name, colours = f"{self.kind:14}", ",".join(self.colours)
        return f"{self.tick:6} {self.tick / tick_rate_hz:8.2f}  {place}  {self.seed:10}  {name} {colours}"


HEAD = f"{'tick':>6} {'s':>8}  {'x_m':>8} {'z_m':>8} {'height_m':>8}  {'seed':>10}  {'kind':14} colours"


def preview(config: WorldConfig, name: str) -> list[str]:
    """The show as lines. Raises NoSuchShow."""
    show = _show(config, name)
    hz, seen = config.tick_rate_hz, launches(config, name)
    fuse_s = config.tuning.firework.fuse_s
    said = f"{name} in {show.zone}: {len(seen)} fireworks in {timeline(show, hz).ticks / hz:g} s"
    chance = f"each rises {fuse_s:g} s after it is lit; seeds of turn {TURN} in a city of seed {config.seed}"
    return [said, chance, HEAD, *(launch.line(hz) for launch in seen)]


def launches(config: WorldConfig, name: str) -> list[Launch]:
    """Everything that the show lights in its first turn, in order. Raises NoSuchShow."""
    return list(_launches(config, _show(config, name)))


def _show(config: WorldConfig, name: str) -> Show:
    shows = {show.name: show for show in config.festival.show}
    if name not in shows:
        raise NoSuchShow(f"{name} is not a show; there are {', '.join(shows) or 'none'}")
    return shows[name]


def _launches(config: WorldConfig, show: Show) -> Iterator[Launch]:
    number = [zone.name for zone in config.city.zone].index(show.zone)
    corner = config.city.zone[number].rect
    whole, chance = timeline(show, config.tick_rate_hz), Randomness(config.seed, number)
    kinds = {kind.name: kind for kind in config.festival.firework}
    for tick in whole.by_tick:
        for cued, seed in whole.lit(chance, TURN, tick):
            yield _launch(tick, cued._replace(x=corner.x + cued.x, z=corner.z + cued.z), kinds[cued.kind], seed)


def _launch(tick: int, cued: Cued, kind: FireworkKind, seed: int) -> Launch:
    return Launch(tick, cued.kind, cued.colours, cued.x, cued.z, cm(kind.height_m), seed)
