"""Where people are, as a coarse grid for each zone: what the live map is coloured by."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from server.scene import Scene
from world.city import Rect, Zone
from world.layers import LAYERS_MAX

# A block of the map: 25 cells to a side of the largest zone, so a zone is at most 625 small numbers.
CELL_M = 25


class ZoneHeat(msgspec.Struct):
    """One zone: its place in metres, its people by layer (the open ones), and how many stand in each cell.

    `counts` goes row by row towards +z, `columns` cells of CELL_M metres to a row, from the south-west corner.
    """

    name: str
    x_m: float
    z_m: float
    width_m: float
    depth_m: float
    people: int
    layers: list[int]
    columns: int
    counts: list[int]


def heat(scene: Scene, zones: Sequence[Zone]) -> list[ZoneHeat]:
    """All zones; hosts do not count. Two tenths of a millisecond for 5,000 people in six zones."""
    people = np.setdiff1d(scene.present, scene.performers, assume_unique=True)
    number = scene.zone[people]
    return [_zone(scene, people[number == place], zone) for place, zone in enumerate(zones)]


def _zone(scene: Scene, people: NDArray[np.int32], zone: Zone) -> ZoneHeat:
    rect = zone.rect
    columns, rows = _cells(rect.width), _cells(rect.depth)
    # Whoever walks out of the zone is in it for one tick more, a few metres beyond the border.
    column = np.clip((scene.x[people] - rect.x) // (CELL_M * 100), 0, columns - 1)
    row = np.clip((scene.z[people] - rect.z) // (CELL_M * 100), 0, rows - 1)
    counts = np.bincount(row * columns + column, minlength=columns * rows)
    layers = np.trim_zeros(np.bincount(scene.layer[people], minlength=LAYERS_MAX), "b")
    place = _metres(rect)
    return ZoneHeat(zone.name, *place, people.size, layers.tolist(), columns, counts.tolist())


def _cells(side_cm: int) -> int:
    return -(-side_cm // (CELL_M * 100))


def _metres(rect: Rect) -> tuple[float, float, float, float]:
    return rect.x / 100, rect.z / 100, rect.width / 100, rect.depth / 100
