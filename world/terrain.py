"""Draws the map's shapes onto the lattice of 25 cm cells that `world.space` looks things up in.

A surface is a plane in fixed point, `height = (level + slope_x * x + slope_z * z) >> 16`, in cm over
the city's coordinates; flat ground has slopes of 0. Where shapes overlap, the higher surface stands,
so that nothing thick is ever made thin. Buildings are surfaces too high to step on; they are drawn
one cell larger on each side, so that a body, which is a point here, has a width. All around the
city runs a ring of cells outside of it, whose surface is a wall.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from world.city import CELL_CM, Building, City, Ramp, Rect, Zone, cm

OUTSIDE = 255  # where a zone's number would be
WALL_CM = 32767  # above any roof and any jump from it
FRACTION = 16

Window = tuple[slice, slice]
Cells = NDArray[np.int64]


class Plane(NamedTuple):
    """A surface: see above."""

    level: int
    slope_x: int = 0
    slope_z: int = 0


class Terrain:
    """The lattice as it is drawn; every array is shaped (rows, columns), south to north, west to east."""

    def __init__(self, city: City) -> None:
        rects = [zone.rect for zone in city.zone]
        self.x = min(rect.x for rect in rects) - CELL_CM
        self.z = min(rect.z for rect in rects) - CELL_CM
        self.columns = (max(rect.x + rect.width for rect in rects) - self.x) // CELL_CM + 1
        self.rows = (max(rect.z + rect.depth for rect in rects) - self.z) // CELL_CM + 1
        shape = (self.rows, self.columns)
        self.zone = np.full(shape, OUTSIDE, np.uint8)
        self.surface = np.zeros(shape, np.uint16)
        self.height = np.full(shape, WALL_CM, np.int32)  # in the middle of each cell
        self.building = np.zeros(shape, np.bool_)
        self.planes = [Plane(WALL_CM << FRACTION)]
        self.roofs = [0]  # the surfaces, by number, that nobody stands on
        for number, zone in enumerate(city.zone):
            self._draw_ground(number, zone)
        for zone in city.zone:
            self._draw_shapes(zone)

    def window(self, area: Rect) -> Window:
        """The cells of an area that lies on the lattice, as far as the lattice goes."""
        west, south = (area.x - self.x) // CELL_CM, (area.z - self.z) // CELL_CM
        east, north = west + area.width // CELL_CM, south + area.depth // CELL_CM
        return slice(max(south, 0), north), slice(max(west, 0), east)

    def _draw_ground(self, number: int, zone: Zone) -> None:
        window, level = self.window(zone.rect), cm(zone.ground_m)
        self.zone[window] = number
        self.height[window] = level
        self.surface[window] = self._numbered(Plane(level << FRACTION))

    def _draw_shapes(self, zone: Zone) -> None:
        ground = cm(zone.ground_m)
        for shape in zone.shapes:
            area = shape.rect.moved(zone.rect.x, zone.rect.z)
            if isinstance(shape, Ramp):
                self._raise(area, _sloping(shape, area, ground))
            elif isinstance(shape, Building):
                raised = self._raise(area.grown(CELL_CM), Plane((ground + cm(shape.height_m)) << FRACTION))
                self.building[self.window(area.grown(CELL_CM))] |= raised
                self.roofs.append(len(self.planes) - 1)
            else:
                self._raise(area, Plane((ground + cm(shape.height_m)) << FRACTION))

    def _raise(self, area: Rect, plane: Plane) -> NDArray[np.bool_]:
        """Put the plane wherever it is above what is there; returns where, within the window."""
        window = self.window(area)
        x, z = self._middles(window)
        height = (plane.level + plane.slope_x * x + plane.slope_z * z) >> FRACTION  # broadcast to the window
        higher = height > self.height[window]
        self.height[window][higher] = height[higher]
        self.surface[window][higher] = self._numbered(plane)
        return higher

    def _numbered(self, plane: Plane) -> int:
        self.planes.append(plane)
        return len(self.planes) - 1

    def _middles(self, window: Window) -> tuple[Cells, Cells]:
        z = np.arange(self.rows)[window[0]] * CELL_CM + self.z + CELL_CM // 2
        x = np.arange(self.columns)[window[1]] * CELL_CM + self.x + CELL_CM // 2
        return x[np.newaxis, :], z[:, np.newaxis]


def _sloping(ramp: Ramp, area: Rect, ground: int) -> Plane:
    low, high = ground + cm(ramp.from_m), ground + cm(ramp.to_m)
    along_x = ramp.rises in ("east", "west")
    length, corner = (area.width, area.x) if along_x else (area.depth, area.z)
    slope = ((high - low) << FRACTION) // length
    if ramp.rises in ("west", "south"):
        slope, start = -slope, corner + length
    else:
        start = corner
    level = (low << FRACTION) - slope * start
    return Plane(level, slope, 0) if along_x else Plane(level, 0, slope)
