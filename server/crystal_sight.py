"""Which crystals each viewer is shown: the nearest few, twice a second, and only when they are others than before."""

import numpy as np
from numpy.typing import NDArray

from protocol.crystals import CRYSTAL_ROW, CRYSTAL_ROW_DTYPE
from protocol.limits import CRYSTALS_MAX
from server.detail import Detail
from server.entities import SLOTS
from server.extras import Extras, Packed
from server.scene import Scene
from world.bins import Bins
from world.compiled import B1, NUMBER, U4_2, compiled
from world.crystals import CRYSTAL_DTYPE
from world.nearest import EMPTY, Lookers, choose_nearest

# Twice a second at 20 ticks/s: somebody who runs has come three metres further, and a set of crystals with them.
TICKS_PER_CRYSTALS = 10
# A crystal glitters no farther; beyond, a rain is seen by the people who run for it.
SIGHT_CM = 6000
# `Crystals` with its numbers in the widths that hold any, so that all messages of a tick are rows of one array: 96 18,
# ce tick, d2 x, d2 y, d2 z, c5 bytes, and as many rows as there may be, of which each viewer gets what it sees.
_ROWS_BYTES = CRYSTALS_MAX * CRYSTAL_ROW.size
_MESSAGE = np.dtype(
    [
        ("kind", "u1", 2), ("tick_follows", "u1"), ("tick", ">u4"),
        ("x_follows", "u1"), ("x", ">i4"), ("y_follows", "u1"), ("y", ">i4"), ("z_follows", "u1"), ("z", ">i4"),
        ("rows_follow", "u1"), ("bytes", ">u2"), ("rows", CRYSTAL_ROW_DTYPE, CRYSTALS_MAX),
    ]
)  # fmt: skip
_EMPTY = np.zeros((), _MESSAGE)
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
        self._ids = _NONE["crystal"].copy()
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
        self._ids = every["crystal"].copy()
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
        ids = self._ids[found]
        changed = np.flatnonzero(_differ(ids, self._told[slots[rows]]))
        self._told[slots[rows[changed]]] = ids[changed]
        messages = self._messages(tick, slots[rows[changed]], found[changed], scene)
        sizes = messages["bytes"] + np.int64(_MESSAGE.itemsize - _ROWS_BYTES)
        starts = np.arange(messages.size) * _MESSAGE.itemsize
        extras.pack(Packed(rows[changed], starts, sizes, messages.view(np.uint8)))

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
        self, tick: int, viewers: NDArray[np.int32], found: NDArray[np.int32], scene: Scene
    ) -> NDArray[np.void]:
        """A `Crystals` for each of these viewers."""
        near, messages = self._crystals[found], np.full(viewers.size, _EMPTY)
        messages["tick"] = tick
        for name in ("crystal", "kind", "value"):
            messages["rows"][name] = near[name]
        for name, axis in (("x", scene.x), ("y", scene.y), ("z", scene.z)):
            messages[name] = axis[viewers]
            messages["rows"][f"d{name}"] = near[name] - axis[viewers][:, None]
        messages["bytes"] = np.count_nonzero(found, axis=1) * CRYSTAL_ROW.size
        return messages


@compiled(NUMBER, U4_2, NUMBER, NUMBER, borrowing=True)
def _count_of(rows: NDArray[np.uint32], row: int, number: int) -> int:
    """How often a number is in a row."""
    count = 0
    for place in range(rows.shape[1]):
        count += rows[row, place] == number
    return count


@compiled(B1, U4_2, U4_2)
def _differ(ids: NDArray[np.uint32], told: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """In which rows others are than were told; whoever sees the same ones in another order has nothing to learn."""
    differ = np.zeros(len(ids), np.bool_)
    for i in range(len(ids)):
        for place in range(ids.shape[1]):
            number = ids[i, place]
            # Crystals are in a row once, 0 is behind them: with as many zeros in both, the rest are as many, too.
            if number != told[i, place] and _count_of(told, i, number) != _count_of(ids, i, number):
                differ[i] = True
                break
    return differ
