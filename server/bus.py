"""Everything that passes between gateways and zones, as records that could cross a network unchanged.

Commands go to a zone, one snapshot of each zone comes back every tick, and events carry their
audience as data. What is posted while a tick runs is delivered in the next one, so that the order
in which zones run makes no difference. What a zone wants settled goes to the settler of its city,
whose answers come back as commands.
"""

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from world.event import ALL_LAYERS, Settle
from world.tick import MOVE_DTYPE, Batch, EventState, Issued, ProfileRecord


class Snapshot(NamedTuple):
    """A zone's whole visible state after `tick`: `rows` of world.tick.SNAPSHOT_DTYPE.

    `departed` names entities that belong to another zone from the next tick on, with that zone.
    `crystals` are those free on the ground (world.crystals.CRYSTAL_DTYPE) and `programme` the zone's
    rains and shows; None says of either that it is as in the snapshot before.
    """

    zone: int
    tick: int
    rows: NDArray[np.void]
    departed: list[tuple[int, int]]
    profiles: list[ProfileRecord]
    crystals: NDArray[np.void] | None = None
    programme: list[EventState] | None = None


class Report(NamedTuple):
    """An event, encoded once: whoever is within `radius_cm` of the place, or just `entity`, or the whole zone.

    `radius_cm` 0 with an entity means only that entity; without one, everybody in the zone. Whoever
    comes within earshot until `until_tick` is told too: it is still in the sky. What is said in one
    `layer` is heard by those who see its people, what is for `staff` by nobody else.
    """

    zone: int
    entity: int
    x: int
    z: int
    radius_cm: int
    importance: int
    payload: bytes
    until_tick: int = 0
    layer: int = ALL_LAYERS
    staff: bool = False

    @property
    def only(self) -> bool:
        """Whether one entity alone is told, whatever it costs: such a report is never cut."""
        return self.radius_cm == 0 and self.entity != 0


class Published(NamedTuple):
    """What all zones said in one tick."""

    snapshots: list[Snapshot]
    reports: list[Report]


class Bus(Protocol):
    """The seam between gateways and zones."""

    def post(self, zone: int, issued: Issued) -> None:
        """Give a zone a command for its next tick."""

    def post_moves(self, zone: int, packed: bytes) -> None:
        """Give a zone packed moves (MOVE_DTYPE), one or more, for its next tick."""

    def take_batch(self, zone: int) -> Batch:
        """A zone takes everything posted to it, in the order it was posted."""

    def publish(self, snapshot: Snapshot | None, reports: list[Report]) -> None:
        """A zone tells every gateway what is and what happened; None: it stands still, and is as in its last one."""

    def take_published(self) -> Published:
        """A gateway takes what has been published since it last did."""

    def settle(self, zone: int, settle: Settle) -> None:
        """A zone asks for something to be settled."""

    def take_settlements(self) -> list[tuple[int, Settle]]:
        """The settler takes, with its zone, everything asked for since it last did, in order."""


@dataclass(slots=True)
class _Inbox:
    commands: list[Issued] = field(default_factory=list)
    moves: list[bytes] = field(default_factory=list)


class LocalBus:
    """The bus of a city in one process. Every tick empties its queues; what fills them is limited per client."""

    def __init__(self, zones: int) -> None:
        self._inboxes = [_Inbox() for _ in range(zones)]
        self._published = Published([], [])
        self._settlements: list[tuple[int, Settle]] = []

    def post(self, zone: int, issued: Issued) -> None:
        self._inboxes[zone].commands.append(issued)

    def post_moves(self, zone: int, packed: bytes) -> None:
        self._inboxes[zone].moves.append(packed)

    def take_batch(self, zone: int) -> Batch:
        inbox, self._inboxes[zone] = self._inboxes[zone], _Inbox()
        return Batch(inbox.commands, np.frombuffer(b"".join(inbox.moves), MOVE_DTYPE))

    def publish(self, snapshot: Snapshot | None, reports: list[Report]) -> None:
        if snapshot is not None:
            self._published.snapshots.append(snapshot)
        self._published.reports.extend(reports)

    def take_published(self) -> Published:
        published, self._published = self._published, Published([], [])
        return published

    def settle(self, zone: int, settle: Settle) -> None:
        self._settlements.append((zone, settle))

    def take_settlements(self) -> list[tuple[int, Settle]]:
        settlements, self._settlements = self._settlements, []
        return settlements
