"""What frames show: which of its interest set a viewer is shown this time, and where they stand from it.

Of a set of 64 the nearest 16 are in every frame and the rest come in turn. All viewers of a tick share
each array operation. An entity's record is the same for everybody but for the viewer's own place, so the
scene keeps it ready with absolute places, modulo 2**16: one gather and one subtraction make it relative
(`Scene.likeness`). Gathering field by field took three times as long.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from protocol.frames import FLAG_GROUNDED, HEADER_DTYPE
from protocol.limits import FRAME_NEAREST
from server.detail import Detail
from server.scene import FAR, PLACE, Scene
from world.interest import Interest
from world.nearest import EMPTY

# In units of 256 cm: with no more than this between two of them, an offset in cm fits an int16.
FAR_MAX = 127


class Shown(NamedTuple):
    """Whom each viewer's frame shows: slots (viewers, any), those who are shown first; their number; and their records.

    `records` is (viewers, any, 8) int16, the first six of which are a record of the wire.
    """

    slots: NDArray[np.int32]
    counts: NDArray[np.int64]
    records: NDArray[np.int16]


class Views:
    """The frames of one gateway's viewers, before they are laid out as bytes."""

    def __init__(self, scene: Scene, interest: Interest) -> None:
        self._scene = scene
        self._interest = interest

    def shown(self, tick: int, viewers: NDArray[np.int32], detail: Detail) -> Shown:
        """Whom these viewers are shown in this tick."""
        slots = self._in_turn(tick, viewers, detail)
        records, visible = self._records(viewers, slots)
        partly = np.flatnonzero(~visible.all(axis=1))
        if partly.size:
            order = np.argsort(~visible[partly], axis=1, kind="stable")
            slots[partly] = np.take_along_axis(slots[partly], order, axis=1)
            records[partly] = np.take_along_axis(records[partly], order[:, :, None], axis=1)
        return Shown(slots, np.count_nonzero(visible, axis=1), records)

    def headers(self, tick: int, viewers: NDArray[np.int32], shed_level: int) -> NDArray[np.void]:
        """Each viewer's own truth, HEADER_DTYPE."""
        headers = np.empty(viewers.size, HEADER_DTYPE)
        headers["tick"] = tick
        headers["shed"] = shed_level
        for name in ("input", "x", "y", "z", "vy", "heading", "animation", "zone", "layer"):
            headers[name] = getattr(self._scene, name)[viewers]
        headers["flags"] = self._scene.flags[viewers] & FLAG_GROUNDED
        return headers

    def _in_turn(self, tick: int, viewers: NDArray[np.int32], detail: Detail) -> NDArray[np.int32]:
        """The nearest of each set and those of the others whose turn it is; of a small set, all."""
        sets = self._interest.sets.take(viewers, axis=0)
        width = FRAME_NEAREST + detail.far_records
        first = FRAME_NEAREST + tick // detail.ticks_per_frame % detail.turns * detail.far_records
        slots = np.empty((viewers.size, width), np.int32)
        slots[:, :FRAME_NEAREST] = sets[:, :FRAME_NEAREST]
        slots[:, FRAME_NEAREST:] = sets[:, first : first + detail.far_records]
        few = np.flatnonzero(sets[:, width] == EMPTY)
        slots[few, FRAME_NEAREST:] = sets[few, FRAME_NEAREST:width]
        return slots

    def _records(
        self, viewers: NDArray[np.int32], slots: NDArray[np.int32]
    ) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
        """Everybody's record as the viewer sees it, and whether it can be shown: there, and not too far to be told."""
        likeness = self._scene.likeness
        records, own = likeness.take(slots, axis=0), likeness.take(viewers, axis=0)
        records[:, :, PLACE] -= own[:, None, PLACE]
        visible = records.view(np.uint32)[:, :, 0] != 0
        for far in FAR:
            visible &= np.abs(records[:, :, far] - own[:, None, far]) <= FAR_MAX
        if self._scene.seen_from is not None:
            # Sets are chosen twice a second; whoever has changed layers meanwhile is not shown any more.
            visible &= (self._scene.seen_from[slots] >> self._scene.layer[viewers][:, None]) & 1 != 0
        return records, visible
