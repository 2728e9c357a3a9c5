"""One zone at the end of one tick, as the packed rows that every gateway gets."""

import numpy as np
from numpy.typing import NDArray

from world.state import FLAG_GROUNDED, World

# Offsets count from 10 m before the zone's corner, so that whoever has just left is still in range.
MARGIN_CM = 1000

SNAPSHOT_DTYPE = np.dtype(
    [
        ("entity", "<u4"),
        ("x", "<u2"),  # cm from the zone's low corner, plus MARGIN_CM
        ("z", "<u2"),
        ("y", "<i2"),  # cm
        ("heading", "u1"),
        ("animation", "u1"),
        ("input", "<u4"),  # the last one applied
        ("vy", "<i2"),  # cm/s
        ("flags", "u1"),  # FLAG_GROUNDED, FLAG_PERFORMER, FLAG_STAFF
        ("layer", "u1"),
    ]
)


def take(world: World) -> NDArray[np.void]:
    """A new array of SNAPSHOT_DTYPE, one row per entity, in no promised order."""
    n, columns, area = world.count, world.columns, world.area
    rows = np.empty(n, SNAPSHOT_DTYPE)
    for name in ("entity", "y", "heading", "animation", "input", "vy", "layer"):
        rows[name] = columns.array(name)
    rows["x"] = columns.x[:n] - (area.x - MARGIN_CM)
    rows["z"] = columns.z[:n] - (area.z - MARGIN_CM)
    rows["flags"] = columns.flags[:n] | (columns.grounded[:n] * np.uint8(FLAG_GROUNDED))
    return rows
