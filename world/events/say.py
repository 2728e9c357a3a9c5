"""A player says something, and whoever is close enough to hear it hears it."""

import unicodedata
from typing import Annotated, ClassVar

from msgspec import Meta

from world.event import SOCIAL, Command, Event, Refused, Telling
from world.rates import spend
from world.state import World

# Two sentences; longer text does not fit in a speech bubble.
Text = Annotated[str, Meta(min_length=1, max_length=200)]

# Control and format characters and line breaks: they hide text, turn it around or break a log.
_UNSAYABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


class Say(Command, frozen=True):
    """Speak."""

    text: Text


class Said(Event, frozen=True):
    """Somebody spoke."""

    importance: ClassVar[int] = SOCIAL

    entity: int
    text: str


def apply(world: World, actor: int, command: Say) -> Telling:
    """Refuses blank text and characters that cannot be seen."""
    row = world.here(actor)
    must_be_readable(command.text)
    spend(world, world.columns.say_debt, row, world.tuning.say.rate)
    yield world.nearby(actor, world.tuning.say.radius_m), Said(actor, command.text)


def must_be_readable(text: str) -> None:
    """Raises Refused for what nobody can read, or what hides something."""
    if not text.strip():
        raise Refused("blank_text", "text", "there must be something to read")
    if any(unicodedata.category(each) in _UNSAYABLE for each in text):
        raise Refused("bad_text", "text", "no control or format characters")
