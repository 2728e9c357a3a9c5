"""The verdict: a good run passes, and each thing that is wrong fails it alone, with a reason that names it."""

import re
from typing import Any

import pytest
from msgspec import structs

from loadtest.report import FrameFigures, Generator, Report, Spread, Traffic, Verdict
from loadtest.scenario import Scenario, load_scenario
from loadtest.verdict import Circumstances, judge
from tests.loadtest.reports import BOOKS, GAPS, INPUTS, SERVER, good

PLAZA = load_scenario("plaza")
STAMPEDE = load_scenario("stampede")
RAIN = load_scenario("crystal_rain")


def verdict(report: Report, scenario: Scenario = PLAZA, **circumstances: Any) -> Verdict:
    return judge(report, scenario, Circumstances(**circumstances))


def test_a_good_run_passes_without_a_word() -> None:
    assert verdict(good()) == Verdict(True, [], [])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"joined": 1999}, "joined: 1999 of 2000"),
        (
            {"disconnected_healthy": 1, "endings": {"4012 oops": 1}},
            r"disconnected_healthy: 1 bots were cut \(1 × 4012 oops",
        ),
        ({"faults": {"too_fast": 3}, "fault_examples": {"too_fast": ["bot 7: jumped"]}}, "fault too_fast: 3 .*bot 7"),
        ({"share_in_zone": 0.5}, "never gathered: 50% .* crystal_plaza"),
        ({"frames": FrameFigures(9.79, 9.5, GAPS)}, r"mean_hz: 9\.79, at least 9\.8"),
        ({"frames": FrameFigures(9.9, 8.9, GAPS)}, r"p01_hz: 8\.9, at least 9 "),
        ({"frames": FrameFigures(9.9, 9.5, Spread(100, 201, 900))}, "gap_p99_ms: 201, at most 200"),
        ({"input_ms": Spread(100, 251, 900)}, "input_p99_ms: 251, at most 250"),
        ({"bytes_per_client_s": Traffic(6145, 30)}, "down_bytes_s: 6145, at most 6144"),
        ({"server": structs.replace(SERVER, cpu_us_per_frame=20.1)}, r"cpu_us_per_frame: 20\.1, at most 20"),
        ({"server": structs.replace(SERVER, rss_kb_per_client=60.5)}, r"rss_kb_per_client: 60\.5, at most 60"),
        ({"frames": FrameFigures(None, 9.5, GAPS)}, "mean_hz: could not be measured"),
        ({"input_ms": Spread()}, "input_p99_ms: could not be measured"),
        ({"server": structs.replace(SERVER, rss_kb_per_client=None)}, "rss_kb_per_client: could not be measured"),
        ({"generator": Generator(86.0, Spread(1, 2, 3))}, "generator saturated: 86 % CPU.*not trustworthy"),
        ({"generator": Generator(40.0, Spread(1, 51, 99))}, "generator saturated: .*p99 51 ms.*not trustworthy"),
    ],
)
def test_each_thing_that_is_wrong_fails_a_run_alone(changes: dict[str, Any], reason: str) -> None:
    found = verdict(good(**changes))
    assert not found.passed
    assert len(found.failures) == 1
    assert re.search(reason, found.failures[0])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"audit": structs.replace(BOOKS, lost=1)}, "audit: 4200 confirmed, 4200 stored, 1 lost"),
        ({"audit": structs.replace(BOOKS, doubled=1)}, "audit: .*1 doubled"),
        ({"audit": structs.replace(BOOKS, stored=4199)}, "audit: 4200 confirmed, 4199 stored"),
        ({"audit": structs.replace(BOOKS, balanced=False)}, "audit: .*the books do not balance"),
        (
            {"audit": structs.replace(BOOKS, lost=1, first="receipt 1.0.pick.7", evidence="/there")},
            "pick.7; see /there",
        ),
        ({"settle_ms": Spread(100, 500.5, 900)}, r"settle_p99_ms: 500\.5, at most 500"),
        ({"settle_ms": Spread()}, "settle_p99_ms: could not be measured"),
        ({"gap_p99_of_calm": 1.26}, r"gap_p99_of_calm: 1\.26, at most 1\.25"),
        ({"gap_p99_of_calm": None}, "gap_p99_of_calm: could not be measured"),
    ],
)
def test_a_rain_fails_by_its_books_its_answers_and_its_frames(changes: dict[str, Any], reason: str) -> None:
    assert verdict(good(), RAIN).passed
    found = verdict(good(**changes), RAIN)
    assert len(found.failures) == 1
    assert re.search(reason, found.failures[0])


