"""Where the ground is, asked for many points at once, is where it is asked for one by one."""

from typing import Literal

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.world.hamlet import CITY, EAST_ZONE, WEST_ZONE, space
from world.city import Ramp, Terrace
from world.space import OUTSIDE, WALL_CM, Space

# Around the hamlet's borders and far beyond them.
PLACES = st.one_of(st.integers(-300, 8300), st.integers(-2_000_000, 2_000_000))


def expected_ground(x: int, z: int) -> int:
    """The hamlet's ground, from its map and nothing else."""
    if not (0 <= x < 8000 and 0 <= z < 4000):
        return WALL_CM
    heights = [0]
    for shape in WEST_ZONE.shapes:
        margin = 25 if shape in WEST_ZONE.building else 0
        rect = shape.rect.grown(margin)
        if rect.contains(x, z):
            heights.append((x - rect.x) * 300 // rect.width if isinstance(shape, Ramp) else round(shape.height_m * 100))
    return max(heights)


@given(st.lists(st.tuples(PLACES, PLACES), min_size=1, max_size=50))
def test_the_ground_is_the_map_s(places: list[tuple[int, int]]) -> None:
    points = np.array(places, np.int32)
    x, z = points[:, 0], points[:, 1]
    ground = space().ground_cm(x, z)
    # A slope is rounded down to 1/65536, which is less than a centimetre along the longest ramp.
    assert all(0 <= expected_ground(*place) - height <= 1 for place, height in zip(places, ground, strict=True))
    assert [space().ground_at(*place) for place in places] == ground.tolist()


@given(PLACES, PLACES)
def test_open_is_all_of_the_city_that_nothing_is_built_over(x: int, z: int) -> None:
    built = any(building.rect.grown(25).contains(x, z) for building in WEST_ZONE.building)
    within = any(rect.contains(x, z) for rect in space().zones)
    assert space().open_at(x, z) == (within and not built)


@given(PLACES, PLACES)
def test_every_point_belongs_to_the_zone_whose_rectangle_it_is_in(x: int, z: int) -> None:
    number = space().zone_at(np.array([x], np.int32), np.array([z], np.int32))[0]
    within = [zone for zone, rect in enumerate(space().zones) if rect.contains(x, z)]
    assert [number] == (within or [OUTSIDE])


@pytest.mark.parametrize(
    ("rises", "low", "high"),
    [
        ("north", (2200, 1000), (2200, 1399)),
        ("south", (2200, 1399), (2200, 1000)),
        ("east", (2000, 1200), (2399, 1200)),
        ("west", (2399, 1200), (2000, 1200)),
    ],
)
def test_a_ramp_rises_towards_its_side(
    rises: Literal["north", "east", "south", "west"], low: tuple[int, int], high: tuple[int, int]
) -> None:
    ramp = Ramp(name="ramp", x_m=20, z_m=10, width_m=4, depth_m=4, from_m=1, to_m=2, rises=rises)
    zone = msgspec.structs.replace(WEST_ZONE, ramp=(ramp,), terrace=(), building=())
    ground = Space(msgspec.structs.replace(CITY, zone=(zone, EAST_ZONE))).ground_at
    assert ground(*low) in (99, 100)
    assert ground(*high) in (199, 200)


def test_a_zone_s_ground_lifts_all_its_shapes() -> None:
    zone = msgspec.structs.replace(
        EAST_ZONE, ground_m=-2, terrace=(Terrace(name="t", x_m=5, z_m=5, width_m=5, depth_m=5, height_m=1),)
    )
    ground = Space(msgspec.structs.replace(CITY, zone=(WEST_ZONE, zone))).ground_at
    assert (ground(3999, 700), ground(4000, 700), ground(4700, 700)) == (0, -200, -100)
