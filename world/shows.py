"""Shows begin and end: fireworks by a timeline, for nothing and in nobody's name."""

from world import occasions
from world.event import Telling
from world.festival import Show
from world.programme import Occasion
from world.state import World
from world.timeline import Timeline, timeline


def begin(world: World, occasion: Occasion) -> Telling:
    """Its next turn begins; the first tick of it is the next that its system runs in."""
    yield from occasions.begin(world, occasion, timeline_of(world, occasion).ticks)


def finish(world: World, occasion: Occasion) -> Telling:
    """It is over, or broken off; what is in the air burns out."""
    yield from occasions.change(world, occasion, "idle")


def timeline_of(world: World, occasion: Occasion) -> Timeline:
    """What it is made of."""
    assert isinstance(occasion.plan, Show), f"{occasion.name} is not a show"
    return timeline(occasion.plan, world.config.tick_rate_hz)
