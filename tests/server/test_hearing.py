"""Who hears what: in earshot, the important first and then the near, within caps, and what is cut is counted."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from server.bus import Report
from server.detail import BY_LEVEL, WHOLE, Detail
from server.hearing import REPORTS_MAX, Heard, Listeners, choose_reports
from server.scene import Scene
from tests.fakes import Body, field, scene_of, snapshot
from world.event import ALL_LAYERS
from world.state import FLAG_STAFF


def near(x: int, radius_cm: int = 1000, importance: int = 0, z: int = 0) -> Report:
    return Report(0, 99, x, z, radius_cm, importance, b"")


def hear(reports: list[Report], bodies: list[Body], detail: Detail = WHOLE) -> Heard:
    return hear_in(scene_of(bodies), reports, [body.slot for body in bodies], detail)


def hear_in(scene: Scene, reports: list[Report], slots: list[int], detail: Detail = WHOLE) -> Heard:
    """What is heard in tick 1 of what was said in it."""
    listeners = Listeners(np.array(slots, np.int32), np.zeros(len(slots), np.int64))
    return choose_reports([(1, report) for report in reports], listeners, scene, detail)


def by_row(heard: Heard) -> dict[int, list[int]]:
    """Whom each viewer hears, in order; viewers who hear nothing are left out."""
    said: dict[int, list[int]] = {}
    for row, report in zip(heard.rows.tolist(), heard.reports.tolist(), strict=True):
        said.setdefault(row, []).append(report)
    return said


reports = st.lists(
    st.builds(near, st.integers(0, 5000), st.integers(1, 4000), st.integers(0, 2), st.integers(0, 5000)), max_size=12
)
bodies = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 5000)), min_size=1, max_size=12)


@given(reports=reports, places=bodies)
@settings(max_examples=100)
def test_each_viewer_hears_the_best_three_in_earshot(reports: list[Report], places: list[tuple[int, int]]) -> None:
    listeners = [Body(slot, x, z) for slot, (x, z) in enumerate(places, 1)]
    heard = hear(reports, listeners)
    in_earshot = 0
    for row, body in enumerate(listeners):
        squared = [(r.x - body.x) ** 2 + (r.z - body.z) ** 2 for r in reports]
        audible = [i for i, r in enumerate(reports) if squared[i] <= r.radius_cm**2]
        in_earshot += len(audible)
        ranks = sorted((-reports[i].importance, squared[i]) for i in audible)[: WHOLE.events_per_frame]
        assert [(-reports[i].importance, squared[i]) for i in by_row(heard).get(row, [])] == ranks
    assert len(heard.rows) + heard.cut == in_earshot


def test_importance_comes_before_distance_and_distance_before_order() -> None:
    said = [near(900), near(100), near(800, importance=2), near(50), near(700, importance=1)]
    assert by_row(hear(said, [Body(1)])) == {0: [2, 4, 3]}


def test_the_edge_of_earshot_is_in_earshot() -> None:
    assert by_row(hear([near(1000), near(1001)], [Body(1)])) == {0: [0]}


def test_what_is_told_to_a_zone_is_heard_anywhere_in_it_and_nowhere_else() -> None:
    scene = Scene([field(0), field(1)])
    side = field().rect.width
    scene.merge([snapshot([Body(1, 0), Body(2, side - 1)]), snapshot([Body(3, side)], number=1)])
    said = [Report(0, 0, 0, 0, 0, 0, b""), Report(1, 0, 0, 0, 0, 0, b"")]
    assert by_row(hear_in(scene, said, [1, 2, 3])) == {0: [0], 1: [0], 2: [1]}


def test_what_is_said_in_a_layer_is_heard_in_it_and_what_is_told_to_all_in_all() -> None:
    said = [near(0)._replace(layer=layer) for layer in (0, 1, ALL_LAYERS)]
    listeners = [Body(1), Body(2, layer=1), Body(3, layer=2)]
    assert by_row(hear(said, listeners)) == {0: [0, 2], 1: [1, 2], 2: [2]}


def test_across_a_border_people_hear_those_whom_they_see() -> None:
    scene, side = Scene([field(0), field(1)]), field().rect.width
    scene.merge([snapshot([Body(1, side - 100, layer=1)]), snapshot([Body(2, side + 100)], number=1)])
    said = [near(side + 100)._replace(zone=1, layer=0), near(side - 100)._replace(layer=1)]
    assert by_row(hear_in(scene, said, [1, 2])) == {0: [1, 0], 1: [0]}


def test_a_viewer_who_is_not_in_the_city_hears_nothing() -> None:
    scene = scene_of([Body(1)])
    assert by_row(hear_in(scene, [near(0)], [1, 2])) == {0: [0]}


def test_of_a_flood_of_reports_the_most_important_are_looked_at_and_the_rest_is_counted_for_every_viewer() -> None:
    flood = [near(0) for _ in range(REPORTS_MAX + 40)] + [near(500, importance=2)]
    heard = hear(flood, [Body(1), Body(2)])
    assert by_row(heard)[0][0] == by_row(heard)[1][0] == len(flood) - 1
    assert len(heard.rows) == 2 * WHOLE.events_per_frame
    assert len(heard.rows) + heard.cut == 2 * len(flood)


def test_a_city_apart_does_not_wrap_round_to_near() -> None:
    far = Body(1, 39_000, 39_000)
    assert by_row(hear([near(-3_000_000, 4000, z=-3_000_000)], [far])) == {}


def test_what_a_listener_has_heard_already_is_not_heard_again() -> None:
    said = [(tick, near(0)) for tick in (1, 2, 3)]
    listeners = Listeners(np.array([1, 2], np.int32), np.array([1, 3], np.int64))
    heard = choose_reports(said, listeners, scene_of([Body(1), Body(2)]), WHOLE)
    assert (by_row(heard), heard.cut) == ({0: [1, 2]}, 0)


def test_under_pressure_fewer_are_heard_and_nothing_that_is_merely_pretty() -> None:
    said = [near(0, importance=importance) for importance in (0, 1, 2)]
    heard = hear(said, [Body(1)], BY_LEVEL[3])
    assert (by_row(heard), heard.cut) == ({0: [2]}, 2)
    pretty = hear(said[:1], [Body(1)], BY_LEVEL[3])
    assert (by_row(pretty), pretty.cut) == ({}, 1)


def test_without_reports_or_listeners_nothing_is_heard() -> None:
    for nothing in (hear([], [Body(1)]), hear_in(scene_of([]), [near(0)], [])):
        assert by_row(nothing) == {}
        assert nothing.cut == 0


def test_what_is_for_staff_is_heard_by_staff_and_nobody_else_and_takes_no_place_from_others() -> None:
    bodies = [Body(1, flags=FLAG_STAFF), Body(2)]
    said = [near(10)._replace(staff=True), near(20), near(30), near(40)]
    heard = hear(said, bodies)
    assert by_row(heard) == {0: [0, 1, 2], 1: [1, 2, 3]}
    assert heard.cut == 1
    zone = Report(0, 0, 0, 0, 0, 2, b"", staff=True)
    assert by_row(hear([zone], bodies)) == {0: [0]}
