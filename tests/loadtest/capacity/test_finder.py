"""A whole search on a machine whose knee is known: the runs, the answer, its sentences and its page."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from loadtest.capacity.answer import Answer, sentences, write_json
from loadtest.capacity.finder import Finder, Hunt
from loadtest.capacity.page import page, write_html
from loadtest.capacity.search import RUNS_MAX, Bounds, Outcome
from loadtest.capacity.step import Step, told
from loadtest.scenario import load_scenario
from tests.loadtest.capacity.machines import FakeMachine, up_to

PLAZA = load_scenario("plaza")


async def found(machine: FakeMachine, where: Path, **asked: Any) -> tuple[Answer, list[Step]]:
    """The answer, and what was told on the way to it."""
    hunt = Hunt("plaza", PLAZA, asked.pop("bounds", Bounds(500, 20_000)), 30.0, "ws", 7, where, **asked)
    steps: list[Step] = []
    answer = await Finder(hunt, machine.play).find(asyncio.Event(), lambda run, bots: None, steps.append)
    return answer, steps


async def test_the_knee_of_a_machine_is_told_with_its_runs(tmp_path: Path) -> None:
    machine = FakeMachine(up_to(3_900))
    answer, steps = await found(machine, tmp_path)
    assert (answer.holds, answer.fails, answer.why, answer.settled) == (3_870, 4_000, Outcome.FAILED, True)
    assert answer.steps == steps
    assert len(machine.played) == len(steps) <= RUNS_MAX
    said = sentences(answer)
    assert said[0] == "This machine holds 3,870 bots in plaza over ws (2 of 2 runs); 4,000 it does not."
    assert said[1].startswith("What limits it: the reads: ")
    assert said[2] == "All limits of the scenario held there, those about what a player costs too."
    assert said[3].startswith("For 100,000 visitors you need 37 server processes")
    assert said[4].startswith("Assumed: all of them are in the city at the same moment")
    assert len(said) == 5


async def test_each_run_has_a_place_and_a_chance_of_its_own(tmp_path: Path) -> None:
    machine = FakeMachine(up_to(10**6))
    answer, _ = await found(machine, tmp_path, bounds=Bounds(500, 500))
    words = ["plaza", "--bots", "500", "--seconds", "30", "--transport", "ws"]
    assert machine.played == [
        [*words, "--seed", "7", "--report", str(tmp_path / "500-1")],
        [*words, "--seed", "8", "--report", str(tmp_path / "500-2")],
    ]
    assert "holds at least 500 bots in plaza over ws (2 of 2 runs); more were not tried" in sentences(answer)[0]


async def test_bots_that_ran_out_of_processor_make_it_at_least_so_many(tmp_path: Path) -> None:
    machine = FakeMachine(lambda bots, _: Outcome.HELD if bots <= 3_000 else Outcome.SATURATED)
    answer, steps = await found(machine, tmp_path)
    assert "holds at least 3,000 bots" in sentences(answer)[0]
    assert "with 3,120 the bots were saturated first" in sentences(answer)[0]
    assert answer.limiting is None
    assert any("SATURATED" in told(step) and "96 %" in told(step) for step in steps)


async def test_what_a_player_costs_is_told_beside_and_decides_only_if_asked(tmp_path: Path) -> None:
    machine = FakeMachine(up_to(3_900), dear_below=10_000)
    answer, _ = await found(machine, tmp_path / "felt")
    assert (answer.holds, answer.holds_cheaply) == (3_870, 0)
    assert "too much there (cpu_us_per_frame: 26" in sentences(answer)[2]
    assert "no crowd that was run is within those limits, too" in sentences(answer)[2]
    strict, _ = await found(machine, tmp_path / "strict", strict=True)
    assert strict.holds == 0
    assert "holds no number of bots in plaza" in sentences(strict)[0]


async def test_both_numbers_are_told_where_they_differ(tmp_path: Path) -> None:
    answer, _ = await found(FakeMachine(up_to(3_900), dear_below=1_500), tmp_path)
    assert (answer.holds_cheaply, answer.dear) == (3_870, [])
    bent = FakeMachine(up_to(3_900))
    bent.dear_below = 600
    answer, _ = await found(bent, tmp_path, bounds=Bounds(500, 500, repeats=1))
    assert (answer.holds, answer.holds_cheaply) == (500, 0)


async def test_what_could_not_be_run_bounds_the_answer_and_says_so(tmp_path: Path) -> None:
    machine = FakeMachine(lambda bots, _: Outcome.HELD if bots <= 1_000 else Outcome.UNUSABLE)
    answer, steps = await found(machine, tmp_path)
    assert answer.why is Outcome.UNUSABLE
    assert "with 1,030 a run was not possible" in sentences(answer)[0]
    assert [step.failures for step in steps if step.bots == 2_000] == [["could not be run: exit status 2"]]


async def test_whoever_stops_it_hears_what_is_known_and_the_run_that_was_cut_does_not_count(tmp_path: Path) -> None:
    answer, steps = await found(FakeMachine(up_to(3_900), stop_after=3), tmp_path)
    assert [step.bots for step in steps] == [500, 1_000]
    assert (answer.interrupted, answer.holds) == (True, 1_000)
    assert "It was stopped before its end: more is not known." in sentences(answer)


async def test_a_report_of_an_earlier_search_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    await found(FakeMachine(up_to(600)), tmp_path)
    answer, _ = await found(FakeMachine(lambda bots, attempt: Outcome.UNUSABLE), tmp_path)
    assert answer.holds == 0


async def test_runs_that_never_agree_are_said_to(tmp_path: Path) -> None:
    luck = FakeMachine(lambda bots, attempt: Outcome.HELD if attempt % 2 else Outcome.FAILED)
    answer, steps = await found(luck, tmp_path, bounds=Bounds(500, 20_000, repeats=9))
    assert len(steps) == RUNS_MAX
    assert not answer.settled
    assert "did not agree with each other" in " ".join(sentences(answer))


async def test_the_page_plots_gaps_cpu_and_shed_level_over_the_crowd(tmp_path: Path) -> None:
    answer, steps = await found(FakeMachine(up_to(3_900)), tmp_path)
    write_json(answer, tmp_path)
    written = write_html(answer, PLAZA.limits, tmp_path).read_text("utf-8")
    figures = re.findall(r"<figure>.*?</figure>", written)
    titles = ["".join(ET.fromstring(figure).itertext()) for figure in figures]
    assert titles[0].startswith("Between two frames (ms) gap p99 limit")
    assert any(title.startswith("CPU (% of a core) server bots") for title in titles)
    assert any(title.startswith("Detail left out (shed level at most)") for title in titles)
    assert all("bots</text>" in figure and figure.count("<path") >= 1 for figure in figures)
    crowds = len({step.bots for step in steps})
    gap = ET.fromstring(figures[0]).find(".//path")
    assert gap is not None
    assert gap.attrib["d"].count("L") == crowds - 1
    assert f'href="{steps[0].place}/report.html"' in written
    assert "https:" not in written
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["holds"] == 3_870


async def test_what_a_server_said_is_escaped(tmp_path: Path) -> None:
    answer, _ = await found(FakeMachine(up_to(600)), tmp_path)
    answer.steps[0].failures.append("<script>")
    assert "<script>" not in page(answer, PLAZA.limits)


@pytest.mark.parametrize("outcome", [Outcome.UNUSABLE, Outcome.SATURATED, Outcome.FAILED])
async def test_a_machine_on_which_nothing_holds_still_has_a_page(tmp_path: Path, outcome: Outcome) -> None:
    answer, _ = await found(FakeMachine(lambda bots, attempt: outcome), tmp_path)
    assert answer.holds == 0
    assert "holds no number of bots in plaza over ws: not even 10 were served" in page(answer, PLAZA.limits)
