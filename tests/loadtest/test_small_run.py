"""A small load test of the real server, over real sockets, in two processes: what has to be true on any machine.

How fast it is, is for a quiet machine to say (loadtest/scenarios). Here everybody has to get in, nobody may be cut, and
no bot may find a single fault.
"""

import json
import subprocess
import sys
from typing import Any

import pytest

SCENARIO = """
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
[join]
over_s = 1
timeout_s = 30
[settle]
seconds_min = 1
seconds_max = 1
[rules]
run_m_s = 6.0
walk_m_s = 1.8
# A machine that runs all tests at once may hold a server up for long; an input that is lost is still a fault.
unacknowledged_s = 10.0
[limits]
generator_lag_p99_ms_max = 10000
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    where = tmp_path_factory.mktemp("small")
    (where / "small.toml").write_text(SCENARIO, "utf-8")
    words = ["loadtest", str(where / "small.toml"), "--transport", "mixed", "--report", str(where), "--seed", "3"]
    run = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode in (0, 1), run.stderr
    found: dict[str, Any] = json.loads((where / "report.json").read_text("utf-8"))
    return found


def test_everybody_joined_and_nobody_was_cut(report: dict[str, Any]) -> None:
    assert (report["joined"], report["disconnected_healthy"], report["endings"]) == (60, 0, {})


def test_no_bot_found_a_fault(report: dict[str, Any]) -> None:
    assert report["faults"] == {}, report["fault_examples"]


def test_no_legal_deed_was_refused_for_its_fields(report: dict[str, Any]) -> None:
    assert [key for key in report["denied"] if "invalid" in key or "unknown_deed" in key] == []


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
    assert report["verdict"] == {"passed": True, "failures": [], "unchecked": []}
