"""Who hears what: events in earshot of each viewer, the important and near first, within a cap per frame."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.bus import Report
from server.detail import Detail
from server.scene import Scene
from world.compiled import I8, NUMBER, YES, compiled, group

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


Places = NDArray[np.int64]
_NOTHING: Places = np.zeros(0, np.int64)
_EVERY_LAYER, _NOWHERE = 0xFFFF, -1


def choose_reports(reports: Sequence[tuple[int, Report]], listeners: Listeners, scene: Scene, detail: Detail) -> Heard:
    """Choose for each listener among reports that have an audience (not `only` ones), each with its tick."""
    viewers = listeners.slots
    if not reports or not viewers.size:
        return Heard(_NOTHING, _NOTHING, 0)
    rows = [(r.zone, r.x, r.z, r.radius_cm, r.importance, tick, r.layer, r.staff) for tick, r in reports]
    columns = np.array(rows, np.int64)
    # Viewers have their turns together: what none of them has still to hear is not weighed by each.
    fresh = np.flatnonzero(columns[:, 5] > listeners.since.min())
    kept = fresh[np.argsort(-columns[fresh, 4], kind="stable")[:REPORTS_MAX]]
    zone, x, z, radius, importance, ticks, layer, staff = np.ascontiguousarray(columns[kept].T)
    layers = scene.heard_in(zone, layer) if scene.layered else np.full(kept.size, _EVERY_LAYER)
    said = _Said(zone, x, z, radius, importance, ticks, layers.astype(np.int64), staff)
    who = _Who(
        np.where(scene.here[viewers], scene.zone[viewers].astype(np.int64), _NOWHERE),
        scene.x[viewers].astype(np.int64),
        scene.z[viewers].astype(np.int64),
        listeners.since,
        scene.layer[viewers].astype(np.int64),
        scene.staff(viewers).astype(np.int64),
    )
    chosen = _choose(said, who, detail.events_per_frame, detail.importance_min)
    cut = chosen.audible - chosen.rows.size + (fresh.size - kept.size) * viewers.size
    return Heard(chosen.rows, kept[chosen.reports], cut)


class _Said(NamedTuple):
    """Reports as columns; `layers` are those in which each is heard, as bits."""

    zone: Places
    x: Places
    z: Places
    radius: Places
    importance: Places
    tick: Places
    layers: Places
    staff: Places


class _Who(NamedTuple):
    """Listeners as columns; whoever is not in the city is in no zone."""

    zone: Places
    x: Places
    z: Places
    since: Places
    layer: Places
    staff: Places


class _Chosen(NamedTuple):
    """Listener `rows[i]` hears `reports[i]`; `audible` is how many all of them could have heard."""

    rows: Places
    reports: Places
    audible: int


_SAID, _WHO, _CHOSEN = group(_Said, *[I8] * 8), group(_Who, *[I8] * 6), group(_Chosen, I8, I8, NUMBER)


@compiled(YES, NUMBER, NUMBER, NUMBER, NUMBER)
def _comes_before(importance: int, squared: int, other_importance: int, other_squared: int) -> bool:
    """Whether one matters more than the other, or as much and is nearer."""
    return importance > other_importance or (importance == other_importance and squared < other_squared)


@compiled(_CHOSEN, _SAID, _WHO, NUMBER, NUMBER)
def _choose(said: _Said, who: _Who, most: int, importance_min: int) -> _Chosen:
    """For each listener the most important it can hear, among these the nearest, and among equals the first."""
    zone, x, z, radius, importance, tick, layers, staff = said
    own_zone, own_x, own_z, since, layer, works = who
    rows, reports = np.empty(own_zone.size * most, np.int64), np.empty(own_zone.size * most, np.int64)
    squares = np.empty(most, np.int64)
    total, audible = 0, 0
    for i in range(own_zone.size):
        count = 0
        for j in range(zone.size):
            if tick[j] <= since[i]:
                continue
            dx, dz = x[j] - own_x[i], z[j] - own_z[i]
            squared = dx * dx + dz * dz
            near = own_zone[i] == zone[j] if radius[j] == 0 else squared <= radius[j] * radius[j]
            meant = (layers[j] >> layer[i]) & 1 != 0 and (staff[j] == 0 or works[i] != 0)
            if not (near and meant and own_zone[i] >= 0):
                continue
            audible += 1
            if importance[j] < importance_min:
                continue
            place = count
            while place and _comes_before(
                importance[j], squared, importance[reports[total + place - 1]], squares[place - 1]
            ):
                if place < most:
                    reports[total + place], squares[place] = reports[total + place - 1], squares[place - 1]
                place -= 1
            if place < most:
                reports[total + place], squares[place] = j, squared
                count = min(count + 1, most)
        rows[total : total + count] = i
        total += count
    return _Chosen(rows[:total].copy(), reports[:total].copy(), audible)
