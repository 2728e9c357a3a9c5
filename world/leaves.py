"""Points cut into quadtree leaves: groups of neighbours, small where the crowd is dense."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from world.sorting import order_of

Int = NDArray[np.int32]


def _spread_bits(bits: int) -> Int:
    value = np.arange(1 << bits, dtype=np.int32)
    spread = np.zeros_like(value)
    for bit in range(bits):
        spread |= ((value >> bit) & 1) << (2 * bit)
    return spread


# 12 bits a side: `bins.SIDE_BINS_MAX`. Interleaving two of them gives a Morton code of 24 bits, in
# whose order every quadtree cell is one contiguous run.
_SPREAD = _spread_bits(12)


class Leaves(NamedTuple):
    """Leaf i holds points `order[starts[i]:ends[i]]`, in the square of bins at `x`, `z`, `side` wide.

    Squares do not overlap, but a pile, more points in one bin than a leaf holds, is several leaves of one square.
    """

    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    x: Int
    z: Int
    side: Int


def cut(bin_x: Int, bin_z: Int, points_max: int, levels: int) -> Leaves:
    """Cut points, given by their bins, into the largest squares of up to 2**levels bins with few enough points."""
    code = _SPREAD[bin_x] | (_SPREAD[bin_z] << 1)
    order = order_of(code)
    code = code[order]
    level = np.zeros(code.size, np.int32)
    for candidate in range(1, levels + 1):
        starts = _run_starts(code >> (2 * candidate))
        lengths = np.diff(starts, append=code.size)
        level[np.repeat(lengths <= points_max, lengths)] = candidate
    starts = _split(_run_starts((code >> (2 * level)) + (level << 25)), code.size, points_max)
    side = np.left_shift(1, level[starts]).astype(np.int32)
    first = order[starts]
    return Leaves(order, starts, np.append(starts[1:], code.size), bin_x[first] & -side, bin_z[first] & -side, side)


def _run_starts(values: Int) -> NDArray[np.int64]:
    changes = np.flatnonzero(values[1:] != values[:-1]) + 1
    return np.concatenate((np.zeros(1, np.int64), changes))


def _split(starts: NDArray[np.int64], size: int, points_max: int) -> NDArray[np.int64]:
    """More starts, so that no run is longer than `points_max`."""
    place = np.arange(size) - np.repeat(starts, np.diff(starts, append=size))
    return np.flatnonzero(place % points_max == 0)
