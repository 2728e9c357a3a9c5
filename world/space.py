"""Where the ground is and whose it is: the lattice of the city, asked for whole arrays of points at a time."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from world.city import CELL_CM, City, Rect
from world.compiled import I8, NUMBER, U2, group
from world.terrain import FRACTION, OUTSIDE, WALL_CM, Terrain

__all__ = ["OUTSIDE", "WALL_CM", "Space"]

Cm = NDArray[np.int32]


class Lattice(NamedTuple):
    """The ground as kernels take it: its corner, cells and fixed point, the surface of each cell, and their planes."""

    x: int
    z: int
    columns: int
    rows: int
    cell_cm: int
    fraction: int
    surface: NDArray[np.uint16]
    level: NDArray[np.int64]
    slope_x: NDArray[np.int64]
    slope_z: NDArray[np.int64]


LATTICE = group(Lattice, *[NUMBER] * 6, U2, *[I8] * 3)


class Space:
    """The lattice of `world.terrain`, for look-ups. Made once and shared by all zones: it never changes.

    `zones` are the zones' rectangles in cm of the city, by zone number. Points are int32 cm. `lattice` is for kernels,
    each of which has to look the ground up by itself (world/compiled.py).
    """

    def __init__(self, city: City) -> None:
        terrain = Terrain(city)
        self.zones: tuple[Rect, ...] = tuple(zone.rect for zone in city.zone)
        self._x, self._z = terrain.x, terrain.z
        self._columns, self._rows = terrain.columns, terrain.rows
        self._zone = terrain.zone.ravel()
        self._surface = terrain.surface.ravel()
        self._level = np.array([plane.level for plane in terrain.planes], np.int64)
        # One point at a time is asked of plain lists, which answer faster than arrays do.
        self._planes = [(plane.level, plane.slope_x, plane.slope_z) for plane in terrain.planes]
        self._roof: list[bool] = np.isin(np.arange(len(terrain.planes)), terrain.roofs).tolist()
        self._slope_x = np.array([plane.slope_x for plane in terrain.planes], np.int64)
        self._slope_z = np.array([plane.slope_z for plane in terrain.planes], np.int64)
        cells = terrain.x, terrain.z, terrain.columns, terrain.rows, CELL_CM, FRACTION
        self.lattice = Lattice(*cells, self._surface, self._level, self._slope_x, self._slope_z)

    def ground_cm(self, x: Cm, z: Cm) -> Cm:
        """The height to stand on at each point; WALL_CM outside of the city."""
        surface = self._surface[self._cells(x, z)]
        height = self._level[surface] + self._slope_x[surface] * x + self._slope_z[surface] * z
        ground: Cm = (height >> FRACTION).astype(np.int32)
        return ground

    def zone_at(self, x: Cm, z: Cm) -> NDArray[np.uint8]:
        """The number of the zone at each point, or OUTSIDE."""
        return self._zone[self._cells(x, z)]

    def ground_at(self, x: int, z: int) -> int:
        """`ground_cm` of one point, for a tenth of what an array of one costs."""
        level, slope_x, slope_z = self._planes[int(self._surface[self._cell(x, z)])]
        return (level + slope_x * x + slope_z * z) >> FRACTION

    def open_at(self, x: int, z: int) -> bool:
        """Whether the point is in the city and nothing is built over it."""
        return not self._roof[self._surface[self._cell(x, z)]]

    def _cell(self, x: int, z: int) -> int:
        """The cell of one point, as `_cells` has it."""
        column = min(max((x - self._x) // CELL_CM, 0), self._columns - 1)
        row = min(max((z - self._z) // CELL_CM, 0), self._rows - 1)
        return row * self._columns + column

    def _cells(self, x: Cm, z: Cm) -> NDArray[np.int32]:
        """The cell of each point; whoever asks beyond the lattice is sent to the ring outside the city."""
        # Not np.clip, which takes 5 µs to be called.
        column = np.minimum(np.maximum((x - self._x) // CELL_CM, 0), self._columns - 1)
        row = np.minimum(np.maximum((z - self._z) // CELL_CM, 0), self._rows - 1)
        return row * self._columns + column
