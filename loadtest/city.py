"""What a stranger knows of the city: the zones' rectangles told in Welcome, and ways between them.

All lengths are centimetres, +x east, +z north; directions count 256 steps clockwise from north.
"""

import math
from collections import deque
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from protocol.messages import Zone

TURN = 256
# Zones whose edges are this close share a border; wide enough for a kerb, too narrow for a street.
_GAP_CM_MAX = 200
# Nobody squeezes through less than two metres of shared edge.
_DOOR_CM_MIN = 200


class Point(NamedTuple):
    """A place on the ground."""

    x: float
    z: float


def distance_cm(here: Point, there: Point) -> float:
    """How far `there` is."""
    return math.dist(here, there)


class Door(NamedTuple):
    """The stretch of edge that two zones share, from `low` to `high`, and how to stand on either side of it."""

    low: Point
    high: Point

    def pick(self, rng: Random) -> Point:
        """A random point of it, away from its corners."""
        share = rng.uniform(0.1, 0.9)
        return Point(
            self.low.x + (self.high.x - self.low.x) * share,
            self.low.z + (self.high.z - self.low.z) * share,
        )


class City:
    """The zones by name, and the shortest way on foot, in zones, from each to each."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self.zones = {zone.name: zone for zone in zones}
        self._names = {zone.number: zone.name for zone in zones}
        self._doors = {(a.name, b.name): door for a in zones for b in zones if (door := shared_edge(a, b))}

    def named(self, number: int) -> str:
        """The name of the zone with this number, as it stands in a frame's header; empty if there is none."""
        return self._names.get(number, "")

    def way(self, start: str, goal: str) -> list[Door]:
        """The doors to go through, in order; none if there is no way, or no need of one."""
        came_from = {start: start}
        queue = deque([start])
        while queue and goal not in came_from:
            here = queue.popleft()
            for there in self.zones:
                if (here, there) in self._doors and there not in came_from:
                    came_from[there] = here
                    queue.append(there)
        doors: list[Door] = []
        while goal in came_from and goal != start:
            doors.append(self._doors[came_from[goal], goal])
            goal = came_from[goal]
        return doors[::-1]

    def neighbours(self, name: str) -> list[str]:
        """Zones that can be walked into from this one."""
        return [there for there in self.zones if (name, there) in self._doors]


def inside(zone: Zone, rng: Random, margin_cm: float) -> Point:
    """A random point of a zone, at least `margin_cm` from its edges where it is wide enough."""
    across, along = min(margin_cm, zone.width / 2), min(margin_cm, zone.depth / 2)
    return Point(
        rng.uniform(zone.x + across, zone.x + zone.width - across),
        rng.uniform(zone.z + along, zone.z + zone.depth - along),
    )


def middle(zone: Zone) -> Point:
    """The centre of a zone."""
    return Point(zone.x + zone.width / 2, zone.z + zone.depth / 2)


def shared_edge(a: Zone, b: Zone) -> Door | None:
    """Where one can step from `a` to `b`; None if their rectangles do not touch, or only at a corner."""
    if a.number == b.number:
        return None
    west, east = max(a.x, b.x), min(a.x + a.width, b.x + b.width)
    south, north = max(a.z, b.z), min(a.z + a.depth, b.z + b.depth)
    if north - south >= _DOOR_CM_MIN and abs(east - west) <= _GAP_CM_MAX:
        x = (west + east) / 2
        return Door(Point(x, south), Point(x, north))
    if east - west >= _DOOR_CM_MIN and abs(north - south) <= _GAP_CM_MAX:
        z = (south + north) / 2
        return Door(Point(west, z), Point(east, z))
    return None
