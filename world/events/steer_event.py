"""Whoever runs the city starts, pauses, resumes, extends or cancels a rain or a show. The server's own deed."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from world.event import NOTABLE, Command, Event, Refused, Telling
from world.state import World

Action = Literal["start", "pause", "resume", "extend", "cancel"]


class SteerEvent(Command, frozen=True):
    """Do this to the event of that name; `seconds` is by how much to extend it, `by` who wants it."""

    name: Annotated[str, Meta(min_length=1, max_length=32)]
    action: Action
    # A day: whoever wants more starts it again.
    seconds: Annotated[int, Meta(ge=0, le=86_400)] = 0
    by: Annotated[str, Meta(max_length=64)] = ""


class EventChanged(Event, frozen=True):
    """The rain or show of this name is `idle`, `running`, `paused` or `ending` now; `kind` is `rain` or `show`."""

    importance: ClassVar[int] = NOTABLE

    event: str
    kind: str
    state: str


class EventSteered(Event, frozen=True):
    """What came of a `SteerEvent`, for whoever issued it under this number."""

    public: ClassVar[bool] = False

    number: int
    event: str
    action: str
    kind: str
    state: str
    ends_tick: int


def apply(world: World, actor: int, command: SteerEvent) -> Telling:
    """Refuses names that this zone does not have."""
    raise Refused("no_such_event", "name", "this zone has no event of that name")
