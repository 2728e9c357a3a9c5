"""The packed rows of `Crystals`: which crystals lie near a viewer, in twelve bytes each.

Integers are little-endian; offsets are centimetres from the `x`, `y`, `z` of the same message.
"""

import struct

import numpy as np
from numpy.typing import NDArray

# crystal, dx, dy, dz, kind, value
CRYSTAL_ROW = struct.Struct("<IhhhBB")

CRYSTAL_ROW_DTYPE = np.dtype(
    {
        "names": ["crystal", "dx", "dy", "dz", "kind", "value"],
        "formats": ["<u4", "<i2", "<i2", "<i2", "u1", "u1"],
        "offsets": [0, 4, 6, 8, 10, 11],
        "itemsize": CRYSTAL_ROW.size,
    }
)


def read_crystals(rows: bytes) -> NDArray[np.void]:
    """The rows of a decoded `Crystals`, as a structured array of CRYSTAL_ROW_DTYPE."""
    return np.frombuffer(rows, CRYSTAL_ROW_DTYPE)
