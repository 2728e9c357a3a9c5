"""A crowd in square bins: how many stand in any rectangle, and who stands in any row of them.

The index is built anew each tick from plain columns, in one pass over the crowd and one over the bins.
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from world.compiled import I4, NUMBER, U4, compiled, group

Int = NDArray[np.int32]
Unsigned = NDArray[np.uint32]
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

# Numbers without a sign, as which an index need not be looked at for whether it counts from the end.
_ONE, _TWO = np.uint32(1), np.uint32(2)


class Rectangles(NamedTuple):
    """Rectangles of bins, [low, high), parallel columns; they may reach beyond the crowd."""

    low_x: Int
    low_z: Int
    high_x: Int
    high_z: Int


class Rows(NamedTuple):
    """A crowd by bin: `slots`, `x`, `z` sorted row by row towards +z, and where each bin begins in them.

    Bin (column, row) holds `starts[row * columns + column]` up to the next one's start; its corner is at
    `origin + bin_cm * (column, row)`.
    """

    slots: Unsigned
    x: Int
    z: Int
    starts: Unsigned
    origin_x: int
    origin_z: int
    columns: int
    rows: int
    bin_cm: int = BIN_CM


ROWS = group(Rows, U4, I4, I4, U4, *[NUMBER] * 5)


class Bins:
    """Entities of one layer, by square metre.

    `x`, `z` (cm, int32) and `slots` (int32) are parallel, one element an entity, at least one. Afterwards `x`, `z`
    and `slots` are sorted by bin, row by row towards +z, and hold of each pile only every n-th.
    """

    def __init__(self, slots: Int, x: Int, z: Int) -> None:
        self.origin_x, self.origin_z = int(x.min()), int(z.min())
        self.columns = (int(x.max()) - self.origin_x) // BIN_CM + 1
        self.rows = (int(z.max()) - self.origin_z) // BIN_CM + 1
        assert max(self.columns, self.rows) <= SIDE_BINS_MAX
        slots, x, z = map(np.ascontiguousarray, (slots, x, z))
        unsigned = slots.view(np.uint32)
        unsorted = Rows(unsigned, x, z, unsigned[:0], self.origin_x, self.origin_z, self.columns, self.rows)
        self.by_row = _sorted_by_bin(unsorted)
        self.slots, self.x, self.z = self.by_row.slots.view(np.int32), self.by_row.x, self.by_row.z

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
        # Not np.clip, which takes 5 µs to be called.
        low_x, high_x = (
            np.minimum(np.maximum(edge, 0), self.columns) for edge in (rectangles.low_x, rectangles.high_x)
        )
        low_z, high_z = (np.minimum(np.maximum(edge, 0), self.rows) for edge in (rectangles.low_z, rectangles.high_z))
        sums = self._sums
        return np.asarray(sums[high_z, high_x] - sums[low_z, high_x] - sums[high_z, low_x] + sums[low_z, low_x])

    @cached_property
    def _sums(self) -> Int:
        """How many stand below and left of each corner of a bin, (rows + 1, columns + 1)."""
        sums = np.zeros((self.rows + 1, self.columns + 1), np.int32)
        counts = np.diff(self.by_row.starts).reshape(self.rows, self.columns)
        np.cumsum(counts, axis=0, out=sums[1:, 1:])
        return np.cumsum(sums, axis=1, out=sums)


@compiled(NUMBER, ROWS, I4, I4, U4, U4, borrowing=True)
def _count(grid: Rows, xs: Int, zs: Int, bin_of: Unsigned, starts: Unsigned) -> np.int64:
    """Write down everybody's bin, and two places behind each bin how many are in it; returns the most in any."""
    origin_x, origin_z, columns, most = grid.origin_x, grid.origin_z, grid.columns, np.int64(0)
    for i in range(xs.size):
        number = np.uint32((zs[i] - origin_z) // BIN_CM * columns + (xs[i] - origin_x) // BIN_CM)
        bin_of[i] = number
        starts[number + _TWO] += 1
        most = max(most, np.int64(starts[number + _TWO]))
    return most


@compiled(U4, U4, U4)
def _thinned(bin_of: Unsigned, starts: Unsigned) -> Unsigned:
    """Who is left, in their order, when of each pile only every n-th is; `starts` as `_count` leaves them."""
    left, seen, count = np.empty(bin_of.size, np.uint32), np.zeros(starts.size, np.int64), 0
    for i in range(bin_of.size):
        number = bin_of[i]
        every = -(-np.int64(starts[number + _TWO]) // PILE_MAX)
        if seen[number] % every == 0:
            left[count] = i
            count += 1
        seen[number] += 1
    return left[:count].copy()


@compiled(ROWS, ROWS)
def _sorted_by_bin(crowd: Rows) -> Rows:
    """The crowd, given in any order and with no starts, by bin; of piles every n-th."""
    given, given_x, given_z, bins = crowd.slots, crowd.x, crowd.z, crowd.columns * crowd.rows
    bin_of, starts = np.empty(given.size, np.uint32), np.zeros(bins + 2, np.uint32)
    if _count(crowd, given_x, given_z, bin_of, starts) > PILE_MAX:
        left = _thinned(bin_of, starts)
        given, given_x, given_z = given[left], given_x[left], given_z[left]
        starts[:] = 0
        _count(crowd, given_x, given_z, bin_of, starts)
    total = np.int64(0)
    for number in range(starts.size):
        total += np.int64(starts[number])
        starts[number] = total
    # A place behind each bin is where it begins, until all are in it: then it is where it ends and the next one begins.
    slots, x, z = np.empty(given.size, np.uint32), np.empty(given.size, np.int32), np.empty(given.size, np.int32)
    for i in range(given.size):
        behind = bin_of[i] + _ONE
        at = starts[behind]
        starts[behind] += 1
        slots[at], x[at], z[at] = given[i], given_x[i], given_z[i]
    starts = starts[: bins + 1]
    return Rows(slots, x, z, starts, crowd.origin_x, crowd.origin_z, crowd.columns, crowd.rows, crowd.bin_cm)
