"""What a rule reads and says: commands, events, who hears of them, and the refusal."""

import re
from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

import msgspec

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")

# How much an event matters when a viewer's frame cannot carry them all.
COSMETIC, SOCIAL, NOTABLE = 0, 1, 2


def snake(name: str) -> str:
    """`PickUpCrystal` -> `pick_up_crystal`: how a class is called on the wire."""
    return _CAPITAL.sub("_", name).lower()


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A wish about the world, as an imperative verb. Survives `msgspec.to_builtins` and `convert`."""

    deed: ClassVar[str] = ""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.deed = snake(cls.__name__)


class Event(msgspec.Struct, frozen=True):
    """Something that happened, as a past participle.

    `importance` ranks it among the events of one frame. What is told to `Only` one entity is never cut.
    """

    name: ClassVar[str] = ""
    importance: ClassVar[int] = COSMETIC

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.name = snake(cls.__name__)


class Nearby(NamedTuple):
    """Everyone within `radius_cm` of a place, measured on the ground; `entity` caused it."""

    entity: int
    x: int
    z: int
    radius_cm: int


class Only(NamedTuple):
    """One entity and nobody else."""

    entity: int


class InZone(NamedTuple):
    """Everyone in the zone that tells it."""


Audience = Nearby | Only | InZone


class Told(NamedTuple):
    """An event and who hears of it."""

    audience: Audience
    event: Event


Telling = Iterable[tuple[Audience, Event]]


class Refused(Exception):  # noqa: N818 - a refusal is not an error; the name is the idea's
    """The rule says no, before it changed anything; only the actor hears of it.

    `reason` is a word a client can branch on, `field` the field at fault, `message` for a person.
    """

    def __init__(self, reason: str, field: str | None = None, message: str = "") -> None:
        super().__init__(f"{reason}: {message}" if message else reason)
        self.reason = reason
        self.field = field
        self.message = message


class Refusal(NamedTuple):
    """A refused command, as data: `number` is the client's own (a Move's is its input number)."""

    entity: int
    number: int
    deed: str
    reason: str
    field: str | None
    message: str
