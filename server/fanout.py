"""Who sees and hears what, in how many bytes: from the merged scene to each viewer's ready bytes.

Every viewer gets a frame on every second tick (every third or fourth when detail is shed): those in even
slots on even ticks, the others on odd ones, so that sends are spread. Beside the frame go the profiles of
people it shows for the first time, the events in earshot since the last frame, fireworks, and now and then
the crystals near it and the crowd map: all in one write.
"""

from collections import deque
from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from protocol.frames import FrameRows, build_frames
from server.bus import Report, Snapshot
from server.crowdmap import CrowdMap
from server.crystal_sight import CrystalSight
from server.delivery import Delivery, Viewers
from server.detail import BY_LEVEL, SLOWEST_TICKS_PER_FRAME, Detail
from server.entities import SLOTS
from server.hearing import Heard, Listeners, choose_reports
from server.introductions import Introductions, profiles_payload
from server.parties import Parties
from server.scene import Scene
from server.sky import SkyWatch
from server.views import Views
from world.config import TICK_RATE_HZ
from world.interest import Interest, Sight


class Fanout:
    """Interest, introductions and hearing of one gateway's viewers over its scene."""

    def __init__(self, scene: Scene, sight: Sight) -> None:
        self.interest = Interest(SLOTS, sight)
        self.introductions = Introductions()
        self.parties = Parties(self.interest)
        self._scene = scene
        self.crystals = CrystalSight()
        # Rehearsals have a sky of their own, so that what is left out and counted of each is right for everybody.
        self._sky, self._staff_sky = SkyWatch(), SkyWatch()
        self._views = Views(scene, self.interest)
        self._crowd_map = CrowdMap(scene, 0)
        # What was reported in each of the last few ticks, and up to which tick each viewer has heard it.
        self._reports: deque[list[tuple[int, Report]]] = deque(maxlen=SLOWEST_TICKS_PER_FRAME)
        self._heard_tick = np.zeros(SLOTS, np.int64)

    def forget(self, slot: int) -> None:
        """A viewer came or left: whoever sees from this slot next starts from nothing."""
        self.interest.forget(slot)
        self.introductions.forget_viewer(slot)
        self.crystals.forget(slot)
        self._sky.forget(slot)
        self._staff_sky.forget(slot)

    def learn(self, snapshot: Snapshot) -> None:
        """What a zone's snapshot says beside where everybody is: who they are, and which crystals lie there."""
        self.introductions.learn(snapshot.profiles)
        self.parties.learn(snapshot.profiles)
        self.crystals.learn(snapshot.zone, snapshot.crystals)

    def hear(self, tick: int, reports: Sequence[Report]) -> None:
        """This tick's reports, for viewers served now and in the next ticks; call it once a tick."""
        self._reports.append([(tick, report) for report in reports if not report.until_tick])
        lasting = [report for report in reports if report.until_tick]
        self._sky.hear(tick, [report for report in lasting if not report.staff])
        self._staff_sky.hear(tick, [report for report in lasting if report.staff])

    def look(self, tick: int, slots: NDArray[np.int32]) -> NDArray[np.int64]:
        """Refresh the interest sets whose turn it is; returns how many each of them holds."""
        if tick % TICK_RATE_HZ == 0:
            self.parties.clear_out(self._scene.here)
        served = self.interest.refresh(tick, slots, self._scene.crowd())
        sets = self.interest.sets[served]
        self.introductions.review(served, sets)
        return np.asarray(np.count_nonzero(sets, axis=1))

    def prepare(self, tick: int, viewers: Viewers, shed_level: int) -> Delivery:
        """Everything the given viewers get in this tick, each of them present in the scene."""
        slots, detail = viewers.slots, BY_LEVEL[shed_level]
        if not slots.size:
            return Delivery(viewers, FrameRows(b"", [], []), {})
        shown = self._views.shown(tick, slots, detail)
        headers = self._views.headers(tick, slots, shed_level)
        frames = build_frames(headers, shown.records.view(np.uint32), shown.counts, viewers.websocket)
        extras, heard = self._told(tick, viewers, detail)
        for row, entries in self.introductions.due(slots, shown.slots, shown.counts).items():
            extras[row] = viewers.outboxes[row].frame(profiles_payload(entries)) + extras.get(row, b"")
        launched, counted = self._sky.due(tick, slots, self._scene, detail)
        crystals = self.crystals.due(tick, slots, self._scene, detail)
        rehearsed = self._rehearsed(tick, slots, detail)
        for due in (launched, rehearsed, crystals, self._crowd_maps(tick, slots, detail)):
            for row, payloads in due.items():
                extras[row] = extras.get(row, b"") + b"".join(map(viewers.outboxes[row].frame, payloads))
        return Delivery(viewers, frames, extras, len(heard.rows), heard.cut, counted)

    def _told(self, tick: int, viewers: Viewers, detail: Detail) -> tuple[dict[int, bytes], Heard]:
        """What each viewer hears of what was reported since its last frame, by its row, framed."""
        reports = list(chain.from_iterable(self._reports))
        since = np.maximum(self._heard_tick[viewers.slots], tick - detail.ticks_per_frame)
        self._heard_tick[viewers.slots] = tick
        heard = choose_reports(reports, Listeners(viewers.slots, since), self._scene, detail)
        return _spoken(viewers, heard, [report.payload for _, report in reports]), heard

    def _rehearsed(self, tick: int, slots: NDArray[np.int32], detail: Detail) -> dict[int, list[bytes]]:
        """What staff are told of the fireworks of rehearsals, by row: beside what everybody is, and no more often."""
        rows = np.flatnonzero(self._scene.staff(slots))
        if not rows.size:
            return {}
        due, _ = self._staff_sky.due(tick, slots[rows], self._scene, detail)
        return {int(rows[row]): payloads for row, payloads in due.items()}

    def _crowd_maps(self, tick: int, slots: NDArray[np.int32], detail: Detail) -> dict[int, list[bytes]]:
        """Whose turn it is to get the crowd map, by row."""
        if tick - self._crowd_map.tick >= detail.ticks_per_crowd_map:
            self._crowd_map = CrowdMap(self._scene, tick)
        rows = detail.turn(tick, slots, detail.ticks_per_crowd_map)
        payloads = self._crowd_map.payloads_for(slots[rows])
        return {row: [payload] for row, payload in zip(rows.tolist(), payloads, strict=True)}


def _spoken(viewers: Viewers, heard: Heard, payloads: Sequence[bytes]) -> dict[int, bytes]:
    """What each viewer hears, by its row, framed; each mix of reports is put together once for each transport."""
    mixes = heard.together(viewers.websocket)
    ready = [
        b"".join(viewers.outboxes[example].frame(payloads[report]) for report in parts)
        for example, parts in zip(mixes.examples, mixes.parts, strict=True)
    ]
    return dict(zip(mixes.rows, map(ready.__getitem__, mixes.of), strict=True))
