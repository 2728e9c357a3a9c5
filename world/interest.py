"""Who sees whom: each viewer's nearest avatars, exactly, at a cost that does not grow with the crowd.

Theory
------
A crowd is lumpy: three hundred people round a fountain, nobody on the lawn. A grid of one cell size
is wrong somewhere, so the cells follow the density:

1. *Leaves.* Viewers are cut into quadtree leaves of at most `LEAF_VIEWERS`, so that one small matrix
   of distances serves many viewers who stand together.
2. *Candidates.* A leaf's square is widened, with the help of `Bins`, until a circle of that width
   should hold a set's worth of people. Everybody in the widened rectangle is a candidate.
3. *Proof.* If the farthest chosen is nearer than the edge of the rectangle, nobody outside can be
   nearer and the choice is exact. Viewers for whom that fails are asked again with the rectangle
   widened to the distance just found, which always settles it.

Whole leaves are chosen for, the longest waiting first, until the tick's share of viewers is served:
everybody's turn comes within `refresh_ticks`, a newcomer's first, and each tick costs about the
same. A member counts as a little nearer than it is (hysteresis), so that two people at the same
distance do not swap each time. Pinned entities rank before everybody and so take the place of the
farthest: a set never exceeds `INTEREST_MAX`, so all of it is refreshed by every third frame.

Distances are horizontal and integer (cm², int32), bit-exact on every machine. People in different
layers never see each other: layers are chosen for one by one.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from world.bins import BIN_CM, Bins
from world.leaves import Leaves, cut

Int = NDArray[np.int32]

INTEREST_MAX = 64
NEAREST = 16
PINNED_MAX = 8
# Slot 0 belongs to nobody, so that sets start as untouched zero pages.
EMPTY = 0

# Enough viewers to pay for a leaf's fixed cost of some 100 µs, few enough that its square stays tight.
LEAF_VIEWERS = 128
# Leaves are squares of up to 2**6 bins; a larger one would only widen its rectangle in an empty city.
LEAF_LEVELS = 6
# People wanted in a circle of the widening: a fifth more than a set, so that few proofs fail.
CIRCLE_WANTED = 76
# Widenings tried, in bins, each about a third larger than the one before.
WIDENINGS = np.array([1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 29, 38, 50, 66, 87, 115, 152], np.int32)
# Distances computed at once: keeps a matrix within the processor's cache.
MATRIX_MAX = 1 << 17
# Squared offsets up to this (the reach of a frame's int16) still add up within int32.
OFFSET_MAX = 32767
# A member counts as this much nearer than it is: 13/16 of its squared distance, a tenth in distance.
KEEP_NUMERATOR, KEEP_SHIFT = 13, 4
FAR = np.int32(0x7FFFFFFF)
PINNED = np.int32(-1)
_NO_PINS = (EMPTY,) * PINNED_MAX


@dataclass(frozen=True, slots=True)
class Sight:
    """How far viewers look, and within how many ticks each looks anew."""

    sight_cm: int = 15000
    refresh_ticks: int = 10


@dataclass(frozen=True, slots=True)
class Crowd:
    """What a gateway knows of everybody this tick: columns by slot, and which slots are present."""

    present: Int
    x: Int
    z: Int
    layer: NDArray[np.uint8]
    performers: Int


class Rectangle(NamedTuple):
    """A rectangle of bins, [low, high)."""

    low_x: int
    low_z: int
    high_x: int
    high_z: int

    @classmethod
    def around(cls, x: int, z: int, side: int, wide: int) -> "Rectangle":
        """A square of bins, widened on all sides."""
        return cls(x - wide, z - wide, x + side + wide, z + side + wide)


class Interest:
    """The interest sets of one gateway's viewers, by slot: the pinned first, then the nearest in order.

    `sets` is (slots, INTEREST_MAX) int32; rows end in EMPTY where fewer people are in sight, and a
    member may have left since: whoever reads a row checks who is still present.
    """

    def __init__(self, slots: int, sight: Sight | None = None) -> None:
        self.sight = sight or Sight()
        self.sets: Int = np.zeros((slots, INTEREST_MAX), np.int32)
        self._next_tick: NDArray[np.int64] = np.zeros(slots, np.int64)
        self._pins: dict[int, tuple[int, ...]] = {}
        # Scratch: a candidate's column + 1 by slot, all zero between two uses.
        self._column_of: Int = np.zeros(slots, np.int32)

    def forget(self, slot: int) -> None:
        """A viewer left: the slot's next owner starts with nobody in sight, and first in turn."""
        self.sets[slot] = EMPTY
        self._next_tick[slot] = 0
        self._pins.pop(slot, None)

    def pin(self, viewer: int, slots: tuple[int, ...]) -> None:
        """Keep these in a viewer's set while they are within sight, however many stand nearer."""
        if len(slots) > PINNED_MAX:
            raise ValueError(f"a viewer may pin {PINNED_MAX} entities, not {len(slots)}")
        self._pins[viewer] = slots + _NO_PINS[len(slots) :]

    def refresh(self, tick: int, viewers: Int, crowd: Crowd) -> Int:
        """Choose anew for the viewers whose turn it is; returns whose it was.

        `viewers` are slots that are present in `crowd`.
        """
        served = [viewers[:0]]
        for layer in np.unique(crowd.layer[viewers]):
            present = crowd.present[crowd.layer[crowd.present] == layer]
            bins = Bins(present, crowd.x[present], crowd.z[present])
            served += self._refresh_layer(tick, viewers[crowd.layer[viewers] == layer], bins, crowd)
        return np.concatenate(served)

    def _refresh_layer(self, tick: int, viewers: Int, bins: Bins, crowd: Crowd) -> list[Int]:
        leaves = cut(*bins.bin_of(crowd.x[viewers], crowd.z[viewers]), LEAF_VIEWERS, LEAF_LEVELS)
        viewers = viewers[leaves.order]
        turn = self._turn(tick, viewers, leaves)
        wides = _widenings(leaves, turn, bins, self.sight.sight_cm)
        served = []
        for leaf, wide in zip(turn.tolist(), wides.tolist(), strict=True):
            group = viewers[leaves.starts[leaf] : leaves.ends[leaf]]
            x, z, side = int(leaves.x[leaf]), int(leaves.z[leaf]), int(leaves.side[leaf])
            self._choose(_Group.of(group, self.sets, crowd), Rectangle.around(x, z, side, wide), bins, crowd)
            self._next_tick[group] = tick + self.sight.refresh_ticks
            served.append(group)
        return served

    def _turn(self, tick: int, viewers: Int, leaves: Leaves) -> NDArray[np.int64]:
        """Which leaves are served now: the longest waiting; a share of the viewers, twice that while some are late."""
        leaf_next = np.minimum.reduceat(self._next_tick[viewers], leaves.starts)
        order = np.argsort(leaf_next, kind="stable")
        sizes = (leaves.ends - leaves.starts)[order]
        before = np.cumsum(sizes) - sizes
        share = -(-viewers.size // self.sight.refresh_ticks)
        late = leaf_next[order] <= tick
        return np.asarray(order[(before < share) | (late & (before < 2 * share))])

    def _choose(self, group: "_Group", rectangle: Rectangle, bins: Bins, crowd: Crowd, reach_cm: int = 0) -> None:
        """Fill the sets of viewers who stand together from the candidates in a rectangle of bins.

        `reach_cm` is given the second time: how far the farthest to be chosen can be at most.
        """
        members = _members(rectangle, bins, group, reach_cm)
        candidates = self._candidates(members, bins, self._pinned_for(group, crowd))
        reach = np.zeros(group.slots.size, np.int64)
        rows_max = max(1, MATRIX_MAX // candidates.slots.size)
        for start in range(0, group.slots.size, rows_max):
            part = slice(start, start + rows_max)
            reach[part] = self._choose_rows(group.part(part), candidates)
        if reach_cm:
            return
        short = np.flatnonzero(reach > _room(rectangle, bins, group))
        if short.size:
            farthest = min(_unkept(int(reach[short].max())), self.sight.sight_cm)
            again = group.part(short)
            self._choose(again, _around(again, farthest, bins), bins, crowd, farthest)

    def _candidates(self, members: NDArray[np.int64], bins: Bins, pinned: "_Candidates") -> "_Candidates":
        """The members of a rectangle, and behind them whoever is pinned and not among them."""
        slots, x, z = bins.slots[members], bins.x[members], bins.z[members]
        if pinned.slots.size:
            self._column_of[pinned.slots] = 1
            others = self._column_of[slots] == 0
            self._column_of[pinned.slots] = 0
            slots = np.concatenate((slots[others], pinned.slots))
            x, z = np.concatenate((x[others], pinned.x)), np.concatenate((z[others], pinned.z))
        return _Candidates(slots, x, z, pinned.performers)

    def _pinned_for(self, group: "_Group", crowd: Crowd) -> "_Candidates":
        """What this group's viewers have pinned themselves, and behind them the performers nearest to it."""
        performers = crowd.performers
        if performers.size:
            performers = performers[crowd.layer[performers] == crowd.layer[group.slots[0]]]
            dx = crowd.x[performers].astype(np.int64) - int(group.x[0])
            dz = crowd.z[performers].astype(np.int64) - int(group.z[0])
            performers = performers[np.argsort(dx * dx + dz * dz, kind="stable")[:PINNED_MAX]]
        slots = performers
        if self._pins:
            own = np.setdiff1d(self._pins_of(group.slots), [EMPTY, *performers.tolist()]).astype(np.int32)
            slots = np.concatenate((own[crowd.layer[own] == crowd.layer[group.slots[0]]], performers))
        return _Candidates(slots, crowd.x[slots], crowd.z[slots], performers.size)

    def _pins_of(self, viewers: Int) -> Int:
        """What each viewer has pinned: (viewers, PINNED_MAX), EMPTY behind."""
        return np.array([self._pins.get(viewer, _NO_PINS) for viewer in viewers.tolist()], np.int32)

    def _choose_rows(self, group: "_Group", candidates: "_Candidates") -> NDArray[np.int64]:
        """Choose for some viewers; returns how far (cm) each had to reach, the whole sight where too few were found."""
        slots, column_of = candidates.slots, self._column_of
        rank = self._ranks(group, candidates)
        column_of[slots] = np.arange(1, slots.size + 1, dtype=np.int32)
        # Places in the matrix laid flat. Whoever is no candidate has no column, which makes it the place
        # before the row: the last one of the row before (or of all), and that is nobody's and FAR.
        row_starts = np.arange(group.slots.size) * rank.shape[1] - 1
        kept = column_of[group.kept] + row_starts[:, None]
        mine = column_of[group.slots] + row_starts
        own = column_of[self._pins_of(group.slots)] if self._pins else None
        column_of[slots] = 0
        flat = rank.reshape(-1)
        ranks = flat[kept]
        flat[kept] = np.where(ranks == FAR, FAR, (ranks >> KEEP_SHIFT) * KEEP_NUMERATOR)
        _rank_pinned(rank[:, :-1], own, candidates.performers)
        flat[mine] = FAR
        return self._take_nearest(group.slots, np.append(slots, np.int32(EMPTY)), rank)

    def _ranks(self, group: "_Group", candidates: "_Candidates") -> Int:
        """Squared distances (viewers, candidates + 1) in cm², FAR where out of sight and in the last column."""
        rank = np.empty((group.slots.size, candidates.slots.size + 1), np.int32)
        dx, dz = rank[:, :-1], candidates.z[None, :] - group.z[:, None]
        np.subtract(candidates.x[None, :], group.x[:, None], out=dx)
        sight = min(self.sight.sight_cm, OFFSET_MAX)
        # Viewers stand where candidates do, or at most a bin off where a pile was thinned.
        near = _spread(candidates.x) + _spread(candidates.z) + 2 * BIN_CM <= sight
        if not near:
            np.clip(dx, -OFFSET_MAX, OFFSET_MAX, out=dx)
            np.clip(dz, -OFFSET_MAX, OFFSET_MAX, out=dz)
        dx *= dx
        dz *= dz
        dx += dz
        if not near:
            dx[dx > sight * sight] = FAR
        rank[:, -1] = FAR
        return rank

    def _take_nearest(self, group: Int, slots: Int, rank: Int) -> NDArray[np.int64]:
        """Fill the sets from the ranks; returns how far each viewer had to reach."""
        if rank.shape[1] > INTEREST_MAX:
            columns, farthest, whole = _sort_packed(rank)
            if whole:
                self.sets[group] = slots[columns]
                return _root(farthest)
        nearest = np.argsort(rank, axis=1, kind="stable")[:, :INTEREST_MAX]
        ranks = np.take_along_axis(rank, nearest, axis=1)
        self.sets[group] = EMPTY
        self.sets[group, : nearest.shape[1]] = np.where(ranks == FAR, EMPTY, slots[nearest])
        found = np.full(group.size, self.sight.sight_cm, np.int64)
        if nearest.shape[1] == INTEREST_MAX:
            found = np.minimum(found, _root(ranks[:, -1]))
        return found


class _Group(NamedTuple):
    """Viewers who stand together: slots, positions, and the sets they had before."""

    slots: Int
    x: Int
    z: Int
    kept: Int

    @classmethod
    def of(cls, slots: Int, sets: Int, crowd: Crowd) -> "_Group":
        return cls(slots, crowd.x[slots], crowd.z[slots], sets[slots])

    def part(self, rows: slice | NDArray[np.int64]) -> "_Group":
        return _Group(self.slots[rows], self.x[rows], self.z[rows], self.kept[rows])


class _Candidates(NamedTuple):
    """Whom a group chooses from; the last `performers` of them are pinned for everybody, the nearest first."""

    slots: Int
    x: Int
    z: Int
    performers: int


def _rank_pinned(rank: Int, own: Int | None, performers: int) -> None:
    """Rank the pinned in sight first: a viewer's own (columns + 1), then performers, PINNED_MAX at most."""
    room = np.full((rank.shape[0], 1), PINNED_MAX)
    if own is not None:
        rows, places = np.nonzero(own)
        columns = own[rows, places] - 1
        seen = rank[rows, columns] < FAR
        rank[rows[seen], columns[seen]] = PINNED
        room -= np.bincount(rows[seen], minlength=rank.shape[0])[:, None]
    if performers:
        last = rank[:, -performers:]
        last[(last < FAR) & (np.arange(performers) < room)] = PINNED


def _sort_packed(rank: Int) -> tuple[NDArray[np.uint32], Int, bool]:
    """The columns of each row's INTEREST_MAX least ranks, the greatest of those, and whether that is the truth.

    Rank and column share 32 bits, which NumPy sorts four times as fast as it finds the columns of the
    least (1 µs a row of 330, not 3.7). Ranks that do not fit, some 29 m, are all taken for the greatest;
    where one of them is among the least, the answer is not the truth.
    """
    column_bits = rank.shape[1].bit_length()
    greatest = (1 << (32 - column_bits)) - 2
    packed = np.minimum(rank, greatest)
    packed += 1  # PINNED is -1
    keys = packed.view(np.uint32)
    keys <<= column_bits
    keys |= np.arange(rank.shape[1], dtype=np.uint32)
    keys.sort(axis=1)
    farthest = (keys[:, INTEREST_MAX - 1] >> column_bits).astype(np.int32) - 1
    return keys[:, :INTEREST_MAX] & np.uint32((1 << column_bits) - 1), farthest, bool(farthest.max() < greatest)


def _widenings(leaves: Leaves, chosen: NDArray[np.int64], bins: Bins, sight_cm: int) -> Int:
    """By how many bins to widen each chosen leaf so that a circle of that radius should hold a set."""
    steps = np.append(WIDENINGS[sight_cm > WIDENINGS * BIN_CM], -(-sight_cm // BIN_CM)).astype(np.int32)
    x, z, side = (column[chosen, None] for column in (leaves.x, leaves.z, leaves.side))
    counts = bins.counts_in(x - steps, z - steps, x + side + steps, z + side + steps)
    enough = counts * (np.pi * steps**2) >= CIRCLE_WANTED * (side + 2 * steps) ** 2
    enough[:, -1] = True
    return np.asarray(steps[np.argmax(enough, axis=1)], np.int32)


def _members(rectangle: Rectangle, bins: Bins, group: _Group, reach_cm: int) -> NDArray[np.int64]:
    """Who stands in the rectangle and, where the reach is known, within it of the group's own rectangle."""
    members = bins.members_of(*rectangle)
    if not reach_cm:
        return members
    x, z = bins.x[members], bins.z[members]
    dx = np.maximum(np.maximum(group.x.min() - x, x - group.x.max()), 0).astype(np.int64)
    dz = np.maximum(np.maximum(group.z.min() - z, z - group.z.max()), 0).astype(np.int64)
    return np.asarray(members[dx * dx + dz * dz <= reach_cm * reach_cm])


def _room(rectangle: Rectangle, bins: Bins, group: _Group) -> Int:
    """How far (cm) each viewer can look without leaving the rectangle; beyond the bins there is nobody."""
    endless = 1 << 29
    low_x = bins.origin_x + rectangle.low_x * BIN_CM if rectangle.low_x > 0 else -endless
    low_z = bins.origin_z + rectangle.low_z * BIN_CM if rectangle.low_z > 0 else -endless
    high_x = bins.origin_x + rectangle.high_x * BIN_CM if rectangle.high_x < bins.columns else endless
    high_z = bins.origin_z + rectangle.high_z * BIN_CM if rectangle.high_z < bins.rows else endless
    along_x = np.minimum(group.x - low_x, high_x - group.x)
    along_z = np.minimum(group.z - low_z, high_z - group.z)
    return np.asarray(np.minimum(along_x, along_z), np.int32)


def _around(group: _Group, reach_cm: int, bins: Bins) -> Rectangle:
    low_x, high_x = int(group.x.min()) - reach_cm - bins.origin_x, int(group.x.max()) + reach_cm - bins.origin_x
    low_z, high_z = int(group.z.min()) - reach_cm - bins.origin_z, int(group.z.max()) + reach_cm - bins.origin_z
    return Rectangle(low_x // BIN_CM, low_z // BIN_CM, high_x // BIN_CM + 1, high_z // BIN_CM + 1)


def _root(ranks: Int) -> NDArray[np.int64]:
    """At least the distance behind squared ones (pinned count as none)."""
    return np.asarray(np.sqrt(np.maximum(ranks, 0)) + 1, np.int64)


def _unkept(reach_cm: int) -> int:
    """At least how far a member can stand that counted as `reach_cm` away because it was kept."""
    return reach_cm * 10 // 9 + 6


def _spread(values: Int) -> int:
    return int(values.max()) - int(values.min())
