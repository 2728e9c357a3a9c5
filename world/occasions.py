"""How occasions go from one state to the next: what rains and shows have in common."""

from typing import ClassVar

from world.config import FOREVER
from world.event import NOTABLE, Event, InZone, OccasionState, Telling
from world.programme import Occasion
from world.state import World


class EventChanged(Event, frozen=True):
    """The rain or show of this name is `idle`, `running`, `paused` or `ending` now; `kind` is `rain` or `show`.

    Whoever works here is also told of a `rehearsal`, and of how that goes on; nobody else hears of one.
    """

    importance: ClassVar[int] = NOTABLE

    event: str
    kind: str
    state: str


def change(world: World, occasion: Occasion, state: OccasionState) -> Telling:
    """It stands so from now on, and the zone hears of it; of a rehearsal only staff."""
    occasion.state = state
    world.programme.changed = True
    yield InZone(occasion.rehearsal), EventChanged(occasion.name, occasion.kind, occasion.shown)
    if state == "idle":
        world.programme.rest(occasion)


def begin(world: World, occasion: Occasion, lasts: int) -> Telling:
    """Its next turn begins, for so many ticks."""
    occasion.turn += 1
    occasion.elapsed, occasion.lasts = 0, lasts
    occasion.detail = {}
    yield from change(world, occasion, "running")


def is_due(world: World, occasion: Occasion) -> bool:
    """Whether the clock wants it to start now. A turn that is still on is left on, and a rehearsal has to make way."""
    if world.tick < occasion.next_start:
        return False
    plan = occasion.coming or occasion.plan
    every = world.ticks(plan.every_s) if plan.every_s else FOREVER
    while occasion.next_start <= world.tick:
        occasion.next_start += every
    return occasion.state == "idle" or occasion.rehearsal


def rests_until(world: World, occasions: list[Occasion]) -> int:
    """The tick in which one of them does something next."""
    if any(occasion.state in ("running", "ending") for occasion in occasions):
        return world.tick + 1
    return min((occasion.next_start for occasion in occasions), default=FOREVER)
