"""What a rule reads and says: commands, events, who hears of them, and the refusal."""

import re
from collections.abc import Iterable
from typing import Any, ClassVar, Literal, NamedTuple

import msgspec

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")

# How much an event matters when a viewer's frame cannot carry them all; what is VITAL is told to its whole audience
# by letter, whatever it costs.
COSMETIC, SOCIAL, NOTABLE, VITAL = 0, 1, 2, 3

# Whoever runs the city: the entity that its commands are issued by, and that is told what became of
# them. Its slot is a host's and its generation the last, which no host has.
OPERATOR = 0xFFFFFFFF

# What is told to people in every layer (world.layers): there are not so many.
ALL_LAYERS = 255

# The account that crystals come from and go to; it alone may be below zero. Others are called
# `player:<account number>` and `pool:<name>`, the name being unique in this zone and run.
HOUSE = "house"
PLAYER = "player:"
POOL = "pool:"


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
    One that is not `public` is for the operator, and clients do not learn of it.
    """

    name: ClassVar[str] = ""
    public: ClassVar[bool] = True
    importance: ClassVar[int] = COSMETIC

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.name = snake(cls.__name__)

    def until_tick(self) -> int:
        """The last tick in which newcomers are told of it, too; 0: it is over as soon as it is told."""
        return 0


class Nearby(NamedTuple):
    """Everyone within `radius_cm` of a place, measured on the ground, in one layer or all; `entity` caused it.

    `staff`: of these only whoever works here.
    """

    entity: int
    x: int
    z: int
    radius_cm: int
    layer: int = ALL_LAYERS
    staff: bool = False


class Only(NamedTuple):
    """One entity and nobody else."""

    entity: int


class InZone(NamedTuple):
    """Everyone in the zone that tells it, in whatever layer; `staff`: of these only whoever works here."""

    staff: bool = False


Audience = Nearby | Only | InZone


class Told(NamedTuple):
    """An event and who hears of it."""

    audience: Audience
    event: Event


class Posting(NamedTuple):
    """So many whole crystals into `account`; out of it if negative."""

    account: str
    amount: int


class Settle(NamedTuple):
    """A durable effect: it has not happened before a `Confirm` with its key, and never if a `Reject` comes.

    `key` is unique in this zone and this run of the city unless it was rejected, of [a-z0-9_.:-] and at
    most 48 characters; what is settled under a key is settled once. The amounts sum to 0.
    """

    key: str
    kind: str
    postings: tuple[Posting, ...]


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
    """A refused command, as data: `number` is the client's own (a Move's is its input number).

    A rule that takes a wish and cannot grant it later, for instance to all but one, yields it.
    """

    entity: int
    number: int
    deed: str
    reason: str
    field: str | None
    message: str


Telling = Iterable[tuple[Audience, Event] | Settle | Refusal]


OccasionKind = Literal["rain", "show"]
OccasionState = Literal["idle", "running", "paused", "ending"]
# As people are told: one that runs for staff alone is a rehearsal.
ShownState = Literal["idle", "rehearsal", "running", "paused", "ending"]


class EventState(NamedTuple):
    """How a rain or a show of a zone stands: `detail` are numbers for people, like how much has fallen.

    `until_tick` is when it ends, as far as that is known; 0 if it is not running. `rehearsal`: what is on is one,
    also while it is paused.
    """

    name: str
    kind: OccasionKind
    state: ShownState
    until_tick: int
    detail: dict[str, int]
    rehearsal: bool = False
