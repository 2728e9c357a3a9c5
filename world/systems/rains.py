"""Rains begin by the clock, fall, lie there, and are tidied away."""

from world import occasions, rains
from world.event import Telling
from world.state import World


def run(world: World) -> Telling:
    """Start what is due; let fall, and end, what is on."""
    for rain in world.programme.of_kind("rain"):
        if occasions.is_due(world, rain):
            if rain.rehearsal:
                yield from rains.finish(world, rain)
            yield from rains.begin(world, rain)
        elif rain.state == "running" and rain.detail["funded"]:
            yield from rains.go_on(world, rain)
        elif rain.state == "ending":
            yield from rains.tidy(world, rain)


def rests_until(world: World) -> int:
    """The tick in which a rain does something next."""
    return occasions.rests_until(world, world.programme.of_kind("rain"))
