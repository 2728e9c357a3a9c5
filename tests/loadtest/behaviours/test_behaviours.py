"""Every behaviour, lived in a city without a server: it is legal, it does what it is for, and its seed decides it."""

from collections import Counter
from itertools import pairwise
from random import Random

import pytest

from loadtest.arrivals import Rules
from loadtest.behaviours import BEHAVIOURS
from loadtest.behaviours.base import Behaviour, Here, Intent, Setting, draw_clusters
from loadtest.city import City, Point, distance_cm, middle
from protocol.frames import GAIT_RUN, GAIT_STAND, GAIT_WALK
from tests.loadtest.behaviours.test_walker import STEP_S, moved, zone_of
from tests.loadtest.said import PARK, PLAZA, ZONES

CITY = City(ZONES)
SETTING = Setting(CITY, "crystal_plaza", draw_clusters(CITY, "crystal_plaza", 500, 12, Random(3)), Rules())
START = Point(PARK.x + 100.0, PARK.z + 2_500.0)


def lived(kind: str, seed: int, minutes: float = 4) -> list[tuple[Here, Intent]]:
    """Some minutes of one bot's life, in a world that only knows the city's outer edge."""
    mind: Behaviour = BEHAVIOURS[kind](Random(seed), SETTING)
    at, life = START, []
    for step in range(round(minutes * 60 / STEP_S)):
        here = Here(step * STEP_S, at, zone_of(at))
        intent = mind.decide(here)
        life.append((here, intent))
        at = moved(at, intent, lambda at: not any(_holds(zone, at) for zone in ZONES))
    return life


def _holds(zone: object, at: Point) -> bool:
    x, z, width, depth = zone.x, zone.z, zone.width, zone.depth  # type: ignore[attr-defined]
    return bool(x <= at.x < x + width and z <= at.z < z + depth)


@pytest.mark.parametrize("kind", BEHAVIOURS)
def test_a_behaviour_is_decided_by_its_seed_alone(kind: str) -> None:
    assert lived(kind, 5, 1) == lived(kind, 5, 1)
    assert lived(kind, 5, 1) != lived(kind, 6, 1)


@pytest.mark.parametrize("kind", BEHAVIOURS)
def test_a_behaviour_only_wants_what_is_legal(kind: str) -> None:
    for seed in range(3):
        for _, intent in lived(kind, seed, 1):
            assert 0 <= intent.steer <= 255
            assert intent.gait in (GAIT_STAND, GAIT_WALK, GAIT_RUN)


@pytest.mark.parametrize("seed", range(5))
def test_those_who_gather_end_in_the_plaza_and_keep_moving_there(seed: int) -> None:
    life = lived("gather", seed)
    later = life[len(life) // 4 :]
    assert all(here.zone == "crystal_plaza" for here, _ in later)
    assert sum(intent.gait != GAIT_STAND for _, intent in later) > 0.8 * len(later)


def test_a_gathering_is_clustered_and_skewed() -> None:
    ends = [lived("gather", seed, 2)[-1][0].at for seed in range(60)]
    nearest = Counter(min(SETTING.clusters, key=lambda each: distance_cm(each.centre, at)).centre for at in ends)
    assert nearest.most_common(1)[0][1] >= 3 * 60 / len(SETTING.clusters) / 2
    close = [min(distance_cm(cluster.centre, at) / cluster.radius_cm for cluster in SETTING.clusters) for at in ends]
    assert sum(each < 1.5 for each in close) > 45


@pytest.mark.parametrize("seed", range(5))
def test_those_who_stroll_cross_borders_all_the_time(seed: int) -> None:
    zones = [here.zone for here, _ in lived("stroll", seed, 10)]
    assert sum(before != after for before, after in pairwise(zones)) >= 3
    assert len(set(zones)) >= 2


@pytest.mark.parametrize("seed", range(5))
def test_a_stampede_runs_to_the_middle_of_the_plaza(seed: int) -> None:
    life = lived("stampede", seed)
    assert all(intent.gait == GAIT_RUN for _, intent in life[:20])
    at = life[-1][0].at
    assert abs(at.x - middle(PLAZA).x) <= 2_300
    assert abs(at.z - middle(PLAZA).z) <= 2_300


def test_those_who_lounge_walk_sit_and_get_up_again() -> None:
    for seed in range(5):
        life = lived("lounge", seed, 10)
        assert sum(intent.deed is not None and intent.deed.name == "sit" for _, intent in life) >= 2
        still = sum(intent.gait == GAIT_STAND for _, intent in life)
        assert 0.1 * len(life) < still < len(life)


def test_clusters_share_everybody_and_the_big_ones_are_wider() -> None:
    clusters = draw_clusters(CITY, "crystal_plaza", 2_000, 12, Random(1))
    assert sum(cluster.share for cluster in clusters) == pytest.approx(1)
    assert clusters[0].share > 4 * clusters[-1].share
    assert clusters[0].radius_cm > 2 * clusters[-1].radius_cm
