"""Who sees and hears what, in how many bytes: from the merged scene to each viewer's ready bytes.

Every viewer gets a frame on every second tick: those in even slots on even ticks, the others on odd
ones, so that sends are spread. Beside the frame go the profiles of people it shows for the first
time, the events in earshot since the last frame, fireworks, and now and then the crystals near it and
the crowd map: all in one write.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from protocol.frames import FLAG_GROUNDED, HEADER_DTYPE, RECORD_DTYPE, FrameRows, build_frames
from protocol.limits import FRAME_NEAREST, FRAME_RECORDS_MAX, INTEREST_MAX
from server.bus import Report, Snapshot
from server.crowdmap import CrowdMap
from server.crystal_sight import CrystalSight
from server.entities import SLOTS
from server.hearing import Heard, choose_reports
from server.introductions import Introductions, profiles_payload
from server.outbox import Outbox
from server.scene import Scene
from server.sky import SkyWatch
from world.interest import Interest, Sight
from world.nearest import EMPTY

TICKS_PER_FRAME = 2
# The crowd map changes slowly: once a second at 20 ticks/s.
TICKS_PER_CROWD_MAP = 20
_OFFSET_MAX = 32767


def _rotation() -> NDArray[np.int64]:
    """Which columns of an interest set each of three successive frames shows."""
    nearest = np.arange(FRAME_NEAREST)
    turn = FRAME_RECORDS_MAX - FRAME_NEAREST
    turns = range(FRAME_NEAREST, INTEREST_MAX, turn)
    return np.stack([np.concatenate((nearest, np.arange(start, start + turn))) for start in turns])


ROTATION = _rotation()


class Viewers(NamedTuple):
    """Who gets a frame now: entity slots, the way out to each, and which of those are WebSockets."""

    slots: NDArray[np.int32]
    outboxes: list[Outbox]
    websocket: NDArray[np.bool_]

    def only(self, chosen: NDArray[np.bool_]) -> "Viewers":
        """Some of them."""
        return Viewers(self.slots[chosen], list(compress(self.outboxes, chosen.tolist())), self.websocket[chosen])


@dataclass(slots=True)
class Delivery:
    """What a tick sends: viewer i gets its slice of the frames and `extras.get(i)` behind it."""

    viewers: Viewers
    frames: FrameRows
    extras: dict[int, bytes]
    heard: int = 0
    cut: int = 0
    # Fireworks that somebody was not told of one by one.
    counted: int = 0
    mark_bytes: int = 0
    # Slots of those who had more than `mark_bytes` left to take after they were written to.
    behind: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.viewers.outboxes)

    def write(self, start: int, end: int) -> None:
        """Write to some of the viewers, one write each."""
        (data, starts, ends), mark_bytes = self.frames, self.mark_bytes
        pieces = [data[first:last] for first, last in zip(starts[start:end], ends[start:end], strict=True)]
        for i, outbox in enumerate(self.viewers.outboxes[start:end]):
            extra = self.extras.get(start + i)
            outbox.write(pieces[i] + extra if extra else pieces[i])
            if outbox.backlog_bytes() > mark_bytes:
                self.behind.append(int(self.viewers.slots[start + i]))


class Fanout:
    """Interest, introductions and hearing of one gateway's viewers over its scene."""

    def __init__(self, scene: Scene, sight: Sight, mark_bytes: int) -> None:
        self._mark_bytes = mark_bytes
        self.interest = Interest(SLOTS, sight)
        self.introductions = Introductions()
        self._scene = scene
        self.crystals = CrystalSight()
        self._sky = SkyWatch()
        self._crowd_map = CrowdMap(scene, 0)
        self._reports: list[Report] = []
        self._fresh_reports: list[Report] = []

    def forget(self, slot: int) -> None:
        """A viewer came or left: whoever sees from this slot next starts from nothing."""
        self.interest.forget(slot)
        self.introductions.forget_viewer(slot)
        self.crystals.forget(slot)
        self._sky.forget(slot)

    def learn(self, snapshot: Snapshot) -> None:
        """What a zone's snapshot says beside where everybody is: who they are, and which crystals lie there."""
        self.introductions.learn(snapshot.profiles)
        self.crystals.learn(snapshot.zone, snapshot.crystals)

    def hear(self, tick: int, reports: Sequence[Report]) -> None:
        """This tick's reports, for viewers served now and those served next; call it once a tick."""
        self._reports = self._fresh_reports
        self._fresh_reports = [report for report in reports if not report.until_tick]
        self._sky.hear(tick, [report for report in reports if report.until_tick])

    def look(self, tick: int, slots: NDArray[np.int32]) -> NDArray[np.int64]:
        """Refresh the interest sets whose turn it is; returns how many each of them holds."""
        served = self.interest.refresh(tick, slots, self._scene.crowd())
        sets = self.interest.sets[served]
        self.introductions.review(served, sets)
        return np.asarray(np.count_nonzero(sets, axis=1))

    def prepare(self, tick: int, viewers: Viewers, shed_level: int) -> Delivery:
        """Everything the given viewers get in this tick, each of them present in the scene."""
        slots = viewers.slots
        if not slots.size:
            return Delivery(viewers, FrameRows(b"", [], []), {})
        shown, counts = self._shown(tick, slots)
        headers = self._headers(tick, slots, shed_level)
        frames = build_frames(headers, self._records(slots, shown), counts, viewers.websocket)
        reports = [*self._reports, *self._fresh_reports]
        heard = choose_reports(reports, slots, self._scene)
        told, counted = self._sky.due(tick, slots, self._scene)
        extras = _spoken(viewers, heard, reports)
        for row, entries in self.introductions.due(slots, shown, counts).items():
            extras[row] = viewers.outboxes[row].frame(profiles_payload(entries)) + extras.get(row, b"")
        for due in (told, self.crystals.due(tick, slots, self._scene), self._crowd_maps(tick, slots)):
            for row, payloads in due.items():
                extras[row] = extras.get(row, b"") + b"".join(map(viewers.outboxes[row].frame, payloads))
        return Delivery(viewers, frames, extras, len(heard.rows), heard.cut, counted, self._mark_bytes)

    def _shown(self, tick: int, slots: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The slots each frame shows, (viewers, FRAME_RECORDS_MAX) with those present first, and their number."""
        scene, sets = self._scene, self.interest.sets[slots]
        columns = ROTATION[tick // TICKS_PER_FRAME % len(ROTATION)]
        shown = sets[:, columns]
        few = np.flatnonzero(sets[:, FRAME_RECORDS_MAX] == EMPTY)
        shown[few] = sets[few, :FRAME_RECORDS_MAX]
        visible = scene.here[shown]
        for axis in (scene.x, scene.z):
            visible &= np.abs(axis[shown] - axis[slots][:, None]) <= _OFFSET_MAX
        partly = np.flatnonzero(~visible.all(axis=1))
        order = np.argsort(~visible[partly], axis=1, kind="stable")
        shown[partly] = np.take_along_axis(shown[partly], order, axis=1)
        return shown, visible.sum(axis=1)

    def _headers(self, tick: int, slots: NDArray[np.int32], shed_level: int) -> NDArray[np.void]:
        headers = np.zeros(slots.size, HEADER_DTYPE)
        headers["tick"] = tick
        headers["shed"] = shed_level
        for name in ("input", "x", "y", "z", "vy", "heading", "animation", "zone", "layer"):
            headers[name] = getattr(self._scene, name)[slots]
        headers["flags"] = self._scene.flags[slots] & FLAG_GROUNDED
        return headers

    def _records(self, slots: NDArray[np.int32], shown: NDArray[np.int32]) -> NDArray[np.void]:
        scene = self._scene
        records = np.empty(shown.shape, RECORD_DTYPE)
        for name, axis in (("dx", scene.x), ("dy", scene.y), ("dz", scene.z)):
            records[name] = axis[shown] - axis[slots][:, None]
        for name in ("entity", "heading", "animation"):
            records[name] = getattr(scene, name)[shown]
        return records

    def _crowd_maps(self, tick: int, slots: NDArray[np.int32]) -> dict[int, list[bytes]]:
        """Whose turn it is to get the crowd map, by row."""
        if tick - self._crowd_map.tick >= TICKS_PER_CROWD_MAP:
            self._crowd_map = CrowdMap(self._scene, tick)
        rows = np.flatnonzero((tick - slots) % TICKS_PER_CROWD_MAP == 0).tolist()
        return {row: [self._crowd_map.payload_for(int(slots[row]))] for row in rows}


def _spoken(viewers: Viewers, heard: Heard, reports: Sequence[Report]) -> dict[int, bytes]:
    """What each viewer hears, by its row, framed; each mix of reports is put together once for each transport."""
    mixes = heard.together(viewers.websocket)
    ready = [
        b"".join(viewers.outboxes[example].frame(reports[report].payload) for report in parts)
        for example, parts in zip(mixes.examples, mixes.parts, strict=True)
    ]
    return dict(zip(mixes.rows, map(ready.__getitem__, mixes.of), strict=True))
