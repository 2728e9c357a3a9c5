"""What a stranger makes of the zones told in Welcome."""

from random import Random

import pytest

from loadtest.city import City, Door, Point, distance_cm, inside, middle, shared_edge
from protocol.messages import Zone
from tests.loadtest.said import PARK, PLAZA, STREET, ZONES

CITY = City(ZONES)
ISLAND = Zone(9, "island", 90_000, 90_000, 1000, 1000)


def test_distance_is_along_the_ground() -> None:
    assert distance_cm(Point(0, 0), Point(300, 400)) == 500


def test_zones_side_by_side_share_an_edge() -> None:
    assert shared_edge(PLAZA, STREET) == Door(Point(10_000, 0), Point(10_000, 10_000))
    assert shared_edge(STREET, PARK) == Door(Point(20_000, 2_000), Point(20_000, 7_000))


def test_zones_one_above_the_other_share_an_edge() -> None:
    above = Zone(5, "roof", 2_000, 10_000, 3_000, 3_000)
    assert shared_edge(PLAZA, above) == Door(Point(2_000, 10_000), Point(5_000, 10_000))


@pytest.mark.parametrize(
    "other", [PLAZA, ISLAND, Zone(5, "corner", 10_000, 10_000, 500, 500), Zone(6, "far", 10_900, 0, 500, 500)]
)
def test_a_corner_a_gap_and_oneself_are_no_edge(other: Zone) -> None:
    assert shared_edge(PLAZA, other) is None


def test_the_way_is_the_shortest_in_zones() -> None:
    way = CITY.way("crystal_plaza", "park")
    assert [door.low.x for door in way] == [10_000, 20_000]
    assert CITY.way("plaza", "plaza") == []
    assert City([*ZONES, ISLAND]).way("park", "island") == []


def test_neighbours_are_the_zones_one_can_walk_into() -> None:
    assert CITY.neighbours("street") == ["crystal_plaza", "park"]


def test_zones_are_known_by_their_number() -> None:
    assert CITY.named(2) == "park"
    assert CITY.named(77) == ""


def test_a_door_is_passed_away_from_its_corners() -> None:
    door = Door(Point(10, 0), Point(10, 1000))
    picks = [door.pick(Random(seed)) for seed in range(50)]
    assert all(pick.x == 10 and 100 <= pick.z <= 900 for pick in picks)
    assert len(set(picks)) > 40


@pytest.mark.parametrize("margin", [0, 500, 5_000, 50_000])
def test_a_point_inside_is_inside(margin: float) -> None:
    for seed in range(50):
        x, z = inside(PARK, Random(seed), margin)
        keep = min(margin, 2_500)
        assert PARK.x + keep <= x <= PARK.x + PARK.width - keep
        assert PARK.z + keep <= z <= PARK.z + PARK.depth - keep


def test_the_middle_is_the_middle() -> None:
    assert middle(PARK) == Point(22_500, 4_500)
