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


def choose_reports(reports: Sequence[tuple[int, Report]], listeners: Listeners, scene: Scene, detail: Detail) -> Heard:
    """Choose for each listener among reports that have an audience (not `only` ones), each with its tick."""
    viewers = listeners.slots
    if not reports or not viewers.size:
        return Heard(_NOTHING, _NOTHING, 0)
    columns = np.array([(r.zone, r.x, r.z, r.radius_cm, r.importance, tick, r.layer) for tick, r in reports], np.int64)
    kept = np.argsort(-columns[:, 4], kind="stable")[:REPORTS_MAX]
    zone, x, z, radius, importance, ticks, layer = (columns[kept, i, None] for i in range(7))
    dx, dz = scene.x[viewers][None, :] - x, scene.z[viewers][None, :] - z
    squared = dx * dx + dz * dz
    audible = np.where(radius == 0, scene.zone[viewers][None, :] == zone, squared <= radius * radius)
    audible &= scene.here[viewers] & (ticks > listeners.since)
    if scene.layered:
        audible &= (scene.heard_in(zone, layer) >> scene.layer[viewers]) & 1 != 0
    events, rows = np.nonzero(audible)
    order = np.lexsort((squared[events, rows], -importance[events, 0], rows))
    events, rows = kept[events[order]], rows[order]
    place = np.arange(rows.size) - np.searchsorted(rows, rows)
    chosen = (place < detail.events_per_frame) & (columns[events, 4] >= detail.importance_min)
    dropped = (len(reports) - kept.size) * viewers.size
    return Heard(rows[chosen], events[chosen], int(np.count_nonzero(~chosen)) + dropped)
