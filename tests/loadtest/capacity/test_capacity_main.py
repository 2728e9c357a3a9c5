"""`futurecity capacity` from outside: what it refuses, and a whole small search with cities of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from loadtest.capacity.__main__ import main

# A machine that runs all tests at once may hold anything up: limits are not what is tested here.
SCENARIO = """
about = "A test."
bots = 4
seconds = 1
zone = "crystal_plaza"
[behaviours]
gather = 1
[join]
over_s = 0
[settle]
seconds_min = 0
seconds_max = 0
[limits]
mean_hz_min = 0.1
generator_cpu_percent_max = 100000
generator_lag_p99_ms_max = 10000
"""


def test_a_search_starts_cities_of_its_own_and_ends_with_the_line_for_a_plan(tmp_path: Path) -> None:
    scenario = tmp_path / "quick.toml"
    scenario.write_text(SCENARIO, "utf-8")
    words = ["--scenario", str(scenario), "--start", "10", "--most", "12", "--repeats", "1", "--report", str(tmp_path)]
    run = subprocess.run(
        [sys.executable, "-m", "loadtest.capacity", *words, "--transport", "tcp"],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "run 1, of at most 30: 10 bots" in run.stdout
    assert "holds at least 12 bots in quick over tcp (1 of 1 runs); more were not tried" in run.stdout
    assert "For 100,000 visitors you need 12,500 server processes" in run.stdout
    assert "bots joined" not in run.stdout
    assert "measuring" in run.stderr
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["holds"] == 12
    assert "<svg" in (tmp_path / "report.html").read_text("utf-8")
    assert (tmp_path / "12-1" / "report.html").is_file()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--scenario", "riot"], "no scenario 'riot'"),
        (["--start", "900", "--most", "800"], "--start 900: at most --most (800)"),
    ],
)
def test_what_cannot_be_searched_is_refused_with_the_reason(
    words: list[str], complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--report", str(tmp_path)]) == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--most", "20001"], "20001: from 10 to 20000"),
        (["--repeats", "0"], "0: from 1 to 9"),
        (["--seconds", "nan"], "nan: from 1 to 3600"),
        (["--visitors", "0"], "0: from 1 to"),
    ],
)
def test_numbers_out_of_bounds_name_them(words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(words)
    assert complaint in capsys.readouterr().err
