"""Who hears what: events in earshot of each viewer, the important and near first, within a cap per frame."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.bus import Report
from server.detail import Detail
from server.scene import Scene
from world.compiled import B1, I4, I8, NUMBER, U1, YES, compiled, group
from world.state import FLAG_STAFF

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
_EVERY_LAYER = 0xFFFF


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
    who = _Who(viewers, listeners.since, scene.here, scene.zone, scene.x, scene.z, scene.layer, scene.flags, FLAG_STAFF)
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
    """Listeners, up to which tick each has heard everything; and by slot where everybody is, if at all, and whether
    they have the flag of `staff`."""

    slots: NDArray[np.int32]
    since: Places
    here: NDArray[np.bool_]
    zone: NDArray[np.uint8]
    x: NDArray[np.int32]
    z: NDArray[np.int32]
    layer: NDArray[np.uint8]
    flags: NDArray[np.uint8]
    staff: int


class _Chosen(NamedTuple):
    """Listener `rows[i]` hears `reports[i]`; `audible` is how many all of them could have heard."""

    rows: Places
    reports: Places
    audible: int


_SAID, _CHOSEN = group(_Said, *[I8] * 8), group(_Chosen, I8, I8, NUMBER)
_WHO = group(_Who, I4, I8, B1, U1, I4, I4, U1, U1, NUMBER)


@compiled(YES, NUMBER, NUMBER, NUMBER, NUMBER)
def _comes_before(importance: int, squared: int, other_importance: int, other_squared: int) -> bool:
    """Whether one matters more than the other, or as much and is nearer."""
    return importance > other_importance or (importance == other_importance and squared < other_squared)


@compiled(_CHOSEN, _SAID, _WHO, NUMBER, NUMBER)
def _choose(said: _Said, who: _Who, most: int, importance_min: int) -> _Chosen:
    """For each listener the most important it can hear, among these the nearest, and among equals the first."""
    zone, x, z, radius, importance, tick, layers, staff = said
    slots, since, here, zones, xs, zs, own_layers, flags, works = who
    rows, reports = np.empty(slots.size * most, np.int64), np.empty(slots.size * most, np.int64)
    squares = np.empty(most, np.int64)
    total, audible = 0, 0
    for i in range(slots.size):
        viewer, count = slots[i], 0
        if not here[viewer]:
            continue
        own_x, own_z, own_zone, own_layer = xs[viewer], zs[viewer], zones[viewer], own_layers[viewer]
        is_staff = flags[viewer] & works != 0
        for j in range(zone.size):
            if tick[j] <= since[i]:
                continue
            dx, dz = x[j] - own_x, z[j] - own_z
            squared = dx * dx + dz * dz
            near = own_zone == zone[j] if radius[j] == 0 else squared <= radius[j] * radius[j]
            if not near or (layers[j] >> own_layer) & 1 == 0 or (staff[j] != 0 and not is_staff):
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
