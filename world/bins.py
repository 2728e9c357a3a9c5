"""A crowd in square bins: how many stand in any rectangle, and who, at the cost of a few look-ups.

The index is built anew each tick from plain columns. `counts_in` answers for many rectangles at once
from a summed-area table; `members_of` lists a rectangle's entities from one array sorted by bin.
"""

import numpy as np
from numpy.typing import NDArray

from world.sorting import order_of

Int = NDArray[np.int32]

# A square metre: fine enough that a rectangle around a dense group holds few strangers, coarse
# enough that the table of a 400 x 300 m city (120,000 cells) costs a fraction of a millisecond.
BIN_CM = 100
# A city wider than this is refused by its content's check; the bound keeps the table under 70 MB.
SIDE_BINS_MAX = 4096
# More than this on one square metre is a pile. Every n-th of them is looked at then, since nobody can tell
# a pile's members apart; it bounds what a prank on one spot can cost. Twice an interest set, so that even
# of the thinnest pile enough are left to fill one.
PILE_MAX = 128


class Bins:
    """Entities of one layer, by square metre.

    `x`, `z` (cm, int32) and `slots` (int32) are parallel, one element an entity. Afterwards `x`, `z`
    and `slots` are sorted by bin, row by row towards +z, and hold of each pile only every n-th.
    """

    def __init__(self, slots: Int, x: Int, z: Int) -> None:
        self.origin_x, self.origin_z = int(x.min()), int(z.min())
        column, row = self.bin_of(x, z)
        self.columns, self.rows = int(column.max()) + 1, int(row.max()) + 1
        assert max(self.columns, self.rows) <= SIDE_BINS_MAX
        bin_number = row * self.columns + column
        order = order_of(bin_number)
        counts = np.bincount(bin_number, minlength=self.rows * self.columns)
        if counts.max() > PILE_MAX:
            order, counts = _thin(order, counts)
        self.slots, self.x, self.z = slots[order], x[order], z[order]
        self._ends = np.zeros(counts.size + 1, np.int64)
        np.cumsum(counts, out=self._ends[1:])
        self._sums = np.zeros((self.rows + 1, self.columns + 1), np.int32)
        np.cumsum(counts.reshape(self.rows, self.columns), axis=0, out=self._sums[1:, 1:])
        np.cumsum(self._sums[1:, 1:], axis=1, out=self._sums[1:, 1:])

    def bin_of(self, x: Int, z: Int) -> tuple[Int, Int]:
        """Column and row of positions (cm) of members."""
        return (x - self.origin_x) // BIN_CM, (z - self.origin_z) // BIN_CM

    def counts_in(self, low_x: Int, low_z: Int, high_x: Int, high_z: Int) -> Int:
        """How many stand in each rectangle of whole bins [low, high), given in bins; any shape, clipped here."""
        left, right = np.clip(low_x, 0, self.columns), np.clip(high_x, 0, self.columns)
        near, far = np.clip(low_z, 0, self.rows), np.clip(high_z, 0, self.rows)
        sums = self._sums
        return np.asarray(sums[far, right] - sums[near, right] - sums[far, left] + sums[near, left])

    def members_of(self, low_x: int, low_z: int, high_x: int, high_z: int) -> NDArray[np.int64]:
        """Indices into `slots`, `x`, `z` of everybody in a rectangle of bins [low, high)."""
        left, right = max(low_x, 0), min(high_x, self.columns)
        near, far = max(low_z, 0), min(high_z, self.rows)
        if left >= right or near >= far:
            return np.zeros(0, np.int64)
        base = np.arange(near, far) * self.columns
        starts, ends = self._ends[base + left], self._ends[base + right]
        lengths = ends - starts
        offsets = np.repeat(starts - np.concatenate(([0], np.cumsum(lengths[:-1]))), lengths)
        return np.arange(offsets.size) + offsets


def _thin(order: NDArray[np.int64], counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Leave of each bin, given as runs of `order`, every n-th, and at most PILE_MAX; returns what `counts` become."""
    every = np.maximum(-(-counts // PILE_MAX), 1)
    place = np.arange(order.size) - np.repeat(np.cumsum(counts) - counts, counts)
    return order[place % np.repeat(every, counts) == 0], -(-counts // every)
