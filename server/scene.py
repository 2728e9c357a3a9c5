"""All zones' snapshots merged into columns by entity slot: what one gateway knows of the whole city this tick.

Who sees whom across layers is decided here, once, as sixteen bits on each entity: the layers that it is seen from.
Everybody is seen from their own layer, and performers from all. Whoever is in layer 0 of a zone is also seen from
every layer that this zone has nobody in, so that a border is never an empty place. While everybody is in layer 0,
which is nearly always, there is nothing to decide and nothing is computed.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.bus import Snapshot
from server.entities import SLOT_MASK, SLOTS
from world.city import Zone
from world.compiled import B1, I2, I4, NOTHING, NUMBER, U1, U4, YES, compiled, group, records
from world.event import ALL_LAYERS
from world.interest import Crowd
from world.layers import LAYERS_MAX
from world.snapshot import MARGIN_CM, SNAPSHOT_DTYPE
from world.state import FLAG_PERFORMER, FLAG_STAFF

# In a likeness x, y and z are cm modulo 2**16, and x and z once more in units of 256 cm tell where an
# offset modulo 2**16 is not the true one.
LIKENESS_DTYPE = np.dtype(
    [
        ("entity", "<u4"),
        ("x", "<i2"),
        ("y", "<i2"),
        ("z", "<i2"),
        ("heading", "u1"),
        ("animation", "u1"),
        ("far_x", "<i2"),
        ("far_z", "<i2"),
    ]
)
_LAYERS = np.arange(LAYERS_MAX)
_EVERY_LAYER = np.uint16(0xFFFF)
Bits = NDArray[np.uint16]
Slots = NDArray[np.int32]


class _Shown(NamedTuple):
    """The columns of a scene that a snapshot fills, by their names."""

    entity: NDArray[np.uint32]
    x: NDArray[np.int32]
    y: NDArray[np.int32]
    z: NDArray[np.int32]
    heading: NDArray[np.uint8]
    animation: NDArray[np.uint8]
    input: NDArray[np.uint32]
    vy: NDArray[np.int16]
    flags: NDArray[np.uint8]
    layer: NDArray[np.uint8]
    zone: NDArray[np.uint8]


class _Zone(NamedTuple):
    """Which zone a snapshot is of, and from where in the city its places count."""

    number: int
    origin_x: int
    origin_z: int


_SHOWN = group(_Shown, U4, I4, I4, I4, U1, U1, U4, I2, U1, U1, U1)
_ZONE = group(_Zone, *[NUMBER] * 3)


class Scene:
    """Columns of length SLOTS; only those of `present` slots mean anything. Untouched pages cost no memory."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._origins = [(zone.rect.x - MARGIN_CM, zone.rect.z - MARGIN_CM) for zone in zones]
        self._slots_of = {number: np.zeros(0, np.int32) for number in range(len(zones))}
        self._in_layers = [False] * len(zones)
        # Whether anybody is in another layer than 0; the layers that are open in each zone, as bits.
        self.layered = False
        self.open_layers: Bits = np.ones(len(zones), np.uint16)
        self.present: NDArray[np.int32] = np.zeros(0, np.int32)
        self.performers: NDArray[np.int32] = np.zeros(0, np.int32)
        self.here: NDArray[np.bool_] = np.zeros(SLOTS, np.bool_)
        self.entity = np.zeros(SLOTS, np.uint32)
        self.x, self.y, self.z = (np.zeros(SLOTS, np.int32) for _ in range(3))
        self.heading, self.animation, self.flags, self.layer, self.zone = (np.zeros(SLOTS, np.uint8) for _ in range(5))
        self.input = np.zeros(SLOTS, np.uint32)
        self.vy = np.zeros(SLOTS, np.int16)
        # Everybody as frames show them (server/views.py), all but the viewer's own place; no entity is whoever is gone.
        self.likenesses = np.zeros(SLOTS, LIKENESS_DTYPE)
        # What each zone published last: one at rest says the same again, and nothing has to be taken in.
        self._rows_of: dict[int, NDArray[np.void]] = {}
        self._seen_from = np.zeros(SLOTS, np.uint16)

    def merge(self, snapshots: Sequence[Snapshot]) -> None:
        """Take in a tick's snapshots. A zone that published none keeps the state it was last seen in."""
        for snapshot in snapshots:
            if self._rows_of.get(snapshot.zone) is not snapshot.rows:
                self._rows_of[snapshot.zone] = snapshot.rows
                self._slots_of[snapshot.zone] = self._write(snapshot)
        before = self.present
        self.present = np.concatenate(list(self._slots_of.values()))
        if len(snapshots) < len(self._slots_of):
            # Whom a silent zone is remembered with may have crossed into another meanwhile.
            self.present = np.unique(self.present)
        _replace(before, self.present, self.here, self.likenesses)
        performers = np.empty_like(self.present)
        self.performers = performers[: _find(self.present, self.flags, FLAG_PERFORMER, performers)]
        if self.layered or any(self._in_layers):
            self._part_layers()

    def holds(self, entity: int) -> bool:
        """Whether this very entity, not an earlier owner of its slot, is in the city."""
        slot = entity & SLOT_MASK
        return bool(self.here[slot]) and int(self.entity[slot]) == entity

    def staff(self, slots: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Which of them work here, and so see rehearsals."""
        return np.asarray((self.flags[slots] & FLAG_STAFF) != 0)

    def crowd(self) -> Crowd:
        """The part of the scene that interest looks at."""
        return Crowd(self.present, self.x, self.z, self.layer, self.performers, self.seen_from)

    def layers_in(self, zone: int) -> int:
        """How many layers of a zone somebody is in; one, if nobody is there."""
        return max(1, int(self.open_layers[zone]).bit_count()) if self.layered else 1

    @property
    def seen_from(self) -> Bits | None:
        """By slot, the layers that each entity is seen from, as bits; None while all are in one."""
        return self._seen_from if self.layered else None

    def heard_in(self, zone: NDArray[np.int64], layer: NDArray[np.int64]) -> Bits:
        """The layers, as bits, in which one hears what is said in these layers of these zones."""
        bits = np.left_shift(1, np.minimum(layer, LAYERS_MAX - 1)).astype(np.uint16)
        bits |= np.where(layer == 0, ~self.open_layers[zone], np.uint16(0))
        return np.where(layer == ALL_LAYERS, _EVERY_LAYER, bits)

    def _part_layers(self) -> None:
        """See which layers are open where, and from which of them everybody is seen."""
        zone, layer = self.zone[self.present].astype(np.int64), self.layer[self.present].astype(np.int64)
        self.layered = bool(layer.any())
        counts = np.bincount(zone * LAYERS_MAX + layer, minlength=self.open_layers.size * LAYERS_MAX)
        held = counts.reshape(-1, LAYERS_MAX) > 0
        self.open_layers = (held << _LAYERS).sum(axis=1).astype(np.uint16)
        self._seen_from[self.present] = self.heard_in(zone, layer)
        self._seen_from[self.performers] = _EVERY_LAYER

    def _write(self, snapshot: Snapshot) -> Slots:
        slots = np.empty(snapshot.rows.size, np.int32)
        origin_x, origin_z = self._origins[snapshot.zone]
        shown = _Shown(*[getattr(self, name) for name in _Shown._fields])
        in_layers = _write(snapshot.rows, shown, self.likenesses, slots, _Zone(snapshot.zone, origin_x, origin_z))
        self._in_layers[snapshot.zone] = in_layers
        return slots


@compiled(YES, records(SNAPSHOT_DTYPE, written=False), _SHOWN, records(LIKENESS_DTYPE), I4, _ZONE, borrowing=True)
def _write(rows: NDArray[np.void], shown: _Shown, likenesses: NDArray[np.void], slots: Slots, zone: _Zone) -> bool:
    """Put each row where its slot is, and tell which these are; returns whether anybody is in another layer than 0."""
    layers = 0
    for i in range(rows.size):
        row = rows[i]
        slot = row.entity % shown.entity.size
        x, z, likeness = zone.origin_x + row.x, zone.origin_z + row.z, likenesses[slot]
        shown.zone[slot], shown.x[slot], shown.y[slot], shown.z[slot] = zone.number, x, row.y, z
        shown.entity[slot], shown.input[slot], shown.vy[slot] = row.entity, row.input, row.vy
        shown.heading[slot], shown.animation[slot] = row.heading, row.animation
        shown.flags[slot], shown.layer[slot] = row.flags, row.layer
        likeness.entity, likeness.heading, likeness.animation = row.entity, row.heading, row.animation
        likeness.x, likeness.y, likeness.z, likeness.far_x, likeness.far_z = x, row.y, z, x >> 8, z >> 8
        layers |= row.layer
        slots[i] = slot
    return layers != 0


@compiled(NOTHING, I4, I4, B1, records(LIKENESS_DTYPE), borrowing=True)
def _replace(before: Slots, present: Slots, here: NDArray[np.bool_], likenesses: NDArray[np.void]) -> None:
    """Those who are present are here, and of whoever is not any more no likeness stays."""
    for slot in before:
        here[slot] = False
    for slot in present:
        here[slot] = True
    for slot in before:
        if not here[slot]:
            likenesses[slot].entity = 0


@compiled(NUMBER, I4, U1, NUMBER, I4, borrowing=True)
def _find(slots: Slots, flags: NDArray[np.uint8], flag: int, found: Slots) -> int:
    """Write down which of these have the flag; returns how many."""
    count = 0
    for slot in slots:
        if flags[slot] & flag:
            found[count] = slot
            count += 1
    return count
