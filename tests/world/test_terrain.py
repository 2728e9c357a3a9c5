"""Shapes are drawn where the map has them, the higher over the lower."""

import numpy as np
import pytest

from tests.world.hamlet import CITY
from world.city import CELL_CM, Rect
from world.terrain import FRACTION, OUTSIDE, WALL_CM, Terrain

TERRAIN = Terrain(CITY)


def cell(x_m: float, z_m: float) -> tuple[int, int]:
    """Row and column of the cell whose low corner is there."""
    rows, columns = TERRAIN.window(Rect(int(x_m * 100), int(z_m * 100), CELL_CM, CELL_CM))
    return rows.start, columns.start


def test_the_lattice_is_the_city_and_a_ring_around_it() -> None:
    assert TERRAIN.zone.shape == (40 * 4 + 2, 80 * 4 + 2)
    for edge in (TERRAIN.zone[0], TERRAIN.zone[-1], TERRAIN.zone[:, 0], TERRAIN.zone[:, -1]):
        assert (edge == OUTSIDE).all()
    assert (TERRAIN.zone[1:-1, 1:161] == 0).all()
    assert (TERRAIN.zone[1:-1, 161:-1] == 1).all()


def test_all_outside_is_a_wall() -> None:
    outside = TERRAIN.zone == OUTSIDE
    assert (TERRAIN.height[outside] == WALL_CM).all()
    assert (TERRAIN.surface[outside] == 0).all()
    assert TERRAIN.planes[0].level == WALL_CM << FRACTION


@pytest.mark.parametrize(
    ("x_m", "z_m", "height_cm"),
    [
        (0, 0, 0),
        (4, 20, 40),  # a terrace's low corner
        (7.75, 23.75, 40),  # its last cell
        (8, 23.75, 0),  # the cell after it
        (16, 16, 600),
        (15.75, 15.75, 600),  # a building is drawn one cell larger
        (15.5, 15.75, 0),
        (24, 24, 600),
        (24.25, 24, 0),
        (22, 4, 4),  # a ramp, in the middle of its first cell: 12 cm of 800, rising 300
        (29.75, 9.75, 295),  # and in its last
    ],
)
def test_each_shape_is_where_the_map_has_it(x_m: float, z_m: float, height_cm: int) -> None:
    assert TERRAIN.height[cell(x_m, z_m)] == height_cm


def test_only_buildings_are_marked_as_such() -> None:
    assert TERRAIN.building.sum() == (8 * 4 + 2) ** 2
    assert (TERRAIN.height[TERRAIN.building] == 600).all()


def test_every_cell_has_the_height_of_its_surface() -> None:
    rows, columns = np.indices(TERRAIN.zone.shape)
    x = columns * CELL_CM + TERRAIN.x + CELL_CM // 2
    z = rows * CELL_CM + TERRAIN.z + CELL_CM // 2
    planes = np.array(TERRAIN.planes, np.int64)[TERRAIN.surface]
    assert ((planes[..., 0] + planes[..., 1] * x + planes[..., 2] * z) >> FRACTION == TERRAIN.height).all()
