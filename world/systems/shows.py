"""Shows light their fireworks by the clock: for nothing, in nobody's name, and whatever else is in the sky."""

from world import occasions
from world.event import NOTABLE, Telling
from world.events.light_firework import Rocket, rise
from world.festival import Show
from world.programme import Occasion
from world.state import World
from world.timeline import Timeline, timeline


def begin(world: World, occasion: Occasion) -> Telling:
    """Its next turn begins; the first tick of it is the next that this system runs in."""
    yield from occasions.begin(world, occasion, _timeline(world, occasion).ticks)


def finish(world: World, occasion: Occasion) -> Telling:
    """It is over, or broken off; what is in the air burns out."""
    yield from occasions.change(world, occasion, "idle")


def run(world: World) -> Telling:
    """Start what is due, and light what is due of everything that is on."""
    for show in world.programme.of_kind("show"):
        if occasions.is_due(world, show):
            yield from begin(world, show)
        if show.state == "running":
            yield from _play(world, show)


def rests_until(world: World) -> int:
    """The tick in which a show does something next."""
    return occasions.rests_until(world, world.programme.of_kind("show"))


def _play(world: World, show: Occasion) -> Telling:
    for cued, seed in _timeline(world, show).lit(world.random, show.turn, show.elapsed):
        rocket = Rocket(0, cued.kind, cued.colours, world.area.x + cued.x, world.area.z + cued.z)
        yield rise(world, rocket, seed, NOTABLE)
        show.detail["lit"] = show.detail.get("lit", 0) + 1
    show.elapsed += 1
    if show.elapsed >= show.lasts:
        yield from finish(world, show)


def _timeline(world: World, occasion: Occasion) -> Timeline:
    assert isinstance(occasion.plan, Show), f"{occasion.name} is not a show"
    return timeline(occasion.plan, world.config.tick_rate_hz)
