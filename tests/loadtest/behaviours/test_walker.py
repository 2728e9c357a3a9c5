"""Legs: to a point, around a wall, through doors, and not for ever."""

from collections.abc import Callable
from math import cos, pi, sin
from random import Random

import pytest

from loadtest.arrivals import Rules
from loadtest.behaviours.base import STAY, Here, Intent
from loadtest.behaviours.walker import Traveller, Walker
from loadtest.city import City, Point, distance_cm
from loadtest.striding import ARRIVED_CM
from protocol.frames import GAIT_RUN, GAIT_STAND, GAIT_WALK
from tests.loadtest.said import ZONES

RULES = Rules(run_m_s=6.0, walk_m_s=2.0)
STEP_S = 0.5
Blocked = Callable[[Point], bool]


def moved(at: Point, intent: Intent, blocked: Blocked = lambda at: False) -> Point:
    """Half a second of a world without inertia, in ticks, stopping at walls."""
    speed = {GAIT_STAND: 0, GAIT_WALK: 200, GAIT_RUN: 600}[intent.gait] / 20
    angle = intent.steer * 2 * pi / 256
    for _ in range(10):
        there = Point(at.x + speed * sin(angle), at.z + speed * cos(angle))
        at = at if blocked(there) else there
    return at


def walked(walker: Walker, at: Point, steps: int, blocked: Blocked = lambda at: False) -> Point:
    """Where it is when it wants no more, or after so many steps."""
    for step in range(1, steps + 1):
        intent = walker.step(Here(step * STEP_S, at, "plaza"))
        if not walker.walking:
            break
        at = moved(at, intent, blocked)
    return at


@pytest.mark.parametrize("seed", range(5))
def test_it_arrives_in_the_open(seed: int) -> None:
    walker, target = Walker(Random(seed), RULES), Point(3_000, -1_000)
    walker.set_out(Here(0, Point(0, 0), "plaza"), target, GAIT_WALK)
    end = walked(walker, Point(0, 0), 40)
    assert not walker.walking
    assert distance_cm(end, target) <= ARRIVED_CM + 50


@pytest.mark.parametrize("seed", range(20))
def test_it_finds_its_way_around_a_wall(seed: int) -> None:
    def wall(at: Point) -> bool:
        return 900 < at.z < 1_100 and -600 < at.x < 600

    walker, target = Walker(Random(seed), RULES), Point(0, 2_000)
    walker.set_out(Here(0, Point(0, 0), "plaza"), target, GAIT_RUN)
    end = walked(walker, Point(0, 0), 100, wall)
    assert distance_cm(end, target) <= ARRIVED_CM + 150


def test_what_cannot_be_reached_is_given_up() -> None:
    walker = Walker(Random(1), RULES)
    walker.set_out(Here(0, Point(0, 0), "plaza"), Point(0, 2_000), GAIT_RUN)
    walked(walker, Point(0, 0), 100, lambda at: distance_cm(at, Point(0, 2_000)) < 500)
    assert not walker.walking


def test_without_a_target_it_stays() -> None:
    walker = Walker(Random(1), RULES)
    assert walker.step(Here(0, Point(0, 0), "plaza")) == STAY
    walker.set_out(Here(0, Point(0, 0), "plaza"), Point(0, 2_000), GAIT_RUN)
    walker.stop()
    assert walker.step(Here(1, Point(0, 0), "plaza")) == STAY


def zone_of(at: Point) -> str:
    return next(zone.name for zone in ZONES if zone.x <= at.x < zone.x + zone.width)


@pytest.mark.parametrize("seed", range(10))
def test_a_traveller_crosses_zone_after_zone(seed: int) -> None:
    rng = Random(seed)
    traveller = Traveller(rng, City(ZONES), RULES)
    at, passed = Point(2_000, 9_000), []
    for step in range(200):
        here = Here(step * STEP_S, at, zone_of(at))
        passed += [here.zone] if here.zone not in passed else []
        intent = traveller.go(here, "park", GAIT_RUN)
        if intent is None:
            break
        at = moved(at, intent)
    assert passed == ["crystal_plaza", "street", "park"]
    assert not traveller.walker.walking


def test_where_the_map_shows_no_way_a_traveller_makes_for_the_middle() -> None:
    traveller = Traveller(Random(1), City([ZONES[0], ZONES[2]]), RULES)
    intent = traveller.go(Here(0, Point(0, 4_500), "crystal_plaza"), "park", GAIT_RUN)
    assert intent is not None
    assert (intent.steer, intent.gait) == (64, GAIT_RUN)
