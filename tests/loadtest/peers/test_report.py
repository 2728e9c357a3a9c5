"""Trials are kept one by one and come back; the report shows every one of them, on one page that needs no network."""

from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from loadtest.peers.page import NOT_COMPARABLE, write
from loadtest.peers.report import TRIALS, Comparison, keep_trial, read_trials
from loadtest.report import this_machine
from tests.loadtest.peers.said import broke, held

SOME = [held(500), held(2000), broke(4000, why="<b>slow</b>"), held(500, "colyseus-room")]


def test_what_was_kept_comes_back_in_order(tmp_path: Path) -> None:
    assert read_trials(tmp_path) == []
    for trial in SOME:
        keep_trial(trial, tmp_path)
    assert read_trials(tmp_path) == SOME


def test_a_file_that_is_none_of_ours_is_named(tmp_path: Path) -> None:
    (tmp_path / TRIALS).write_text("{}\n")
    with pytest.raises(ValueError, match=f"{TRIALS}: .*system"):
        read_trials(tmp_path)


def test_the_report_has_both_tables_the_plots_and_what_is_not_comparable(tmp_path: Path) -> None:
    comparison = Comparison("2026-11-24", "python -m loadtest.peers", this_machine(), {"city": {"uvloop": "1"}}, SOME)
    page = write(comparison, tmp_path).read_text("utf-8")
    assert page.count("<svg") == 6
    assert page.count("<li>") == len(NOT_COMPARABLE)
    for words in ("At the knee of each", "Ours beside each", "The same crowd: 500", "uvloop 1", "4,000: &lt;b&gt;slow"):
        assert words in page
    assert "<b>" not in page
    assert "http" not in page.replace("http-equiv", "")
    again = msgspec.json.decode((tmp_path / "report.json").read_bytes(), type=Comparison)
    assert again == comparison


def test_a_trial_in_which_nothing_came_is_shown_too(tmp_path: Path) -> None:
    silent = structs.replace(broke(500), gap_p99_ms=None, cpu_us_per_update=None, mean_hz=0.0)
    page = write(Comparison("2026-11-24", "", this_machine(), {}, [silent]), tmp_path).read_text("utf-8")
    assert "none" in page