def test_books_that_nobody_could_look_into_are_not_judged_and_that_is_said() -> None:
    found = verdict(good(audit=None), RAIN)
    assert found.passed
    assert found.unchecked == ["audit: the books of the server are unknown (--store)"]
    assert verdict(good(audit=None, confirmed={})).unchecked == []


def test_what_players_heard_of_too_late_is_no_fault() -> None:
    assert verdict(good(audit=structs.replace(BOOKS, unheard=3)), RAIN).passed


def test_everything_that_is_wrong_is_told() -> None:
    found = verdict(good(joined=1, frames=FrameFigures(1, 1, GAPS), input_ms=Spread(1, 999, 999)))
    assert len(found.failures) == 4


def test_what_players_feel_is_told_apart_from_what_they_cost_and_from_what_nobody_can_trust() -> None:
    dear = verdict(good(server=structs.replace(SERVER, cpu_us_per_frame=20.1, rss_kb_per_client=60.5)))
    assert (dear.ill, dear.untrusted, len(dear.price)) == ([], [], 2)
    rough = verdict(good(frames=FrameFigures(9.9, 9.5, Spread(100, 201, 900)), bytes_per_client_s=Traffic(6145, 30)))
    assert [line.partition(":")[0] for line in rough.ill] == ["gap_p99_ms"]
    assert [line.partition(":")[0] for line in rough.price] == ["down_bytes_s"]
    late = verdict(good(generator=Generator(86.0, Spread(1, 2, 3))))
    assert (late.ill, late.price, late.failures) == ([], [], late.untrusted)


def test_figures_at_the_limit_pass() -> None:
    at_the_limit = good(
        frames=FrameFigures(9.8, 9.0, Spread(100, 200, 300)),
        input_ms=Spread(100, 250, 300),
        bytes_per_client_s=Traffic(6144, 36),
        server=structs.replace(SERVER, cpu_us_per_frame=20.0, rss_kb_per_client=60.0),
    )
    assert verdict(at_the_limit).passed


def test_a_run_that_was_interrupted_fails_however_good_it_was() -> None:
    assert verdict(good(), interrupted=True).failures == ["interrupted: the figures are of a part of the run only"]


def test_trouble_comes_first() -> None:
    assert verdict(good(joined=0), trouble=("the server ended",)).failures[0] == "the server ended"


def test_a_server_without_figures_is_not_judged_by_them_and_that_is_said() -> None:
    found = verdict(good(server=None))
    assert found.passed
    assert [line.partition(":")[0] for line in found.unchecked] == ["cpu_us_per_frame", "rss_kb_per_client"]


def test_cpu_per_frame_is_not_asked_of_a_handful() -> None:
    few = good(bots=50, joined=50, server=structs.replace(SERVER, cpu_us_per_frame=90.0))
    found = verdict(few)
    assert found.passed
    assert found.unchecked == ["cpu_us_per_frame: means little below 500 bots"]


def test_a_stampede_has_to_be_in_within_its_time() -> None:
    assert verdict(good(all_joined_s=15.0), STAMPEDE).passed
    assert verdict(good(all_joined_s=15.1), STAMPEDE).failures == ["all_joined_s: 15.1, at most 15 is wanted"]
    assert verdict(good(all_joined_s=None), STAMPEDE).failures == ["all_joined_s: could not be measured"]


def test_inputs_are_judged_by_the_slow_hundredth_not_the_worst() -> None:
    assert verdict(good(input_ms=Spread(INPUTS.p50, INPUTS.p99, 5000.0))).passed


def test_what_saturates_a_generator_is_the_scenarios_to_say() -> None:
    patient = structs.replace(PLAZA, limits=structs.replace(PLAZA.limits, generator_lag_p99_ms_max=100.0))
    late = good(generator=Generator(40.0, Spread(1, 90, 99)))
    assert verdict(late, patient).passed
    assert not verdict(late).passed
