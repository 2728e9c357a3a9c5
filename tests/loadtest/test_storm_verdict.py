"""The verdict of a storm: what everybody is owed in any, and what its own limits ask for."""

import re
from typing import Any

import pytest
from msgspec import structs

from loadtest.report import FrameFigures, QueueFigures, Report, ReturnFigures, Spread, Verdict
from loadtest.scenario import Scenario, load_scenario
from loadtest.verdict import Circumstances, judge
from tests.loadtest.reports import GAPS, SERVER, good

HERD, OVERLOAD, STAMPEDE = map(load_scenario, ("reconnect_herd", "overload", "stampede"))
BACK = ReturnFigures(3000, 3000, 3000, Spread(3.0, 7.0, 8.0))
LINE = QueueFigures(3000, 0, Spread(30.0, 60.0, 65.0), 40_000, 0.93, 10, 0)


def verdict(report: Report, scenario: Scenario, **circumstances: Any) -> Verdict:
    return judge(report, scenario, Circumstances(**circumstances))


def herd(**changes: Any) -> Report:
    return structs.replace(good(bots=3000, joined=3000, returns=BACK, rss_of_calm=1.1), **changes)


def overloaded(**changes: Any) -> Report:
    server = structs.replace(SERVER, shed_level_max=2, ticks_ahead_max=1.5)
    return structs.replace(good(server=server, rss_of_calm=1.2, recovery_s=4.0, gap_p99_of_calm=1.9), **changes)


def rushed(**changes: Any) -> Report:
    return structs.replace(good(bots=6000, joined=6000, queue=LINE, all_joined_s=70.0), **changes)


def test_good_storms_pass() -> None:
    for report, scenario in ((herd(), HERD), (overloaded(), OVERLOAD)):
        assert verdict(report, scenario) == Verdict(True, [], [])
    assert verdict(rushed(), STAMPEDE).failures == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"returns": structs.replace(BACK, back=2999)}, "returns: 2999 of 3000 bots that were cut came back"),
        ({"returns": structs.replace(BACK, own_body=2990)}, "returns: 2990 of 3000 .* their own body"),
        ({"returns": structs.replace(BACK, back_s=Spread(3, 9, 15.1))}, "back_s: 15.1, at most 15"),
        ({"returns": None}, "back_s: could not be measured"),
        ({"rss_of_calm": 1.51}, "rss_of_calm: 1.51, at most 1.5"),
        ({"gap_p99_of_calm": 1.6}, "gap_p99_of_calm: 1.6, at most 1.5"),
        ({"server": structs.replace(SERVER, ticks_ahead_max=5.1)}, "the tick caught up: 5.1 ticks"),
        ({"server": structs.replace(SERVER, ticks_skipped=21)}, "ticks_skipped: 21, at most 20"),
    ],
)
def test_a_herd_that_does_not_come_home_fails(changes: dict[str, Any], reason: str) -> None:
    (failure,) = verdict(herd(**changes), HERD).failures
    assert re.search(reason, failure)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"server": structs.replace(SERVER, shed_level_max=0)}, "shed_level: 0, at least 1"),
        ({"shed_level_calm": 1}, "the calm was none: the shed level was 1 in it"),
        ({"recovery_s": 10.5}, "recovery_s: 10.5, at most 10"),
        ({"recovery_s": None}, "recovery_s: could not be measured"),
        ({"gap_p99_of_calm": 2.1}, "gap_p99_of_calm: 2.1, at most 2"),
    ],
)
def test_an_overload_that_is_not_noticed_or_not_forgotten_fails(changes: dict[str, Any], reason: str) -> None:
    (failure,) = verdict(overloaded(**changes), OVERLOAD).failures
    assert re.search(reason, failure)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"still_waiting": 2}, "queue: 2 of 3000 still waited"),
        ({"refused_silently": 1}, "queue: 1 were refused without being told"),
        ({"estimates_within_2x": 0.89}, "estimates_within_2x: 0.89, at least 0.9"),
        ({"estimates_within_2x": None}, "estimates_within_2x: could not be measured"),
    ],
)
def test_a_queue_that_forgets_or_misleads_people_fails(changes: dict[str, Any], reason: str) -> None:
    (failure,) = verdict(rushed(queue=structs.replace(LINE, **changes)), STAMPEDE).failures
    assert re.search(reason, failure)


def test_how_soon_all_are_in_is_asked_where_all_fit_and_estimates_where_not() -> None:
    assert verdict(rushed(), STAMPEDE) == Verdict(True, [], [])
    assert verdict(good(all_joined_s=16.0), STAMPEDE).failures == ["all_joined_s: 16, at most 15 is wanted"]
    slow = rushed(frames=FrameFigures(5.0, 3.9, GAPS))
    assert verdict(slow, STAMPEDE).failures == ["p01_hz: 3.9, at least 4 is wanted"]


def test_settings_that_a_foreign_server_may_not_have_are_told() -> None:
    found = verdict(rushed(), STAMPEDE, foreign=True)
    assert found.unchecked == ["settings: game.players_max are for a server of our own"]


def test_a_server_that_shows_nothing_is_not_judged_by_it() -> None:
    found = verdict(overloaded(server=None, rss_of_calm=None, recovery_s=None), OVERLOAD)
    assert found.passed
    assert len(found.unchecked) == 4
