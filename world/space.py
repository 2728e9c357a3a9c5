"""Where the ground is and whose it is: the lattice of the city, asked for whole arrays of points at a time."""

import numpy as np
from numpy.typing import NDArray

from world.city import CELL_CM, City, Rect
from world.terrain import FRACTION, OUTSIDE, WALL_CM, Terrain

__all__ = ["OUTSIDE", "WALL_CM", "Space"]

Cm = NDArray[np.int32]


class Space:
    """The lattice of `world.terrain`, for look-ups. Made once and shared by all zones: it never changes.

    `zones` are the zones' rectangles in cm of the city, by zone number. Points are int32 cm.
    """

    def __init__(self, city: City) -> None:
        terrain = Terrain(city)
        self.zones: tuple[Rect, ...] = tuple(zone.rect for zone in city.zone)
        self._x, self._z = terrain.x, terrain.z
        self._columns, self._rows = terrain.columns, terrain.rows
        self._zone = terrain.zone.ravel()
        self._surface = terrain.surface.ravel()
        self._level = np.array([plane.level for plane in terrain.planes], np.int64)
        self._roof = np.isin(np.arange(len(terrain.planes)), terrain.roofs)
        self._slope_x = np.array([plane.slope_x for plane in terrain.planes], np.int64)
        self._slope_z = np.array([plane.slope_z for plane in terrain.planes], np.int64)

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
        """`ground_cm` of one point."""
        return int(self.ground_cm(np.array([x], np.int32), np.array([z], np.int32))[0])

    def open_at(self, x: int, z: int) -> bool:
        """Whether the point is in the city and nothing is built over it."""
        cell = self._cells(np.array([x], np.int32), np.array([z], np.int32))
        return not self._roof[self._surface[cell]][0]

    def _cells(self, x: Cm, z: Cm) -> NDArray[np.int32]:
        """The cell of each point; whoever asks beyond the lattice is sent to the ring outside the city."""
        column = np.clip((x - self._x) // CELL_CM, 0, self._columns - 1)
        row = np.clip((z - self._z) // CELL_CM, 0, self._rows - 1)
        return row * self._columns + column
