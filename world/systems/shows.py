"""Shows light their fireworks by the clock: for nothing, in nobody's name, and whatever else is in the sky."""

from world import occasions, shows
from world.event import NOTABLE, Telling
from world.events.light_firework import Rocket, rise
from world.programme import Occasion
from world.state import World


def run(world: World) -> Telling:
    """Start what is due, and light what is due of everything that is on."""
    for show in world.programme.of_kind("show"):
        if occasions.is_due(world, show):
            if show.rehearsal:
                yield from shows.finish(world, show)
            yield from shows.begin(world, show)
        if show.state == "running":
            yield from _play(world, show)


def rests_until(world: World) -> int:
    """The tick in which a show does something next."""
    return occasions.rests_until(world, world.programme.of_kind("show"))


def _play(world: World, show: Occasion) -> Telling:
    for cued, seed in shows.timeline_of(world, show).lit(world.random, show.turn, show.elapsed):
        x, z = world.area.x + cued.x, world.area.z + cued.z
        rocket = Rocket(0, cued.kind, cued.colours, x, z, show.rehearsal)
        yield rise(world, rocket, seed, NOTABLE)
        show.detail["lit"] = show.detail.get("lit", 0) + 1
    show.elapsed += 1
    if show.elapsed >= show.lasts:
        yield from shows.finish(world, show)
