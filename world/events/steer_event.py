"""Whoever runs the city starts, rehearses, pauses, resumes, extends or cancels an event. The server's own deed."""

from collections.abc import Callable
from types import ModuleType
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from world import rains, shows
from world.event import Command, Event, OccasionState, Only, Refused, Telling
from world.occasions import change
from world.programme import Occasion
from world.state import World

Action = Literal["start", "rehearse", "pause", "resume", "extend", "cancel"]
# A day, however often it is extended: whoever wants more starts it again.
LASTS_S_MAX = 86_400


class SteerEvent(Command, frozen=True):
    """Do this to the event of that name; `seconds` is by how much to extend it, `by` who wants it."""

    name: Annotated[str, Meta(min_length=1, max_length=32)]
    action: Action
    seconds: Annotated[int, Meta(ge=0, le=LASTS_S_MAX)] = 0
    by: Annotated[str, Meta(max_length=64)] = ""


class EventSteered(Event, frozen=True):
    """What came of a `SteerEvent`, for whoever issued it under this number."""

    public: ClassVar[bool] = False

    number: int
    event: str
    action: str
    kind: str
    state: str
    ends_tick: int


ACTS: dict[str, ModuleType] = {"rain": rains, "show": shows}


def apply(world: World, actor: int, command: SteerEvent) -> Telling:
    """Refuses names that this zone does not have, and what cannot be done with the event as it stands."""
    occasion = world.programme.find(command.name)
    yield from _STEER[command.action](world, occasion, command)
    state = occasion.state_at(world.tick)
    yield (
        Only(actor),
        EventSteered(world.number, occasion.name, command.action, occasion.kind, state.state, state.until_tick),
    )


def _start(world: World, occasion: Occasion, _: SteerEvent) -> Telling:
    _must_be(occasion, "idle")
    yield from ACTS[occasion.kind].begin(world, occasion)


def _rehearse(world: World, occasion: Occasion, _: SteerEvent) -> Telling:
    _must_be(occasion, "idle")
    occasion.rehearsal = True
    yield from ACTS[occasion.kind].begin(world, occasion)


def _pause(world: World, occasion: Occasion, _: SteerEvent) -> Telling:
    _must_be(occasion, "running")
    yield from change(world, occasion, "paused")


def _resume(world: World, occasion: Occasion, _: SteerEvent) -> Telling:
    _must_be(occasion, "paused")
    yield from change(world, occasion, "running")


def _extend(world: World, occasion: Occasion, command: SteerEvent) -> Telling:
    _must_be(occasion, "running", "paused")
    if not command.seconds:
        raise Refused("no_seconds", "seconds", "by at least one second")
    lasts = occasion.lasts + world.ticks(command.seconds)
    if lasts > world.ticks(LASTS_S_MAX):
        raise Refused("too_long", "seconds", f"{LASTS_S_MAX} s in all are the most")
    occasion.lasts = lasts
    world.programme.changed = True
    return ()


def _cancel(world: World, occasion: Occasion, _: SteerEvent) -> Telling:
    _must_be(occasion, "running", "paused")
    yield from ACTS[occasion.kind].finish(world, occasion)


def _must_be(occasion: Occasion, *states: OccasionState) -> None:
    if occasion.state not in states:
        wanted = " or ".join(states)
        raise Refused("wrong_state", "action", f"it is {occasion.shown}, and would have to be {wanted}")


_STEER: dict[Action, Callable[[World, Occasion, SteerEvent], Telling]] = {
    "start": _start,
    "rehearse": _rehearse,
    "pause": _pause,
    "resume": _resume,
    "extend": _extend,
    "cancel": _cancel,
}
