"""One zone at the end of one tick, as the packed rows that every gateway gets."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from world.compiled import I2, I4, NOTHING, NUMBER, U1, U4, compiled, group, records
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


class _Seen(NamedTuple):
    """The columns that are seen, by their names in `world.columns`."""

    entity: NDArray[np.uint32]
    x: NDArray[np.int32]
    z: NDArray[np.int32]
    y: NDArray[np.int32]
    heading: NDArray[np.uint8]
    animation: NDArray[np.uint8]
    input: NDArray[np.uint32]
    vy: NDArray[np.int16]
    flags: NDArray[np.uint8]
    grounded: NDArray[np.uint8]
    layer: NDArray[np.uint8]


_SEEN = group(_Seen, U4, I4, I4, I4, U1, U1, U4, I2, U1, U1, U1)


def take(world: World) -> NDArray[np.void]:
    """A new array of SNAPSHOT_DTYPE, one row per entity, in no promised order."""
    columns, area = world.columns, world.area
    rows = np.empty(world.count, SNAPSHOT_DTYPE)
    seen = _Seen(*[getattr(columns, name) for name in _Seen._fields])
    _write(rows, seen, area.x - MARGIN_CM, area.z - MARGIN_CM, FLAG_GROUNDED)
    return rows


@compiled(NOTHING, records(SNAPSHOT_DTYPE), _SEEN, NUMBER, NUMBER, NUMBER, borrowing=True)
def _write(rows: NDArray[np.void], seen: _Seen, origin_x: int, origin_z: int, flag_grounded: int) -> None:
    for i in range(rows.size):
        row = rows[i]
        row.entity, row.input, row.layer = seen.entity[i], seen.input[i], seen.layer[i]
        row.x, row.y, row.z = seen.x[i] - origin_x, seen.y[i], seen.z[i] - origin_z
        row.heading, row.animation, row.vy = seen.heading[i], seen.animation[i], seen.vy[i]
        row.flags = seen.flags[i] | (seen.grounded[i] * flag_grounded)
