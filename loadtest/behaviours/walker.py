"""Legs: walking to a point, around what is in the way, and from zone to zone through their shared edges.

A bot knows no walls. When it has hardly moved although it meant to, it turns aside for a second or two, farther and
longer each time; when it still has not arrived after several times the straight way's time, it gives up, and the
behaviour wants something else.
"""

from random import Random

from loadtest.arrivals import Rules
from loadtest.behaviours.base import STAY, Here, Intent
from loadtest.city import TURN, City, Point, direction, distance_cm, middle
from protocol.frames import GAIT_RUN, GAIT_WALK

# Within a metre is there: at a run, half a second carries three.
ARRIVED_CM = 100.0
# A quarter of the way it should have gone since it was last asked: sliding along a wall is more than that.
_STUCK_SHARE = 0.25
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
        self._target: Point | None = None
        self._gait = GAIT_WALK
        self._give_up_s = 0.0
        self._last: Here | None = None
        self._bumps = 0
        self._aside = 0
        self._aside_until_s = 0.0

    @property
    def walking(self) -> bool:
        """Whether there is somewhere to go."""
        return self._target is not None

    def set_out(self, here: Here, target: Point, gait: int) -> None:
        """Go to `target`, at a walk or a run."""
        self._target, self._gait, self._last = target, gait, None
        straight_s = distance_cm(here.at, target) / self._speed_cm_s[gait]
        self._give_up_s = here.when_s + straight_s * _PATIENCE_FACTOR + _PATIENCE_S
        self._bumps = self._aside = 0

    def stop(self) -> None:
        """Want nothing any more."""
        self._target = None

    def step(self, here: Here) -> Intent:
        """The next half second of the way; STAY, and not `walking` any more, once there or given up."""
        if self._target is None:
            return STAY
        if distance_cm(here.at, self._target) < ARRIVED_CM or here.when_s > self._give_up_s:
            self._target = None
            return STAY
        if self._is_stuck(here):
            self._turn_aside(here)
        elif here.when_s > self._aside_until_s:
            self._aside = 0
        self._last = here
        return Intent((direction(here.at, self._target) + self._aside) % TURN, self._gait)

    def _is_stuck(self, here: Here) -> bool:
        if self._last is None:
            return False
        meant_cm = (here.when_s - self._last.when_s) * self._speed_cm_s[self._gait]
        return distance_cm(here.at, self._last.at) < meant_cm * _STUCK_SHARE

    def _turn_aside(self, here: Here) -> None:
        """An eighth to a half turn, to the other side each time, for longer each time."""
        self._bumps += 1
        angle = self._rng.randint(TURN // 8, TURN * 3 // 8)
        self._aside = angle if self._bumps % 2 else -angle
        self._aside_until_s = here.when_s + self._rng.uniform(0.5, 1.0) * min(self._bumps, 6)


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
