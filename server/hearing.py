"""Who hears what: events in earshot of each viewer, the important and near first, within a cap per frame."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.bus import Report
from server.detail import WHOLE, Detail
from server.scene import Scene

EVENTS_PER_FRAME_MAX = WHOLE.events_per_frame
# Reports looked at per frame. Beyond it, a tick in which thousands speak at once would cost a matrix
# of crowd times crowd; the most important are kept and the rest counted as cut.
REPORTS_MAX = 512


class Listeners(NamedTuple):
    """Who listens: their slots, and the tick up to which each has heard everything already."""

    slots: NDArray[np.int32]
    since: NDArray[np.int64]


class Heard(NamedTuple):
    """Viewer `rows[i]` hears report `reports[i]`, row by row, the best first; `cut` were kept out by the caps."""

    rows: NDArray[np.int64]
    reports: NDArray[np.int64]
    cut: int

    def together(self, kinds: NDArray[Any]) -> "Mixes":
        """Those who hear the same and are of the same kind (viewers,), a small number, taken together."""
        starts = np.flatnonzero(np.diff(self.rows, prepend=-1))
        listener = np.repeat(np.arange(starts.size), np.diff(starts, append=self.rows.size))
        listeners = self.rows[starts]
        heard = np.zeros((EVENTS_PER_FRAME_MAX, starts.size), np.int64)
        heard[np.arange(self.rows.size) - starts[listener], listener] = self.reports + 1
        # One number for each mix: three digits to a base of reports.
        base = int(self.reports.max(initial=0)) + 2
        code = kinds[listeners].astype(np.int64)
        for digit in heard:
            code = code * base + digit
        _, first, mix = np.unique(code, return_index=True, return_inverse=True)
        parts = [[report - 1 for report in each if report] for each in heard[:, first].T.tolist()]
        return Mixes(listeners.tolist(), mix.tolist(), listeners[first].tolist(), parts)


class Mixes(NamedTuple):
    """Listener `rows[i]` hears `parts[of[i]]`, which are reports in order; `examples` has one listener of each mix.

    People who stand together hear the same, so there are few mixes.
    """

    rows: list[int]
    of: list[int]
    examples: list[int]
    parts: list[list[int]]


_NOTHING = np.zeros(0, np.int64)
# What a step of importance counts for beside a squared distance: more than any in a city. A float holds both exactly.
_STEP = 2.0**40


def choose_reports(reports: Sequence[tuple[int, Report]], listeners: Listeners, scene: Scene, detail: Detail) -> Heard:
    """Choose for each listener among reports that have an audience (not `only` ones), each with its tick."""
    viewers = listeners.slots
    if not reports or not viewers.size:
        return Heard(_NOTHING, _NOTHING, 0)
    rows = [(r.zone, r.x, r.z, r.radius_cm, r.importance, tick, r.layer, r.staff) for tick, r in reports]
    columns = np.array(rows, np.int64)
    kept = np.argsort(-columns[:, 4], kind="stable")[:REPORTS_MAX]
    zone, x, z, radius, importance, ticks, layer, staff = columns[kept].T
    squared = _squared_offsets(scene.x[viewers], x) + _squared_offsets(scene.z[viewers], z)
    audible = np.where(radius == 0, scene.zone[viewers, None] == zone, squared <= radius * radius)
    audible &= scene.here[viewers, None] & (ticks > listeners.since[:, None])
    if scene.layered:
        audible &= (scene.heard_in(zone, layer) >> scene.layer[viewers, None]) & 1 != 0
    if staff.any():
        audible &= scene.staff(viewers)[:, None] | (staff == 0)
    squared -= importance * _STEP
    squared[~audible | (importance < detail.importance_min)] = np.inf
    who, chosen = _least(squared, detail.events_per_frame)
    dropped = (len(reports) - kept.size) * viewers.size
    return Heard(who, kept[chosen], int(np.count_nonzero(audible)) - who.size + dropped)


def _squared_offsets(ours: NDArray[np.int32], theirs: NDArray[np.int64]) -> NDArray[np.float64]:
    """(viewers, reports), exactly; floats, because whole numbers of that size take twice as long to multiply."""
    offsets = ours[:, None] - theirs.astype(np.float64)
    return np.multiply(offsets, offsets, out=offsets)


def _least(rank: NDArray[np.float64], most: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The `most` least finite ones of each row in order, as rows and columns; what is chosen becomes infinite."""
    every = np.arange(len(rank))
    places = np.empty((len(rank), min(most, rank.shape[1])), np.int64)
    finite = np.empty(places.shape, np.bool_)
    # Three rounds over everything take a fifth of the time of sorting it.
    for turn in range(places.shape[1]):
        places[:, turn] = least = rank.argmin(axis=1)
        finite[:, turn] = rank[every, least] < np.inf
        rank[every, least] = np.inf
    return np.nonzero(finite)[0], places[finite]
