"""Small load tests of the real server, over real sockets, in two processes: what has to be true on any machine.

How fast it is, is for a quiet machine to say (loadtest/scenarios). Here everybody has to get in, nobody may be cut, no
bot may find a single fault, and what bots were told they own has to be in the books.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

STROLL = """
about = "A small crowd walks through the whole city."
bots = 60
seconds = 4
zone = "crystal_plaza"
[behaviours]
stroll = 0.6
gather = 0.3
lounge = 0.1
[habits]
wave = 2
say = 4
"""

RAIN = """
about = "A small crowd hunts crystals, and some of it lights fireworks."
bots = 60
seconds = 6
zone = "crystal_plaza"
[behaviours]
hunt = 0.7
light = 0.3
[event]
name = "crystal_rain"
calm_s = 1
[firework]
kind = "sparkler"
colours = ["gold"]
cost = 1
"""

# A machine that runs all tests at once may hold a server up for long; an input that is lost is still a fault.
PATIENT = """
[join]
over_s = 1
timeout_s = 30
[settle]
seconds_min = 1
seconds_max = {gather_s}
share = {share}
[rules]
run_m_s = 6.0
walk_m_s = 1.8
unacknowledged_s = 10.0
[limits]
generator_lag_p99_ms_max = 10000
"""


def started(where: Path, scenario: str, gather_s: int = 1, share: float = 0.0) -> "subprocess.Popen[str]":
    (where / "small.toml").write_text(scenario + PATIENT.format(gather_s=gather_s, share=share), "utf-8")
    words = ["loadtest", "small.toml", "--transport", "mixed", "--report", "report", "--seed", "3"]
    return subprocess.Popen(
        [sys.executable, "-m", *words], cwd=where, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def report_of(run: "subprocess.Popen[str]", where: Path) -> dict[str, Any]:
    """What a run in that directory reports, which is to be left as it was but for it."""
    _, said = run.communicate(timeout=120)
    assert run.returncode in (0, 1), said
    assert sorted(each.name for each in where.iterdir()) == ["report", "small.toml"]
    found: dict[str, Any] = json.loads((where / "report" / "report.json").read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Both at the same time, most of which they wait."""
    stroll, rain = tmp_path_factory.mktemp("stroll"), tmp_path_factory.mktemp("rain")
    # Half of everybody there is enough; a run to the plaza takes half a minute at the very most.
    runs = {stroll: started(stroll, STROLL), rain: started(rain, RAIN, gather_s=60, share=0.5)}
    return {name: report_of(runs[where], where) for name, where in (("stroll", stroll), ("rain", rain))}


@pytest.fixture
def stroll(reports: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return reports["stroll"]


@pytest.fixture
def rain(reports: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return reports["rain"]


@pytest.fixture(params=["stroll", "rain"])
def report(request: pytest.FixtureRequest, reports: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return reports[request.param]


def test_everybody_joined_and_nobody_was_cut(report: dict[str, Any]) -> None:
    assert (report["joined"], report["disconnected_healthy"], report["endings"]) == (60, 0, {})


def test_no_bot_found_a_fault(report: dict[str, Any]) -> None:
    assert report["faults"] == {}, report["fault_examples"]


def test_no_legal_deed_was_refused_for_its_fields(report: dict[str, Any]) -> None:
    wrong = ("invalid", "unknown_deed", "no_such", "not_for_sale", "no_account")
    assert [key for key in report["denied"] if any(word in key for word in wrong)] == []


def test_the_figures_are_there_and_of_this_world(report: dict[str, Any]) -> None:
    assert 1 < report["frames"]["mean_hz"] < 11
    assert 50 < report["frames"]["gap_ms"]["p50"] < 1000
    assert report["input_ms"]["p50"] > 0
    assert 400 < report["bytes_per_client_s"]["down"] < 8000
    server = report["server"]
    assert server["rss_mb"] > 20
    assert server["tick_ms"]["p99"] > 0
    assert server["cpu_us_per_frame"] > 0


def test_it_passes_where_no_speed_is_asked_for(report: dict[str, Any]) -> None:
    verdict = report["verdict"]
    assert [verdict[name] for name in ("passed", "failures", "unchecked")] == [True, [], []]


def test_nobody_owns_anything_by_walking(stroll: dict[str, Any]) -> None:
    assert stroll["confirmed"] == {}
    assert stroll["settled_per_s"] is None
    assert stroll["audit"]["balanced"] is True


def test_all_that_was_confirmed_in_the_rain_is_in_the_books(rain: dict[str, Any]) -> None:
    audit, confirmed = rain["audit"], rain["confirmed"]
    assert confirmed.keys() == {"crystal_gained", "firework_settled"}
    assert min(confirmed.values()) >= 10
    assert audit["confirmed"] == audit["stored"] == sum(confirmed.values())
    assert (audit["lost"], audit["doubled"], audit["balanced"]) == (0, 0, True)
    assert (audit["first"], audit["evidence"]) == (None, None)


def test_settling_took_a_time_and_the_calm_before_is_known(rain: dict[str, Any]) -> None:
    settle = rain["settle_ms"]
    assert 10 < settle["p50"] <= settle["p99"] <= settle["max"]
    assert rain["settled_per_s"] > 1
    assert rain["calm"]["mean_hz"] > 1
    assert rain["gap_p99_of_calm"] > 0
