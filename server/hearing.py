"""Who hears what: events in earshot of each viewer, the important and near first, within a cap per frame."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.bus import Report
from server.scene import Scene

# Three a frame, thirty a second: more speech bubbles than anybody can read, and 3 KB/s at the very most.
EVENTS_PER_FRAME_MAX = 3
# Reports looked at per frame. Beyond it, a tick in which thousands speak at once would cost a matrix
# of crowd times crowd; the most important are kept and the rest counted as cut.
REPORTS_MAX = 512


class Heard(NamedTuple):
    """Viewer `rows[i]` hears report `reports[i]`, row by row, the best first; `cut` were kept out by the caps."""

    rows: list[int]
    reports: list[int]
    cut: int


def choose_reports(reports: Sequence[Report], viewers: NDArray[np.int32], scene: Scene) -> Heard:
    """Choose for each viewer among reports that have an audience (not `only` ones)."""
    if not reports or not viewers.size:
        return Heard([], [], 0)
    columns = np.array([(r.zone, r.x, r.z, r.radius_cm, r.importance) for r in reports], np.int64)
    kept = np.argsort(-columns[:, 4], kind="stable")[:REPORTS_MAX]
    zone, x, z, radius, importance = (columns[kept, i, None] for i in range(5))
    dx, dz = scene.x[viewers][None, :] - x, scene.z[viewers][None, :] - z
    squared = dx * dx + dz * dz
    audible = np.where(radius == 0, scene.zone[viewers][None, :] == zone, squared <= radius * radius)
    audible &= scene.here[viewers]
    events, rows = np.nonzero(audible)
    order = np.lexsort((squared[events, rows], -importance[events, 0], rows))
    events, rows = kept[events[order]], rows[order]
    place = np.arange(rows.size) - np.searchsorted(rows, rows)
    chosen = place < EVENTS_PER_FRAME_MAX
    dropped = (len(reports) - kept.size) * viewers.size
    return Heard(rows[chosen].tolist(), events[chosen].tolist(), int(np.count_nonzero(~chosen)) + dropped)
