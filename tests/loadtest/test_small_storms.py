"""Small storms on the real server, all at the same time: what has to be true on any machine, with any number of bots.

How well the frames of the others hold is for a quiet machine to say. Here nobody healthy may be cut, no promise of the
wire broken, and each trouble must have been made and, where it is to be ended, ended.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# A machine that runs all of them at once may hold a server up for long; an input that is lost is still a fault.
STORM = """
about = "A small storm."
bots = 30
seconds = {seconds}
zone = "crystal_plaza"
[behaviours]
gather = 1
[habits]
wave = 5
[join]
over_s = 1
timeout_s = 60
[settle]
seconds_min = 0
seconds_max = 0
[event]
calm_s = 1
[rules]
run_m_s = 6.0
walk_m_s = 1.8
unacknowledged_s = 20.0
[limits]
generator_lag_p99_ms_max = 10000
"""
TROUBLE = """
[trouble]
kind = "{kind}"
share = {share}
"""
# A budget that whatever the calm took goes into ten times: nothing is asked of the speed of the machine here.
BUDGET = """
[budget]
of_calm = 10
"""
# Shorter than by default, so that whoever trickles is thrown out while somebody looks.
SETTINGS = """
[server.game]
hello_timeout_s = 1
"""
SHARES = {
    "chatter": 1.0, "cut": 1.0, "flood": 0.2, "lie": 0.2, "stop_reading": 0.2, "trickle": 0.4, "vanish": 0.2,
}  # fmt: skip
SECONDS = 5


def started(where: Path, kind: str) -> "subprocess.Popen[str]":
    storm = BUDGET if kind == "budget" else TROUBLE.format(kind=kind, share=SHARES[kind])
    settings = SETTINGS if kind == "trickle" else ""
    (where / f"{kind}.toml").write_text(STORM.format(seconds=SECONDS) + storm + settings, "utf-8")
    words = ["loadtest", f"{kind}.toml", "--transport", "mixed", "--report", kind]
    return subprocess.Popen(
        [sys.executable, "-m", *words], cwd=where, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture(scope="module")
def storms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    where = tmp_path_factory.mktemp("storms")
    runs = {kind: started(where, kind) for kind in (*SHARES, "budget")}
    found = {}
    for kind, run in runs.items():
        _, said = run.communicate(timeout=180)
        assert run.returncode in (0, 1), said
        found[kind] = json.loads((where / kind / "report.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("kind", SHARES)
def test_the_storm_passes_where_no_speed_is_asked_for(storms: dict[str, dict[str, Any]], kind: str) -> None:
    report = storms[kind]
    verdict = report["verdict"]
    assert [verdict[name] for name in ("passed", "failures", "unchecked")] == [True, [], []]
    assert (report["joined"], report["disconnected_healthy"], report["faults"]) == (30, 0, {})
    assert report["trouble"]["makers"] == round(SHARES[kind] * 30)
    assert report["calm"]["mean_hz"] > 1
    assert report["gap_p99_of_calm"] > 0
    assert report["rss_of_calm"] > 0


@pytest.mark.parametrize("kind", ["flood", "lie", "trickle"])
def test_whoever_makes_trouble_is_thrown_out(storms: dict[str, dict[str, Any]], kind: str) -> None:
    trouble = storms[kind]["trouble"]
    assert trouble["ended"] > 0
    assert trouble["sent"] > 0
    assert trouble["held_s"]["max"] > 0


def test_everybody_who_was_cut_is_back_in_their_own_body(storms: dict[str, dict[str, Any]]) -> None:
    returns = storms["cut"]["returns"]
    assert (returns["cut"], returns["back"], returns["own_body"]) == (30, 30, 30)
    assert 1 <= returns["back_s"]["p50"] <= returns["back_s"]["max"]


def test_a_budget_is_set_by_the_calm_and_given_back(storms: dict[str, dict[str, Any]]) -> None:
    report = storms["budget"]
    assert [report["verdict"][name] for name in ("passed", "failures", "unchecked")] == [True, [], []]
    assert (report["joined"], report["disconnected_healthy"], report["trouble"]) == (30, 0, None)
    assert 0.05 < report["busy_max"] <= 1
    assert report["recovery_s"] >= 0


def test_where_everybody_talks_the_city_says_no_and_cuts_nobody(storms: dict[str, dict[str, Any]]) -> None:
    assert storms["chatter"]["endings"] == {}
    assert storms["chatter"]["trouble"]["ended"] == 0
