"""A crowd in square bins: how many stand in any rectangle, and who, for many rectangles at the cost of one.

The index is built anew each tick from plain columns. `counts_in` answers from a summed-area table;
`members_in` lists the people of many rectangles one after the other, from one array sorted by bin.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from world.sorting import order_of

Int = NDArray[np.int32]
Index = NDArray[np.int64]

# A square metre: fine enough that a rectangle around a dense group holds few strangers, coarse
# enough that the table of a 400 x 300 m city (120,000 cells) costs a fraction of a millisecond.
BIN_CM = 100
# A city wider than this is refused by its content's check; the bound keeps the table under 70 MB.
SIDE_BINS_MAX = 4096
# More than this on one square metre is a pile. Every n-th of them is looked at then, since nobody can tell
# a pile's members apart; it bounds what a prank on one spot can cost. Twice an interest set, so that even
# of the thinnest pile enough are left to fill one.
PILE_MAX = 128


class Rectangles(NamedTuple):
    """Rectangles of bins, [low, high), parallel columns; they may reach beyond the crowd."""

    low_x: Int
    low_z: Int
    high_x: Int
    high_z: Int


class Bins:
    """Entities of one layer, by square metre.

    `x`, `z` (cm, int32) and `slots` (int32) are parallel, one element an entity, at least one. Afterwards `x`, `z`
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
        """Column and row of positions (cm)."""
        return (x - self.origin_x) // BIN_CM, (z - self.origin_z) // BIN_CM

    def around(self, x: Int, z: Int, reach_cm: Int) -> Rectangles:
        """For each place the smallest rectangle that holds everybody within `reach_cm` of it."""
        low_x, low_z = self.bin_of(x - reach_cm, z - reach_cm)
        high_x, high_z = self.bin_of(x + reach_cm, z + reach_cm)
        return Rectangles(low_x, low_z, high_x + 1, high_z + 1)

    def counts_in(self, rectangles: Rectangles) -> Int:
        """How many stand in each rectangle; its columns may have any shape."""
        low_x, low_z, high_x, high_z = self._clipped(rectangles)
        sums = self._sums
        return np.asarray(sums[high_z, high_x] - sums[low_z, high_x] - sums[high_z, low_x] + sums[low_z, low_x])

    def members_in(self, rectangles: Rectangles) -> tuple[Index, Index]:
        """Everybody in each rectangle, one rectangle after the other: their indices, and how many are in each."""
        low_x, low_z, high_x, high_z = self._clipped(rectangles)
        heights = high_z - low_z
        whose = np.repeat(np.arange(heights.size), heights)
        row = np.arange(whose.size) + (low_z - np.cumsum(heights) + heights)[whose]
        # A row of bins is one run of the sorted columns.
        base = row * self.columns
        starts, ends = self._ends[base + low_x[whose]], self._ends[base + high_x[whose]]
        counts = np.bincount(whose, ends - starts, heights.size).astype(np.int64)
        held = np.flatnonzero(ends > starts)
        starts, ends = starts[held], ends[held]
        # Each index is one more than the one before, but for a jump where the next run begins.
        members = np.ones(int(counts.sum()), np.int64)
        if held.size:
            members[0] = starts[0]
            members[np.cumsum(ends - starts)[:-1]] = starts[1:] - ends[:-1] + 1
        return np.cumsum(members, out=members), counts

    def _clipped(self, rectangles: Rectangles) -> Rectangles:
        # Not np.clip, which takes 5 µs to be called.
        width, depth = self.columns, self.rows
        low_x, high_x = (np.minimum(np.maximum(edge, 0), width) for edge in (rectangles.low_x, rectangles.high_x))
        low_z, high_z = (np.minimum(np.maximum(edge, 0), depth) for edge in (rectangles.low_z, rectangles.high_z))
        return Rectangles(low_x, low_z, high_x, high_z)


def _thin(order: Index, counts: Index) -> tuple[Index, Index]:
    """Leave of each bin, given as runs of `order`, every n-th, and at most PILE_MAX; returns what `counts` become."""
    every = np.maximum(-(-counts // PILE_MAX), 1)
    place = np.arange(order.size) - np.repeat(np.cumsum(counts) - counts, counts)
    return order[place % np.repeat(every, counts) == 0], -(-counts // every)
