"""Who sees whom: each viewer's nearest avatars (world/nearest.py), chosen anew in turn, and whom it has pinned.

Each tick serves the same share of the viewers, the longest waiting first: everybody's turn comes within
`refresh_ticks`, or a multiple of it, a newcomer's first. A member counts as a little nearer than it is
(hysteresis), so that two people at the same distance do not swap each time. Pinned entities rank before
everybody and so take the place of the farthest: a set never exceeds `INTEREST_MAX`, so all of it is
refreshed by every third frame.

Distances are horizontal and integer (cm², int32), bit-exact on every machine. Layers are chosen for one
by one, each among those who are seen from it; while all are in one, nobody is asked.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from world.bins import Bins, Int
from world.nearest import EMPTY, OFFSET_MAX, PINNED_MAX, Lookers, Pinned, choose_nearest

INTEREST_MAX = 64
_NO_PINS = (EMPTY,) * PINNED_MAX


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
        self._known = np.zeros(slots, np.uint8)

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

    def refresh(self, tick: int, viewers: Int, crowd: Crowd, patience: int = 1) -> Int:
        """Choose anew for the viewers whose turn it is; returns whose it was.

        `viewers` are slots that are present in `crowd`; their turns come within `patience` times `refresh_ticks`.
        """
        within_ticks = self.sight.refresh_ticks * patience
        turn = self._turn(tick, viewers, within_ticks)
        if crowd.seen_from is None and turn.size:
            self._refresh_layer(0, turn, crowd)
        elif turn.size:
            layers = crowd.layer[turn]
            for layer in np.unique(layers).tolist():
                self._refresh_layer(layer, turn[layers == layer], crowd)
        self._next_tick[turn] = tick + within_ticks
        return turn

    def _turn(self, tick: int, viewers: Int, within_ticks: int) -> Int:
        """Whose turn it is: the longest waiting; a share of the viewers, twice that while some are late."""
        due = self._next_tick[viewers]
        share = -(-viewers.size // within_ticks)
        count = min(max(share, int(np.count_nonzero(due <= tick))), 2 * share)
        return viewers if count >= viewers.size else viewers[np.argpartition(due, count)[:count]]

    def _refresh_layer(self, layer: int, viewers: Int, crowd: Crowd) -> None:
        seen = crowd.seen_in(layer, crowd.present)
        bins = Bins(seen, crowd.x[seen], crowd.z[seen])
        lookers = Lookers(viewers, crowd.x[viewers], crowd.z[viewers], self._look_cm[viewers])
        sets = self.sets[viewers]
        pinned = self._pinned(layer, viewers, crowd)
        self._look_cm[viewers] = choose_nearest(lookers, sets, bins, self._sight_cm, self._known, pinned)
        self.sets[viewers] = sets

    def _pinned(self, layer: int, viewers: Int, crowd: Crowd) -> Pinned:
        """What each viewer has pinned itself, and the performers."""
        performers = crowd.seen_in(layer, crowd.performers)
        own = self._pins[viewers] if self._pinning else np.zeros((viewers.size, 0), np.int32)
        if self._pinning and crowd.seen_from is not None:
            own[(crowd.seen_from[own] >> layer) & 1 == 0] = EMPTY
        return Pinned(own, crowd.x[own], crowd.z[own], performers, crowd.x[performers], crowd.z[performers])
