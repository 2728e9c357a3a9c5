"""All storms in turn: each is run with the same words, what came of each is told, and one that fails fails all."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec import structs

from loadtest.report import Report, Verdict, write_json
from loadtest.series import lines, play_in_a_process, run_all, storm_names
from tests.loadtest.reports import good

BAD = Verdict(False, ["gap_p99_of_calm: 1.6, at most <1.5> is wanted"])


class Player:
    """Plays nothing, and writes the report that a test wants."""

    def __init__(self, where: Path, reports: dict[str, Report | None], stop_at: str = "") -> None:
        self.where = where
        self.reports = reports
        self.stop_at = stop_at
        self.played: list[Sequence[str]] = []

    def _write(self, report: Report, directory: Path) -> None:
        directory.mkdir(parents=True)
        write_json(report, directory)

    async def play(self, words: Sequence[str], stop: asyncio.Event) -> int:
        self.played.append(words)
        report = self.reports.get(words[0], good())
        if words[0] == self.stop_at:
            stop.set()
        if report is None:
            return 2
        self._write(structs.replace(report, scenario=words[0]), Path(words[-1]))
        return 0 if report.verdict.passed else 1


async def series(where: Path, stop_at: str = "", **reports: Report | None) -> tuple[Player, bool, list[str]]:
    player = Player(where, reports, stop_at)
    index = await run_all(["calm", "rough", "wild"], ["--bots", "9"], where, player.play, asyncio.Event())
    return player, index.passed, lines(index)


def test_the_storms_are_those_that_say_so() -> None:
    assert len(storm_names()) == 9
    assert "plaza" not in storm_names()


async def test_each_is_run_with_the_same_words_and_a_directory_of_its_own(tmp_path: Path) -> None:
    player, passed, told = await series(tmp_path)
    assert passed
    assert player.played[1] == ["rough", "--bots", "9", "--report", str(tmp_path / "rough")]
    assert [line.split()[:2] for line in told] == [["passed", "calm"], ["passed", "rough"], ["passed", "wild"]]
    index = json.loads((tmp_path / "index.json").read_text("utf-8"))
    assert (index["passed"], [row["scenario"] for row in index["storms"]]) == (True, ["calm", "rough", "wild"])
    assert index["storms"][0]["bots"] == 2000


async def test_one_that_fails_fails_all_and_the_others_are_run_all_the_same(tmp_path: Path) -> None:
    player, passed, told = await series(tmp_path, rough=good(verdict=BAD))
    assert (passed, len(player.played)) == (False, 3)
    assert told[1:3] == ["FAILED  rough (0 s)", "        gap_p99_of_calm: 1.6, at most <1.5> is wanted"]
    page = (tmp_path / "index.html").read_text("utf-8")
    assert "at most &lt;1.5&gt; is wanted" in page
    assert 'href="rough/report.html"' in page
    assert "https:" not in page


async def test_one_that_could_not_be_run_is_told_too(tmp_path: Path) -> None:
    _, passed, told = await series(tmp_path, wild=None)
    assert not passed
    assert told[-1].strip() == "could not be run: exit status 2"


async def test_whoever_stops_it_has_what_there_is_and_it_has_not_passed(tmp_path: Path) -> None:
    player, passed, told = await series(tmp_path, stop_at="rough")
    assert (passed, len(player.played), len(told)) == (False, 2, 2)


@pytest.mark.parametrize("stopped", [False, True])
async def test_a_storm_is_a_process_of_its_own(stopped: bool) -> None:
    stop = asyncio.Event()
    if stopped:
        stop.set()
    async with asyncio.timeout(60):
        status = await play_in_a_process(["riot"], stop)
    # No such scenario; or ended by the signal before it could say so.
    assert status in ((2, -15) if stopped else (2,))
