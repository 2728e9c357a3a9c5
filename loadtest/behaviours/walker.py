"""Legs: walking to a point, around what is in the way, and from zone to zone through their shared edges.

A bot knows no walls. When it has hardly moved although it meant to, it turns aside for a second or two, farther and
longer each time; when it still has not arrived after several times the straight way's time, it gives up, and the
behaviour wants something else.
"""

from random import Random

from loadtest.arrivals import Rules
from loadtest.behaviours.base import STAY, Here, Intent
from loadtest.city import TURN, City, Point, distance_cm, middle
from loadtest.striding import STUCK, Legs, Place, Way, stride
from protocol.frames import GAIT_RUN, GAIT_WALK

# How much longer than the straight way a way may take before it is given up, and the seconds that are always granted.
_PATIENCE_FACTOR = 3.0
_PATIENCE_S = 10.0
# How far past the shared edge to aim, so that the border is really crossed.
_PAST_DOOR_CM = 300.0


class Walker:
    """One bot's legs."""

    def __init__(self, rng: Random, rules: Rules) -> None:
        self._rng = rng
        self._speed_cm_s = {GAIT_WALK: rules.walk_m_s * 100, GAIT_RUN: rules.run_m_s * 100}
        self._legs: Legs | None = None
        self._gait = GAIT_WALK
        self._bumps = 0

    @property
    def walking(self) -> bool:
        """Whether there is somewhere to go."""
        return self._legs is not None

    def set_out(self, here: Here, target: Point, gait: int) -> None:
        """Go to `target`, at a walk or a run."""
        speed_cm_s = self._speed_cm_s[gait]
        straight_s = distance_cm(here.at, target) / speed_cm_s
        give_up_s = here.when_s + straight_s * _PATIENCE_FACTOR + _PATIENCE_S
        self._legs = Legs(Way(*map(float, (*target, speed_cm_s, give_up_s))))
        self._gait, self._bumps = gait, 0

    def stop(self) -> None:
        """Want nothing any more."""
        self._legs = None

    def step(self, here: Here) -> Intent:
        """The next half second of the way; STAY, and not `walking` any more, once there or given up."""
        legs = self._legs
        if legs is None:
            return STAY
        now = Place(*map(float, (here.when_s, *here.at)))
        steer = stride(now, legs.last or now, legs.way)
        if steer == STUCK:
            legs.way = self._turned_aside(here, legs.way)
            steer = stride(now, now, legs.way)
        legs.last = now
        if steer < 0:
            self._legs = None
            return STAY
        return Intent(steer, self._gait, legs=legs)

    def _turned_aside(self, here: Here, way: Way) -> Way:
        """An eighth to a half turn, to the other side each time, for longer each time."""
        self._bumps += 1
        angle = self._rng.randint(TURN // 8, TURN * 3 // 8)
        for_s = self._rng.uniform(0.5, 1.0) * min(self._bumps, 6)
        return way._replace(aside=float(angle if self._bumps % 2 else -angle), aside_until_s=here.when_s + for_s)


class Traveller:
    """Legs that know the way to a zone."""

    def __init__(self, rng: Random, city: City, rules: Rules) -> None:
        self._rng = rng
        self._city = city
        self.walker = Walker(rng, rules)
        self._from = ""

    def go(self, here: Here, zone: str, gait: int) -> Intent | None:
        """The next step towards `zone`; None once inside it, or where there is no way."""
        if here.zone == zone:
            if self._from:
                self._from = ""
                self.walker.stop()
            return None
        if here.zone != self._from or not self.walker.walking:
            self._from = here.zone
            self.walker.set_out(here, self._waypoint(here, zone), gait)
        return self.walker.step(here)

    def _waypoint(self, here: Here, zone: str) -> Point:
        """A point just past the next shared edge; the zone's middle when the map shows no way, and hope."""
        doors = self._city.way(here.zone, zone) if here.zone in self._city.zones else []
        if not doors:
            return middle(self._city.zones[zone])
        door = doors[0].pick(self._rng)
        away = distance_cm(here.at, door) or 1.0
        past = 1 + _PAST_DOOR_CM / away
        return Point(here.at.x + (door.x - here.at.x) * past, here.at.z + (door.z - here.at.z) * past)
