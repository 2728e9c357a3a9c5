"""Everything that is true in one zone between two ticks."""

import numpy as np
from numpy.typing import NDArray

from world.city import Rect, Zone, cm
from world.columns import Columns
from world.config import FOREVER, WorldConfig
from world.crystals import Crystals
from world.event import Nearby, OccasionKind, Refused
from world.festival import Festival, Scheduled
from world.motion import Motion
from world.parts import Part
from world.profiles import Profiles
from world.programme import Occasion, Programme
from world.rng import Randomness
from world.settling import Asker, Pending
from world.sky import Sky
from world.space import Space
from world.tuning import Tuning

# Bits of the `flags` column and of a snapshot's flags.
FLAG_GROUNDED = 1
FLAG_PERFORMER = 2
FLAG_STAFF = 4


class World(Part):
    """One zone: `tick` is the last tick begun, `columns` everybody in it, `space` the whole city's ground.

    Nothing outside of `world.tick.step` changes it.
    """

    # The content, the ground, the tables of movement; and what was shown, which nobody writes into.
    SHARED = frozenset({"config", "space", "motion", "rest_snapshot"})

    def __init__(self, config: WorldConfig, zone: int, space: Space) -> None:
        self.config = config
        self.zone = zone
        self.space = space
        self.tick = 0
        self.motion = Motion(config.tuning.movement, config.tick_rate_hz)
        self.columns = Columns()
        self.profiles = Profiles()
        self.random = Randomness(config.seed, zone)
        self.pending = Pending()
        self.crystals = Crystals(zone)
        self.sky = Sky()
        self.programme = Programme(self._occasions())
        # The client's number of the command that is being obeyed, for what is told about it later.
        self.number = 0
        # Until this tick nothing here changes by itself, and this is what it looks like (world.tick, "Rest").
        self.rests_until = 0
        self.rest_snapshot: NDArray[np.void] | None = None

    @property
    def tuning(self) -> Tuning:
        """The designer's numbers."""
        return self.config.tuning

    @property
    def map(self) -> Zone:
        """The content of this zone, in metres from its own corner."""
        return self.config.city.zone[self.zone]

    @property
    def festival(self) -> Festival:
        """What the content says of crystals, rains, fireworks and shows, of all zones."""
        return self.config.festival

    @property
    def area(self) -> Rect:
        """This zone's rectangle, in cm of the city."""
        return self.space.zones[self.zone]

    @property
    def count(self) -> int:
        """How many entities are here, hosts included."""
        return self.columns.count

    def row(self, entity: int) -> int | None:
        """The row of `entity` now, or None if it is not here."""
        return self.columns.row(entity)

    def here(self, entity: int) -> int:
        """The row of `entity`; raises Refused if it is not in this zone."""
        row = self.columns.row(entity)
        if row is None:
            raise Refused("not_here", message="the entity is not in this zone")
        return row

    def is_staff(self, row: int) -> bool:
        """Whether whoever is at `row` works here, and so takes part in rehearsals."""
        return bool(self.columns.flags[row] & FLAG_STAFF)

    def place(self, entity: int) -> tuple[int, int]:
        """Where `entity` stands: x and z in cm; raises Refused if it is not here."""
        row = self.here(entity)
        return int(self.columns.x[row]), int(self.columns.z[row])

    def nearby(self, entity: int, radius_m: float) -> Nearby:
        """Everyone of its own layer around `entity`; raises Refused if it is not here."""
        layer = int(self.columns.layer[self.here(entity)])
        return Nearby(entity, *self.place(entity), cm(radius_m), layer)

    def asker(self, row: int, deed: str) -> Asker:
        """Who asks the books for something in this deed; raises Refused if nothing more may wait for them."""
        account = int(self.columns.account[row])
        self.pending.admit(account, self.tuning.settling)
        return Asker(int(self.columns.entity[row]), account, deed, self.number)

    def ticks(self, seconds: float) -> int:
        """`seconds` in ticks, at least one."""
        return max(1, round(seconds * self.config.tick_rate_hz))

    def remove(self, entity: int) -> None:
        """Forget `entity`, who must be here."""
        self.columns.remove(self.here(entity))
        self.profiles.remove(entity)

    def renew(self, config: WorldConfig) -> None:
        """Go on with other numbers and another festival; the city, and how bodies move in it, must be the same.

        What is on goes on as it began.
        """
        self.config = config
        self.programme.renew(self._occasions())

    def _occasions(self) -> list[Occasion]:
        """This zone's rains and shows, each at rest until its time comes."""
        kinds: tuple[tuple[OccasionKind, tuple[Scheduled, ...]], ...] = (
            ("rain", self.festival.rain),
            ("show", self.festival.show),
        )
        here = [(kind, plan) for kind, plans in kinds for plan in plans if plan.zone == self.map.name]
        return [Occasion(kind, plan, self._next_start(plan)) for kind, plan in here]

    def _next_start(self, plan: Scheduled) -> int:
        """The next tick in which it starts by the clock, FOREVER if there is none."""
        if not plan.first_s and not plan.every_s:
            return FOREVER
        first, every = self.ticks(plan.first_s), self.ticks(plan.every_s) if plan.every_s else FOREVER
        missed = max(0, -(-(self.tick + 1 - first) // every))
        return min(FOREVER, first + missed * every)
