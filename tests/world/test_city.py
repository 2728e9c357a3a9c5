"""Rectangles, metres and degrees, and the city as it is shipped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from world.city import Rect, Zone, cm, heading_of
from world.config import load_config

SIDES = st.integers(1, 20)
RECTS = st.builds(Rect, st.integers(-20, 20), st.integers(-20, 20), SIDES, SIDES)


def points(rect: Rect) -> set[tuple[int, int]]:
    """Every whole point of a small rectangle."""
    return {(x, z) for x in range(rect.x, rect.x + rect.width) for z in range(rect.z, rect.z + rect.depth)}


@given(RECTS, RECTS)
def test_rectangles_overlap_and_enclose_as_their_points_do(one: Rect, other: Rect) -> None:
    assert one.overlaps(other) == bool(points(one) & points(other))
    assert one.encloses(other) == (points(one) >= points(other))


@given(RECTS, st.integers(-45, 45), st.integers(-45, 45))
def test_a_rectangle_contains_its_low_edges_and_not_its_high_ones(rect: Rect, x: int, z: int) -> None:
    assert rect.contains(x, z) == ((x, z) in points(rect))


@given(RECTS, st.integers(0, 5))
def test_a_grown_rectangle_encloses_the_old_one(rect: Rect, by: int) -> None:
    assert rect.grown(by).encloses(rect)
    assert rect.grown(by).grown(-by) == rect
    assert rect.moved(by, -by).moved(-by, by) == rect


@pytest.mark.parametrize(("metres", "whole"), [(0.25, 25), (2.4, 240), (1.005, 100), (-2, -200), (0.29, 29)])
def test_metres_are_whole_centimetres(metres: float, whole: int) -> None:
    assert cm(metres) == whole


@pytest.mark.parametrize(("degrees", "heading"), [(0, 0), (90, 64), (180, 128), (270, 192), (359, 255), (1, 1)])
def test_degrees_are_256ths_of_a_turn_clockwise_from_north(degrees: int, heading: int) -> None:
    assert heading_of(degrees) == heading


def zones() -> dict[str, Zone]:
    return {zone.name: zone for zone in load_config().city.zone}


def test_the_city_has_its_six_zones() -> None:
    assert set(zones()) == {"gate", "crystal_plaza", "brand_street", "stage", "fireworks_bay", "park"}
    assert load_config().city.gate == "gate"


def test_the_plaza_is_a_hundred_metres_square_and_in_the_middle() -> None:
    by_name = zones()
    plaza = by_name["crystal_plaza"].rect
    assert (plaza.width, plaza.depth) == (10_000, 10_000)
    assert by_name["gate"].rect.z < plaza.z < by_name["stage"].rect.z
    assert by_name["park"].rect.x < plaza.x < by_name["brand_street"].rect.x


def test_every_zone_has_several_spawn_points_and_something_to_climb() -> None:
    for zone in zones().values():
        assert len(zone.spawn) >= 3
        assert zone.building
        assert zone.terrace
    assert sum(len(zone.ramp) for zone in zones().values()) >= 10


def test_every_zone_borders_on_another() -> None:
    rects = [zone.rect for zone in zones().values()]
    for rect in rects:
        assert any(rect.grown(1).overlaps(other) for other in rects if other != rect)
