"""All zones' snapshots merged into columns by entity slot: what one gateway knows of the whole city this tick.

Who sees whom across layers is decided here, once, as sixteen bits on each entity: the layers that it is seen from.
Everybody is seen from their own layer, and performers from all. Whoever is in layer 0 of a zone is also seen from
every layer that this zone has nobody in, so that a border is never an empty place. While everybody is in layer 0,
which is nearly always, there is nothing to decide and nothing is computed.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from server.bus import Snapshot
from server.entities import SLOT_MASK, SLOTS
from world.city import Zone
from world.event import ALL_LAYERS
from world.interest import Crowd
from world.layers import LAYERS_MAX
from world.snapshot import MARGIN_CM
from world.state import FLAG_PERFORMER, FLAG_STAFF

# The words of a likeness: entity (two), x, y and z in cm modulo 2**16, heading and animation (a byte each), and
# last x and z once more in units of 256 cm, which tell where an offset modulo 2**16 is not the true one.
LIKENESS_WORDS = 8
PLACE = slice(2, 5)
FAR = (6, 7)
_HEADING_BYTE, _ANIMATION_BYTE = 10, 11
_LAYERS = np.arange(LAYERS_MAX)
_EVERY_LAYER = np.uint16(0xFFFF)
Bits = NDArray[np.uint16]


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
        # Everybody as frames show them (server/views.py), all but the viewer's own place; zeros of whoever is gone.
        self.likeness: NDArray[np.int16] = np.zeros((SLOTS, LIKENESS_WORDS), np.int16)
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
        self.here[before] = False
        self.present = np.concatenate(list(self._slots_of.values()))
        if len(snapshots) < len(self._slots_of):
            # Whom a silent zone is remembered with may have crossed into another meanwhile.
            self.present = np.unique(self.present)
        self.here[self.present] = True
        self.likeness[before[~self.here[before]]] = 0
        self.performers = self.present[(self.flags[self.present] & FLAG_PERFORMER) != 0]
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

    def _write(self, snapshot: Snapshot) -> NDArray[np.int32]:
        rows = snapshot.rows
        slots = (rows["entity"] & SLOT_MASK).astype(np.int32)
        origin_x, origin_z = self._origins[snapshot.zone]
        x, z = rows["x"].astype(np.int32) + origin_x, rows["z"].astype(np.int32) + origin_z
        self.x[slots], self.z[slots] = x, z
        self.zone[slots] = snapshot.zone
        self.likeness[slots] = _likenesses(rows, x, z)
        for name in ("entity", "y", "heading", "animation", "input", "vy", "flags", "layer"):
            getattr(self, name)[slots] = rows[name]
        self._in_layers[snapshot.zone] = bool(rows["layer"].any())
        return slots


def _likenesses(rows: NDArray[np.void], x: NDArray[np.int32], z: NDArray[np.int32]) -> NDArray[np.int16]:
    """The likeness of each row of a snapshot, whose places in the city are `x` and `z`."""
    words = np.empty((rows.size, LIKENESS_WORDS), np.int16)
    words.view(np.uint32)[:, 0] = rows["entity"]
    for word, column in zip(range(LIKENESS_WORDS)[PLACE], (x, rows["y"], z), strict=True):
        words[:, word] = column
    words.view(np.uint8)[:, _HEADING_BYTE] = rows["heading"]
    words.view(np.uint8)[:, _ANIMATION_BYTE] = rows["animation"]
    for word, column in zip(FAR, (x, z), strict=True):
        words[:, word] = column >> 8
    return words
