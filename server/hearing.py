"""Who hears what: events in earshot of each viewer, the important and near first, within a cap per frame."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.bus import Report
from server.detail import Detail
from server.scene import Scene
from world.compiled import B1, I4, I8, NUMBER, U1, U4, YES, compiled, group, numbers
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
    slots = viewers.view(np.uint32)
    who = _Who(slots, listeners.since, scene.here, scene.zone, scene.x, scene.z, scene.layer, scene.flags, FLAG_STAFF)
    chosen = _Chosen(*np.empty((3, viewers.size * detail.events_per_frame), np.int64))
    count, audible = _choose(said, who, detail.events_per_frame, detail.importance_min, chosen)
    cut = int(audible - count) + (fresh.size - kept.size) * viewers.size
    return Heard(chosen.rows[:count], kept[chosen.reports[:count]], cut)


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

    slots: NDArray[np.uint32]
    since: Places
    here: NDArray[np.bool_]
    zone: NDArray[np.uint8]
    x: NDArray[np.int32]
    z: NDArray[np.int32]
    layer: NDArray[np.uint8]
    flags: NDArray[np.uint8]
    staff: int


class _Chosen(NamedTuple):
    """Listener `rows[i]` hears `reports[i]`, from so far away, squared."""

    rows: Places
    reports: Places
    squares: Places


_SAID, _CHOSEN = group(_Said, *[I8] * 8), group(_Chosen, I8, I8, I8)
_WHO = group(_Who, U4, I8, B1, U1, I4, I4, U1, U1, NUMBER)
# Without a sign: an index that has one is looked at for whether it counts from the end.
_ONE = np.uint64(1)


@compiled(YES, NUMBER, NUMBER, NUMBER, NUMBER, borrowing=True)
def _comes_before(importance: int, squared: int, other_importance: int, other_squared: int) -> bool:
    """Whether one matters more than the other, or as much and is nearer."""
    return importance > other_importance or (importance == other_importance and squared < other_squared)


@compiled(numbers(2), _SAID, _WHO, NUMBER, NUMBER, _CHOSEN, borrowing=True)
def _choose(said: _Said, who: _Who, most: int, importance_min: int, chosen: _Chosen) -> tuple[np.int64, int]:
    """For each listener the most important it can hear, among these the nearest, and among equals the first.

    Returns how many are chosen, and how many all of them could have heard.
    """
    zone, x, z, radius, importance, tick, layers, staff = said
    slots, since, here, zones, xs, zs, own_layers, flags, works = who
    rows, reports, squares = chosen
    first, audible = np.uint64(0), 0
    for i in range(slots.size):
        viewer = slots[i]
        if not here[viewer]:
            continue
        own_x, own_z, own_zone, own_layer = xs[viewer], zs[viewer], zones[viewer], own_layers[viewer]
        is_staff, heard, end = flags[viewer] & works != 0, since[i], first
        full = first + np.uint64(most)
        for j in range(zone.size):
            dx, dz = x[j] - own_x, z[j] - own_z
            squared = dx * dx + dz * dz
            near = own_zone == zone[j] if radius[j] == 0 else squared <= radius[j] * radius[j]
            if not near or tick[j] <= heard or (layers[j] >> own_layer) & 1 == 0 or (staff[j] != 0 and not is_staff):
                continue
            audible += 1
            if importance[j] < importance_min:
                continue
            place = end
            while place != first and _comes_before(
                importance[j], squared, importance[np.uint64(reports[place - _ONE])], squares[place - _ONE]
            ):
                if place < full:
                    reports[place], squares[place] = reports[place - _ONE], squares[place - _ONE]
                place -= _ONE
            if place < full:
                reports[place], squares[place] = j, squared
                end = min(end + _ONE, full)
        for taken in range(first, end):
            rows[taken] = i
        first = end
    return np.int64(first), audible
