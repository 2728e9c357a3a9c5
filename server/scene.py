"""All zones' snapshots merged into columns by entity slot: what one gateway knows of the whole city this tick."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from server.bus import Snapshot
from server.entities import SLOT_MASK, SLOTS
from world.city import Zone
from world.interest import Crowd
from world.snapshot import MARGIN_CM
from world.state import FLAG_PERFORMER


class Scene:
    """Columns of length SLOTS; only those of `present` slots mean anything. Untouched pages cost no memory."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._origins = [(zone.rect.x - MARGIN_CM, zone.rect.z - MARGIN_CM) for zone in zones]
        self._slots_of = {number: np.zeros(0, np.int32) for number in range(len(zones))}
        self.present: NDArray[np.int32] = np.zeros(0, np.int32)
        self.performers: NDArray[np.int32] = np.zeros(0, np.int32)
        self.here: NDArray[np.bool_] = np.zeros(SLOTS, np.bool_)
        self.entity = np.zeros(SLOTS, np.uint32)
        self.x, self.y, self.z = (np.zeros(SLOTS, np.int32) for _ in range(3))
        self.heading, self.animation, self.flags, self.layer, self.zone = (np.zeros(SLOTS, np.uint8) for _ in range(5))
        self.input = np.zeros(SLOTS, np.uint32)
        self.vy = np.zeros(SLOTS, np.int16)

    def merge(self, snapshots: Sequence[Snapshot]) -> None:
        """Take in a tick's snapshots. A zone that published none keeps the state it was last seen in."""
        for snapshot in snapshots:
            self._slots_of[snapshot.zone] = self._write(snapshot)
        self.here[self.present] = False
        self.present = np.concatenate(list(self._slots_of.values()))
        if len(snapshots) < len(self._slots_of):
            # Whom a silent zone is remembered with may have crossed into another meanwhile.
            self.present = np.unique(self.present)
        self.here[self.present] = True
        self.performers = self.present[(self.flags[self.present] & FLAG_PERFORMER) != 0]

    def holds(self, entity: int) -> bool:
        """Whether this very entity, not an earlier owner of its slot, is in the city."""
        slot = entity & SLOT_MASK
        return bool(self.here[slot]) and int(self.entity[slot]) == entity

    def crowd(self) -> Crowd:
        """The part of the scene that interest looks at."""
        return Crowd(self.present, self.x, self.z, self.layer, self.performers)

    def _write(self, snapshot: Snapshot) -> NDArray[np.int32]:
        rows = snapshot.rows
        slots = (rows["entity"] & SLOT_MASK).astype(np.int32)
        origin_x, origin_z = self._origins[snapshot.zone]
        self.x[slots] = rows["x"].astype(np.int32) + origin_x
        self.z[slots] = rows["z"].astype(np.int32) + origin_z
        self.zone[slots] = snapshot.zone
        for name in ("entity", "y", "heading", "animation", "input", "vy", "flags", "layer"):
            getattr(self, name)[slots] = rows[name]
        return slots
