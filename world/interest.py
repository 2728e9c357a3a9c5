"""Who sees whom: each viewer's nearest avatars, exactly, at a cost that does not grow with the crowd.

Theory
------
A crowd is lumpy: three hundred people round a fountain, nobody on the lawn. A grid of one cell size
is wrong somewhere, so every viewer looks as far as it has to:

1. *Look.* A viewer looks a little farther than the farthest of its last set stood. Where that square
   (of `Bins`) now holds too few or far too many, and for a newcomer, the square is chosen anew so that
   a circle in it should hold a set's worth of people. Everybody within the circle is a candidate.
2. *Choice.* The candidates of all viewers in turn are ranked by distance and sorted, row by row.
3. *Proof.* If the circle held a set's worth, nobody outside can be nearer and the choice is exact.
   Viewers for whom it did not look a third farther, until it does or they have looked as far as they see.

Each tick serves the same share of the viewers, the longest waiting first: everybody's turn comes within
`refresh_ticks`, a newcomer's first. A member counts as a little nearer than it is (hysteresis), so that
two people at the same distance do not swap each time. Pinned entities rank before everybody and so take
the place of the farthest: a set never exceeds `INTEREST_MAX`, so all of it is refreshed by every third
frame.

Distances are horizontal and integer (cm², int32), bit-exact on every machine. Layers are chosen for one
by one, each among those who are seen from it; while all are in one, nobody is asked.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from world.bins import Bins, Index, Int
from world.nearest import (
    EMPTY,
    FAR,
    OFFSET_MAX,
    Candidates,
    Places,
    Ranked,
    candidates_around,
    farther,
    look_to_hold,
    take_least,
)

INTEREST_MAX = 64
PINNED_MAX = 8

# A fifth farther than the last of its set a viewer looks the next time, and a little more: in half a second a crowd
# moves, and 200 viewers who look a fifth farther cost less than a second look for one of them.
LOOK_FACTOR, LOOK_CM = 1.2, 40
# A square with fewer people than this holds no set within its circle; one with more was made for a sparser place.
SQUARE_LEAST, SQUARE_MOST = 80, 1000
# People wanted in a square that is chosen anew: 76 in its circle, a fifth more than a set.
SQUARE_WANTED = 97
# A member counts as this much nearer than it is: 13/16 of its squared distance, a tenth in distance.
KEEP_NUMERATOR, KEEP_SHIFT = 13, 4
# Viewers who look together: the table of what they note stays within the processor's cache.
VIEWERS_MAX = 256
_NO_PINS = (EMPTY,) * PINNED_MAX
_KEPT, _ASIDE, _NOWHERE = 1, 2, -1


@dataclass(frozen=True, slots=True)
class Sight:
    """How far viewers look, and within how many ticks each looks anew."""

    sight_cm: int = 15000
    refresh_ticks: int = 10


@dataclass(frozen=True, slots=True)
class Crowd:
    """What a gateway knows of everybody this tick: columns by slot, and which slots are present.

    `seen_from` are the layers that each is seen from, as bits; None: everybody is in one.
    """

    present: Int
    x: Int
    z: Int
    layer: NDArray[np.uint8]
    performers: Int
    seen_from: NDArray[np.uint16] | None = None

    def seen_in(self, layer: int, slots: Int) -> Int:
        """Those of some slots whom people in a layer see."""
        return slots if self.seen_from is None else slots[(self.seen_from[slots] >> layer) & 1 != 0]


class Interest:
    """The interest sets of one gateway's viewers, by slot: the pinned first, then the nearest in order.

    `sets` is (slots, INTEREST_MAX) int32; rows end in EMPTY where fewer people are in sight, and a
    member may have left since: whoever reads a row checks who is still present.
    """

    def __init__(self, slots: int, sight: Sight | None = None) -> None:
        self.sight = sight or Sight()
        self.sets: Int = np.zeros((slots, INTEREST_MAX), np.int32)
        self._next_tick: NDArray[np.int64] = np.zeros(slots, np.int64)
        # How far each viewer looks next, in cm; 0 until its first set.
        self._look_cm: Int = np.zeros(slots, np.int32)
        # What each slot pins, EMPTY behind, and which slots pin anything. Untouched pages cost no memory.
        self._pins: Int = np.zeros((slots, PINNED_MAX), np.int32)
        self._pinning: set[int] = set()
        # Offsets farther than a frame can tell are out of anybody's sight.
        self._sight_cm = min(self.sight.sight_cm, OFFSET_MAX)
        # Scratch: everybody's index into the bins, and what `_notes` takes down; as they are here between two uses.
        self._index_of: Index = np.full(slots, _NOWHERE)
        self._table: NDArray[np.uint8] = np.zeros(0, np.uint8)

    def forget(self, slot: int) -> None:
        """A viewer came or left: whoever sees from this slot next starts with nobody in sight, and first in turn.

        What it pins stays: that is told of entities, and outlives a lost link as they do.
        """
        self.sets[slot] = EMPTY
        self._next_tick[slot] = 0
        self._look_cm[slot] = 0

    def pin(self, viewer: int, slots: tuple[int, ...]) -> None:
        """Keep these, and none before, in a viewer's set while they are within sight, however many stand nearer."""
        if len(slots) > PINNED_MAX:
            raise ValueError(f"a viewer may pin {PINNED_MAX} entities, not {len(slots)}")
        self._pins[viewer] = slots + _NO_PINS[len(slots) :]
        (self._pinning.add if slots else self._pinning.discard)(viewer)

    def refresh(self, tick: int, viewers: Int, crowd: Crowd) -> Int:
        """Choose anew for the viewers whose turn it is; returns whose it was.

        `viewers` are slots that are present in `crowd`.
        """
        turn = self._turn(tick, viewers)
        if crowd.seen_from is None and turn.size:
            self._refresh_layer(0, turn, crowd)
        elif turn.size:
            layers = crowd.layer[turn]
            for layer in np.unique(layers).tolist():
                self._refresh_layer(layer, turn[layers == layer], crowd)
        self._next_tick[turn] = tick + self.sight.refresh_ticks
        return turn

    def _turn(self, tick: int, viewers: Int) -> Int:
        """Whose turn it is: the longest waiting; a share of the viewers, twice that while some are late."""
        due = self._next_tick[viewers]
        share = -(-viewers.size // self.sight.refresh_ticks)
        count = min(max(share, int(np.count_nonzero(due <= tick))), 2 * share)
        return viewers if count >= viewers.size else viewers[np.argpartition(due, count)[:count]]

    def _refresh_layer(self, layer: int, viewers: Int, crowd: Crowd) -> None:
        seen = crowd.seen_in(layer, crowd.present)
        bins = Bins(seen, crowd.x[seen], crowd.z[seen])
        self._index_of[bins.slots] = np.arange(bins.slots.size)
        places = Places(crowd.x[viewers], crowd.z[viewers])
        look_cm = self._fitting(self._look_cm[viewers], places, bins)
        group = _Group(viewers, places, look_cm, self.sets[viewers])
        for start in range(0, viewers.size, VIEWERS_MAX):
            self._look(group.part(slice(start, start + VIEWERS_MAX)), bins, crowd)
        self._index_of[bins.slots] = _NOWHERE

    def _fitting(self, look_cm: Int, places: Places, bins: Bins) -> Int:
        """How far to look: as given, or anew where that square holds too few or far too many."""
        counts = bins.counts_in(bins.around(*places, look_cm))
        unfit = (counts < SQUARE_LEAST) | (counts > SQUARE_MOST) | (look_cm == 0)
        anew = np.flatnonzero(unfit & (look_cm < self._sight_cm))
        if anew.size:
            look_cm[anew] = look_to_hold(SQUARE_WANTED, places.part(anew), bins, self._sight_cm)
        return look_cm

    def _look(self, group: "_Group", bins: Bins, crowd: Crowd) -> None:
        """Fill the sets of some viewers, and look farther where that was not far enough."""
        while group.slots.size:
            pinned = self._pinned(group, crowd)
            found = take_least(pinned, self._candidates(group, pinned, bins), bins, INTEREST_MAX)
            self.sets[group.slots] = found.slots
            last = found.ranks[:, -1]
            look_cm = np.sqrt(last) * LOOK_FACTOR + LOOK_CM
            self._look_cm[group.slots] = np.minimum(look_cm, self._sight_cm).astype(np.int32)
            short = np.flatnonzero((last == FAR) & (group.look_cm < self._sight_cm))
            group = group.part(short)._replace(look_cm=farther(group.look_cm[short], self._sight_cm))

    def _candidates(self, group: "_Group", pinned: Ranked, bins: Bins) -> Candidates:
        """Everybody within `look_cm` of each viewer but itself and whoever is pinned; members are a little nearer."""
        square = candidates_around(group.places, group.look_cm, bins)
        notes = self._notes(group, pinned, square, bins.slots.size + 1)
        nearer = np.where(notes == _KEPT, (square.rank >> KEEP_SHIFT) * KEEP_NUMERATOR, square.rank)
        return square._replace(rank=nearer).only(square.within(group.look_cm) & (notes != _ASIDE))

    def _notes(self, group: "_Group", pinned: Ranked, candidates: Candidates, width: int) -> NDArray[np.uint8]:
        """For each candidate: was it in its viewer's set (_KEPT), is it pinned or the viewer itself (_ASIDE), or 0.

        The table has a row for each viewer and a column for each index into the bins; its last one is nobody's, and
        what is nowhere (-1) falls into the last one of the row before.
        """
        if self._table.size < group.slots.size * width:
            self._table = np.zeros(VIEWERS_MAX * width * 5 // 4, np.uint8)
        table, row = self._table, np.arange(group.slots.size)[:, None] * width
        table = table[: group.slots.size * width]
        kept = self._index_of[group.kept] + row
        aside = self._index_of[np.concatenate((group.slots[:, None], pinned.slots), axis=1)] + row
        table[kept] = _KEPT
        table[aside] = _ASIDE
        notes = table[candidates.member + np.repeat(row[:, 0], candidates.counts)]
        table[kept] = table[aside] = 0
        return notes

    def _pinned(self, group: "_Group", crowd: Crowd) -> Ranked:
        """What each viewer has pinned itself, and behind it the performers nearest to it."""
        layer = int(crowd.layer[group.slots[0]])
        performers = crowd.seen_in(layer, crowd.performers)
        slots = np.broadcast_to(performers, (group.slots.size, performers.size))
        if performers.size > PINNED_MAX:
            dx = crowd.x[performers].astype(np.int64) - group.places.x[:, None]
            dz = crowd.z[performers].astype(np.int64) - group.places.z[:, None]
            slots = performers[np.argsort(dx * dx + dz * dz, axis=1, kind="stable")[:, :PINNED_MAX]]
        if self._pinning:
            own = self._pins[group.slots]
            if crowd.seen_from is not None:
                own[(crowd.seen_from[own] >> layer) & 1 == 0] = EMPTY
            others = np.where((slots[:, :, None] == own[:, None, :]).any(axis=2), EMPTY, slots)
            slots = np.concatenate((own, others), axis=1)
        ranks = self._ranks_of_pinned(np.where(slots == group.slots[:, None], EMPTY, slots), group.places, crowd)
        # PINNED_MAX at most: whoever is beyond that many in sight ranks by distance like everybody else.
        seen = ranks < FAR
        ranks[seen & (np.cumsum(seen, axis=1) <= PINNED_MAX)] = 0
        return Ranked(slots, ranks)

    def _ranks_of_pinned(self, slots: Int, places: Places, crowd: Crowd) -> Int:
        dx = np.clip(crowd.x[slots] - places.x[:, None], -OFFSET_MAX, OFFSET_MAX)
        dz = np.clip(crowd.z[slots] - places.z[:, None], -OFFSET_MAX, OFFSET_MAX)
        squared = dx * dx + dz * dz
        return np.where((slots == EMPTY) | (squared > self._sight_cm**2), FAR, squared)


class _Group(NamedTuple):
    """Viewers who look at the same time: slots, places, how far they look, and the sets they had before."""

    slots: Int
    places: Places
    look_cm: Int
    kept: Int

    def part(self, rows: slice | Index) -> "_Group":
        return _Group(self.slots[rows], self.places.part(rows), self.look_cm[rows], self.kept[rows])
