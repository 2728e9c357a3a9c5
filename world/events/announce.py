"""Whoever runs the city says something to everybody in a zone. The server's own deed."""

from typing import Annotated, ClassVar

from msgspec import Meta

from world.event import VITAL, Command, Event, InZone, Only, Telling
from world.events.say import must_be_readable
from world.state import FLAG_PERFORMER, World

# As long as what players say: it has to be read at a glance, over everything else.
Text = Annotated[str, Meta(min_length=1, max_length=200)]


class Announce(Command, frozen=True):
    """Tell everybody here; `by` is who wants it."""

    text: Text
    by: Annotated[str, Meta(max_length=64)] = ""


class Announced(Event, frozen=True):
    """Whoever runs the city has said this. It has a serial, and no cap keeps it from anybody."""

    importance: ClassVar[int] = VITAL

    text: str


class AnnouncementMade(Event, frozen=True):
    """What came of an `Announce`, for whoever issued it under this number: so many people are here to hear it."""

    public: ClassVar[bool] = False

    number: int
    people: int


def apply(world: World, actor: int, command: Announce) -> Telling:
    """Refuses blank text and characters that cannot be seen."""
    must_be_readable(command.text)
    flags = world.columns.array("flags")
    people = int((flags & FLAG_PERFORMER == 0).sum())
    yield InZone(), Announced(command.text)
    yield Only(actor), AnnouncementMade(world.number, people)
