"""The nearest of many candidates for many viewers at once: ranked together, sorted row by row.

A rank is a squared horizontal distance in cm², int32, FAR for whoever is not to be chosen. All of a
tick's viewers share each array operation: NumPy takes longer to be called than to look at a viewer.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from world.bins import BIN_CM, Bins, Index, Int

FAR = np.int32(0x7FFFFFFF)
# Squared offsets up to this (the reach of a frame's int16) still add up within int32.
OFFSET_MAX = 32767
# Slot 0 belongs to nobody.
EMPTY = 0
# Distances tried for a square that should hold so many, in bins, each about a third larger than the one before.
WIDENINGS = np.array([1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 29, 38, 50, 66, 87, 115, 152], np.int32)


class Places(NamedTuple):
    """Where viewers stand: x and z in cm, parallel."""

    x: Int
    z: Int

    def part(self, rows: slice | Index) -> "Places":
        """Some of them."""
        return Places(self.x[rows], self.z[rows])


class Candidates(NamedTuple):
    """Whom viewers choose from, one viewer's after the other's: who (an index into bins), their rank, and how many."""

    member: Index
    rank: Int
    counts: Index

    def only(self, chosen: NDArray[np.bool_]) -> "Candidates":
        """Some of them."""
        where = np.flatnonzero(chosen)
        ends = np.searchsorted(where, np.cumsum(self.counts))
        return Candidates(self.member[where], self.rank[where], np.diff(ends, prepend=0))

    def within(self, look_cm: Int) -> NDArray[np.bool_]:
        """Who of them is no farther than each viewer looks."""
        return np.asarray(self.rank <= np.repeat(look_cm * look_cm, self.counts))


class Ranked(NamedTuple):
    """Slots (viewers, any) and their ranks; EMPTY and FAR where there is nobody."""

    slots: Int
    ranks: Int


def candidates_around(places: Places, look_cm: Int, bins: Bins) -> Candidates:
    """Everybody within `look_cm` (at most OFFSET_MAX) of each place, and some more in the corners of that square."""
    member, counts = bins.members_in(bins.around(*places, look_cm))
    rank, dz = bins.x[member], bins.z[member]
    rank -= np.repeat(places.x, counts)
    dz -= np.repeat(places.z, counts)
    if look_cm.max(initial=0) + BIN_CM > OFFSET_MAX:
        np.clip(rank, -OFFSET_MAX, OFFSET_MAX, out=rank)
        np.clip(dz, -OFFSET_MAX, OFFSET_MAX, out=dz)
    rank *= rank
    dz *= dz
    rank += dz
    return Candidates(member, rank, counts)


def look_to_hold(wanted: int, places: Places, bins: Bins, sight_cm: int) -> Int:
    """How far (cm) to look from each place so that a square holds `wanted`; `sight_cm` where there are not so many."""
    steps = np.append(WIDENINGS[sight_cm > WIDENINGS * BIN_CM] * BIN_CM, sight_cm).astype(np.int32)
    enough = bins.counts_in(bins.around(places.x[:, None], places.z[:, None], steps)) >= wanted
    enough[:, -1] = True
    return np.asarray(steps[np.argmax(enough, axis=1)], np.int32)


def farther(look_cm: Int, sight_cm: int) -> Int:
    """How far to look where that was not far enough: a third more, up to the whole sight."""
    return np.minimum(look_cm * 4 // 3, sight_cm)


def take_least(first: Ranked, candidates: Candidates, bins: Bins, most: int) -> Ranked:
    """The `most` least of each viewer's candidates and of the `first`, in order; among equals the `first` come first.

    Rank and column share an integer, because NumPy sorts numbers four times as fast as it finds their order.
    """
    viewers, ahead = first.ranks.shape
    counts = candidates.counts
    width = max(most, ahead + int(counts.max(initial=0)))
    column_bits = width.bit_length()
    ranks_max = max(int(candidates.rank.max(initial=0)), int(first.ranks.max(initial=0, where=first.ranks != FAR)))
    kind = np.uint32 if ranks_max < (1 << (32 - column_bits)) - 1 else np.uint64
    nobody = np.iinfo(kind).max
    keys = np.full((viewers, width), nobody, kind)
    keys[:, :ahead] = _packed(first.ranks, np.arange(ahead), column_bits, kind)
    keys[:, :ahead][first.ranks == FAR] = nobody
    # What to add to a candidate's place among all of them to get its column.
    shift = ahead - np.cumsum(counts) + counts
    place = np.arange(candidates.rank.size)
    column = place + np.repeat(shift, counts)
    place += np.repeat(shift + np.arange(viewers) * width, counts)
    keys.reshape(-1)[place] = _packed(candidates.rank, column, column_bits, kind)
    keys.sort(axis=1)
    least = keys[:, :most]
    columns = (least & kind((1 << column_bits) - 1)).astype(np.int64)
    found = least != nobody
    slots = np.append(bins.slots[candidates.member], np.int32(EMPTY))
    chosen = slots[np.where(found & (columns >= ahead), columns - shift[:, None], -1)]
    rows, places = np.nonzero(found & (columns < ahead))
    chosen[rows, places] = first.slots[rows, columns[rows, places]]
    return Ranked(chosen, np.where(found, least >> kind(column_bits), FAR).astype(np.int32))


def _packed(rank: Int, column: Index, column_bits: int, kind: Any) -> NDArray[Any]:
    return np.asarray((rank.astype(kind) << kind(column_bits)) | column.astype(kind))
