"""What a behaviour is: twice a second it is told where it stands, and says where it goes and what it does."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from random import Random
from typing import Annotated, Any, ClassVar, NamedTuple

from msgspec import Meta, Struct

from loadtest.arrivals import Rules
from loadtest.city import City, Point, inside
from loadtest.crystals import Crystal
from loadtest.striding import Legs
from protocol.frames import GAIT_STAND

# How tightly people stand where it is crowded but nobody is pushed: the density organisers plan standing room with.
_PEOPLE_PER_M2 = 1.0
# Nobody gathers with their back to the very edge.
_EDGE_CM = 800.0


class Here(NamedTuple):
    """Where a bot stands, as its last frame said, when it is asked, and what else it knows.

    `crystals` are those it was shown last, the nearest first, if it hunts; `waiting` deeds of its own are not settled
    yet; what the scenario is about has `begun`.
    """

    when_s: float
    at: Point
    zone: str
    crystals: Iterable[Crystal] = ()
    waiting: int = 0
    begun: bool = True


class Deed(NamedTuple):
    """Something to ask the server for, by name and fields."""

    name: str
    fields: dict[str, Any]


class Intent(NamedTuple):
    """What a bot does for the next half second; `steer` in 256ths of a turn.

    On its `legs` it may go on like this without being asked, until there is something to decide (loadtest/striding.py).
    """

    steer: int
    gait: int
    jump: bool = False
    deed: Deed | None = None
    legs: Legs | None = None


STAY = Intent(0, GAIT_STAND)


class Cluster(NamedTuple):
    """A knot of people: its middle, how far it reaches, and its share of everybody."""

    centre: Point
    radius_cm: float
    share: float


class Firework(Struct, frozen=True, forbid_unknown_fields=True):
    """The firework that bots light, how often, and what it costs: the city's catalogue does not name them."""

    kind: Annotated[str, Meta(min_length=1, max_length=32)]
    colours: Annotated[list[str], Meta(min_length=1, max_length=3)]
    cost: Annotated[int, Meta(ge=1, le=1_000_000)]
    every_s: Annotated[float, Meta(ge=0.5, le=600)] = 1.0


class Setting(Struct, frozen=True):
    """What all bots of one run share: the city, the zone the scenario is about, its clusters and the rules."""

    city: City
    zone: str
    clusters: tuple[Cluster, ...]
    rules: Rules
    firework: Firework | None = None


class Behaviour(ABC):
    """One bot's mind. All its chance comes from `rng`, so that a seed decides everything it wants."""

    # What the server must know for it to be of any use, and whether it wants to know where crystals lie.
    deeds: ClassVar[frozenset[str]] = frozenset()
    hunts: ClassVar[bool] = False
    # Whether it is to be asked at every turn, also while it is on its way: for what it sees, or what it is told.
    watchful: ClassVar[bool] = False

    def __init__(self, rng: Random, setting: Setting) -> None:
        self.rng = rng
        self.setting = setting

    @abstractmethod
    def decide(self, here: Here) -> Intent:
        """What to do until asked again, half a second later."""


def draw_clusters(city: City, zone: str, bots: int, count: int, rng: Random) -> tuple[Cluster, ...]:
    """`count` clusters in a zone, of skewed sizes: the biggest is about five times the tenth, as crowds are."""
    weights = [(place + 1) ** -0.7 for place in range(count)]
    shares = [weight / sum(weights) for weight in weights]
    return tuple(
        Cluster(
            centre=inside(city.zones[zone], rng, _EDGE_CM),
            radius_cm=100 * math.sqrt(max(1.0, share * bots) / (_PEOPLE_PER_M2 * math.pi)),
            share=share,
        )
        for share in shares
    )
