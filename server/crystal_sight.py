"""Which crystals each viewer is shown: the nearest few, twice a second, and only when they are others than before."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from protocol.crystals import CRYSTAL_ROW, CRYSTAL_ROW_DTYPE
from protocol.limits import CRYSTALS_MAX
from server.detail import Detail
from server.entities import SLOTS
from server.extras import Extras, Packed, Places
from server.scene import Scene
from world.bins import Bins
from world.compiled import I4, I4_2, I8, NUMBER, U4_2, YES, compiled, group, records
from world.crystals import CRYSTAL_DTYPE
from world.nearest import EMPTY, Lookers, choose_nearest

# Twice a second at 20 ticks/s: somebody who runs has come three metres further, and a set of crystals with them.
TICKS_PER_CRYSTALS = 10
# A crystal glitters no farther; beyond, a rain is seen by the people who run for it.
SIGHT_CM = 6000
# `Crystals` with its numbers in the widths that hold any, so that all messages of a tick are rows of one array: 96 18,
# ce tick, d2 x, d2 y, d2 z, c5 bytes, and as many rows as there may be, of which each viewer gets what it sees.
_ROWS_BYTES = CRYSTALS_MAX * CRYSTAL_ROW.size
_HEAD = np.dtype(
    [
        ("kind", "u1", 2), ("tick_follows", "u1"), ("tick", ">u4"),
        ("x_follows", "u1"), ("x", ">i4"), ("y_follows", "u1"), ("y", ">i4"), ("z_follows", "u1"), ("z", ">i4"),
        ("rows_follow", "u1"), ("bytes", ">u2"),
    ]
)  # fmt: skip
_EMPTY = np.zeros((), _HEAD)
_EMPTY["kind"], _EMPTY["tick_follows"], _EMPTY["rows_follow"] = (0x96, 24), 0xCE, 0xC5
_EMPTY["x_follows"] = _EMPTY["y_follows"] = _EMPTY["z_follows"] = 0xD2
# In front of all crystals, so that EMPTY is the place of none.
_NONE = np.zeros(1, CRYSTAL_DTYPE)


class CrystalSight:
    """The crystals of all zones, and what each viewer was last shown of them."""

    def __init__(self) -> None:
        self._of_zone: dict[int, NDArray[np.void]] = {}
        # Those of rehearsals are behind the others, so that whoever may not see them looks at the first `_open` alone.
        self._crystals = _NONE
        self._open = 0
        self._bins: dict[int, Bins] = {}
        # The ids that each viewer was last told, by its slot, 0 behind. Untouched pages cost no memory.
        self._told = np.zeros((SLOTS, CRYSTALS_MAX), np.uint32)
        # How far each had better look the next time, by its slot; it sees the same, however far that is.
        self._look_cm = np.zeros(SLOTS, np.int32)

    def learn(self, zone: int, crystals: NDArray[np.void] | None) -> None:
        """What lies in a zone now, CRYSTAL_DTYPE; None: the same as before."""
        if crystals is None:
            return
        self._of_zone[zone] = crystals
        every = np.concatenate([_NONE, *self._of_zone.values()])
        rehearsed = every["staff"] != 0
        if rehearsed.any():
            every = np.concatenate([every[~rehearsed], every[rehearsed]])
        self._crystals = every
        self._open = int(np.count_nonzero(~rehearsed)) - 1
        self._bins = {}

    def forget(self, slot: int) -> None:
        """The next viewer in this slot has been told of none."""
        self._told[slot] = self._look_cm[slot] = 0

    def tell(self, tick: int, slots: NDArray[np.int32], scene: Scene, detail: Detail, extras: Extras) -> None:
        """Tell those of the viewers whose turn it is, if they would be told of others than before."""
        rows = detail.turn(tick, slots, TICKS_PER_CRYSTALS * detail.patience)
        if not rows.size:
            return
        found = self._nearest(slots[rows], scene, self._open)
        if self._open < self._crystals.size - 1 and (staff := scene.staff(slots[rows])).any():
            found[staff] = self._nearest(slots[rows[staff]], scene, self._crystals.size - 1)
        changed = np.empty(rows.size, np.int64)
        changed = changed[: _learn(found.view(np.uint32), self._crystals, self._told, slots[rows], changed)]
        if changed.size:
            extras.pack(self._messages(tick, rows[changed], slots[rows[changed]], found[changed], scene))

    def _nearest(self, slots: NDArray[np.int32], scene: Scene, first: int) -> NDArray[np.int32]:
        """The nearest of the `first` crystals to each viewer, (viewers, CRYSTALS_MAX), as places in `_crystals`."""
        found = np.full((slots.size, CRYSTALS_MAX), EMPTY, np.int32)
        if not first:
            return found
        if first not in self._bins:
            x, z = (self._crystals[axis][1 : first + 1].copy() for axis in ("x", "z"))
            self._bins[first] = Bins(np.arange(1, first + 1, dtype=np.int32), x, z)
        # A viewer is no crystal.
        lookers = Lookers(np.zeros(slots.size, np.int32), scene.x[slots], scene.z[slots], self._look_cm[slots])
        known = np.zeros(first + 1, np.uint8)
        self._look_cm[slots] = choose_nearest(lookers, found, self._bins[first], SIGHT_CM, known)
        return found

    def _messages(
        self, tick: int, rows: Places, viewers: NDArray[np.int32], found: NDArray[np.int32], scene: Scene
    ) -> Packed:
        """A `Crystals` for each of these viewers, who are in these rows."""
        heads, lying = np.full(viewers.size, _EMPTY), np.empty(found.size, CRYSTAL_ROW_DTYPE)
        seen = _describe(lying, found, self._crystals, viewers, _Eyes(scene.x, scene.y, scene.z))
        heads["tick"], heads["bytes"] = tick, seen * CRYSTAL_ROW.size
        heads["x"], heads["y"], heads["z"] = scene.x[viewers], scene.y[viewers], scene.z[viewers]
        messages = np.empty((viewers.size, _HEAD.itemsize + _ROWS_BYTES), np.uint8)
        messages[:, : _HEAD.itemsize] = heads.view(np.uint8).reshape(viewers.size, -1)
        messages[:, _HEAD.itemsize :] = lying.view(np.uint8).reshape(viewers.size, -1)
        starts = np.arange(viewers.size) * messages.shape[1]
        return Packed(rows, starts, _HEAD.itemsize + seen * CRYSTAL_ROW.size, messages.reshape(-1))


class _Eyes(NamedTuple):
    """Where everybody is, by slot."""

    x: NDArray[np.int32]
    y: NDArray[np.int32]
    z: NDArray[np.int32]


_EYES, _CRYSTALS = group(_Eyes, I4, I4, I4), records(CRYSTAL_DTYPE, written=False)


@compiled(I8, records(CRYSTAL_ROW_DTYPE), I4_2, _CRYSTALS, I4, _EYES)
def _describe(
    lying: NDArray[np.void],
    found: NDArray[np.int32],
    crystals: NDArray[np.void],
    viewers: NDArray[np.int32],
    eyes: _Eyes,
) -> Places:
    """Write a row for each crystal that a viewer has found, and leave room for as many as it may get behind them;
    returns how many each has found."""
    xs, ys, zs = eyes
    most = found.shape[1]
    seen = np.zeros(viewers.size, np.int64)
    for i in range(viewers.size):
        viewer = viewers[i]
        x, y, z = xs[viewer], ys[viewer], zs[viewer]
        # EMPTY, which is 0, is behind those that were found.
        while seen[i] < most and found[i, seen[i]] != 0:
            row, crystal = lying[i * most + seen[i]], crystals[found[i, seen[i]]]
            row.crystal, row.kind, row.value = crystal.crystal, crystal.kind, crystal.value
            row.dx, row.dy, row.dz = crystal.x - x, crystal.y - y, crystal.z - z
            seen[i] += 1
    return seen


@compiled(YES, U4_2, NUMBER, NUMBER, borrowing=True)
def _was_told(told: NDArray[np.uint32], slot: np.uint32, number: int) -> bool:
    """Whether an id is in what a viewer was told."""
    row, found = np.uint32(slot), False
    for place in range(told.shape[1]):
        found |= bool(told[row, place] == number)
    return found


@compiled(NUMBER, U4_2, _CRYSTALS, U4_2, I4, I8, borrowing=True)
def _learn(
    found: NDArray[np.uint32],
    crystals: NDArray[np.void],
    told: NDArray[np.uint32],
    slots: NDArray[np.int32],
    changed: Places,
) -> int:
    """Note what each of these viewers is told now, and which of them have found others than they were told before;
    returns how many have.

    Whoever sees the same ones in another order has nothing to learn.
    """
    count, most = 0, found.shape[1]
    for i in range(slots.size):
        slot, others = np.uint32(slots[i]), False
        for place in range(most):
            number = crystals[found[i, place]].crystal
            # Crystals are in a row once, and 0 is behind them: where it stands for one that was told, fewer are found.
            if number != told[slot, place] and (number == 0 or not _was_told(told, slot, number)):
                others = True
                break
        if others:
            for place in range(most):
                told[slot, place] = crystals[found[i, place]].crystal
            changed[count] = i
            count += 1
    return count
