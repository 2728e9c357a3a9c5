"""Who sees and hears what, in how many bytes: from the merged scene to each viewer's ready bytes.

Every viewer gets a frame on every second tick (every third or fourth when detail is shed): those in even
slots on even ticks, the others on odd ones, so that sends are spread. Beside the frame go the profiles of
people who have come near for the first time, the events in earshot since the last frame, fireworks, and now
and then the crystals near it and the crowd map: all in one write.
"""

from collections import deque
from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from protocol.frames import begin_frames, finish_frames
from protocol.limits import FRAME_NEAREST
from server.bus import Report, Snapshot
from server.crowdmap import CrowdMap
from server.crystal_sight import CrystalSight
from server.delivery import Delivery, Viewers
from server.detail import BY_LEVEL, SLOWEST_TICKS_PER_FRAME, Detail
from server.entities import SLOTS
from server.extras import Extras, lay_out
from server.hearing import Heard, Listeners, choose_reports
from server.introductions import Introductions
from server.parties import Parties
from server.scene import Scene
from server.sky import SkyWatch
from server.views import Views
from server.wires import Pieces
from world.config import TICK_RATE_HZ
from world.interest import Interest, Sight

# Room in a frame's row for what goes behind it: for nearly all that anybody gets with one frame. The rest is sent from
# where it lies.
BEHIND_BYTES = 512


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

    def look(self, tick: int, slots: NDArray[np.int32], shed_level: int) -> NDArray[np.int32]:
        """Refresh the interest sets whose turn it is; returns how many each of them holds."""
        if tick % TICK_RATE_HZ == 0:
            self.parties.clear_out(self._scene.here)
        served = self.interest.refresh(tick, slots, self._scene.crowd(), BY_LEVEL[shed_level].patience)
        return self.introductions.review(served, self.interest.sets)

    def prepare(self, tick: int, viewers: Viewers, shed_level: int) -> Delivery:
        """Everything the given viewers get in this tick, each of them present in the scene."""
        slots, detail = viewers.slots, BY_LEVEL[shed_level]
        if not slots.size:
            return Delivery(viewers)
        table = begin_frames(slots.size, FRAME_NEAREST + detail.far_records, BEHIND_BYTES)
        self._views.head(tick, slots, shed_level, table)
        shown = self._views.show(tick, slots, detail, table)
        edges = finish_frames(table, shown, viewers.websocket)
        extras = Extras()
        self.introductions.tell(slots, self.interest.sets, extras)
        heard = self._told(tick, slots, detail, extras)
        counted = self._sky.tell(tick, slots, self._scene, detail, extras)
        self._rehearse(tick, slots, detail, extras)
        self.crystals.tell(tick, slots, self._scene, detail, extras)
        self._map(tick, slots, detail, extras)
        pieces = Pieces(table.rows, *edges, *lay_out(viewers.websocket, extras))
        return Delivery(viewers, pieces, len(heard.rows), heard.cut, counted)

    def _told(self, tick: int, slots: NDArray[np.int32], detail: Detail, extras: Extras) -> Heard:
        """What each viewer hears of what was reported since its last frame."""
        # Whoever was served so many ticks ago has heard what was reported until then, and nobody hears what is older.
        reports = list(chain.from_iterable(list(self._reports)[-detail.ticks_per_frame :]))
        since = np.maximum(self._heard_tick[slots], tick - detail.ticks_per_frame)
        self._heard_tick[slots] = tick
        heard = choose_reports(reports, Listeners(slots, since), self._scene, detail)
        extras.share(heard.rows, heard.reports, [report.payload for _, report in reports])
        return heard

    def _rehearse(self, tick: int, slots: NDArray[np.int32], detail: Detail, extras: Extras) -> None:
        """What staff are told of the fireworks of rehearsals: beside what everybody is, and no more often."""
        rows = np.flatnonzero(self._scene.staff(slots))
        if rows.size:
            theirs = Extras()
            self._staff_sky.tell(tick, slots[rows], self._scene, detail, theirs)
            extras.forward(theirs, rows)

    def _map(self, tick: int, slots: NDArray[np.int32], detail: Detail, extras: Extras) -> None:
        """The crowd map, for those whose turn it is."""
        if tick - self._crowd_map.tick >= detail.ticks_per_crowd_map:
            self._crowd_map = CrowdMap(self._scene, tick)
        rows = detail.turn(tick, slots, detail.ticks_per_crowd_map)
        extras.add(rows, self._crowd_map.payloads_for(slots[rows]))
