"""A city that is lied to a few thousand times, of which nothing is to be seen. The long version is `make chaos`."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.hostile import Told
from tests.chaos.judging import Besieged, faults_of_log, faults_of_siege
from tests.chaos.siege import besiege

LIES = 4000
GOOD = Besieged(1000, 1010, 0, 0, (100.0, 104.9), [], None)


def test_a_city_that_is_lied_to_answers_everybody_and_logs_nothing(tmp_path: Path) -> None:
    said: list[Told] = []
    siege = asyncio.run(besiege(tmp_path, LIES, 7, lambda told, mb: said.append(told)))
    # A process that has just begun still grows: that is for a million lies to say.
    assert faults_of_siege(siege._replace(memory_mb=(1.0, 1.0))) == []
    assert siege.told >= LIES
    assert siege.memory_mb[1] > 20
    assert said


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"told": 999, "gone": "refused"}, "999 of 1000 lies were told: the city was gone (refused)"),
        ({"unanswered": 2}, "2 liars were never answered"),
        ({"status": 1}, "it closed with exit status 1"),
        ({"memory_mb": (100.0, 105.1)}, "memory: 100.0 MB became 105.1 MB, at most 1.05 times is wanted"),
        ({"log": ["Traceback (most recent call last):"]}, "the log tells: Traceback (most recent call last):"),
        ({"witness": "cut: 4007: flood"}, "a guest who did nothing wrong was cut: 4007: flood"),
    ],
)
def test_each_thing_that_is_wrong_is_named(changes: dict[str, Any], fault: str) -> None:
    assert faults_of_siege(GOOD) == []
    assert faults_of_siege(GOOD._replace(**changes)) == [fault]


def test_a_log_may_tell_of_much_but_not_of_what_nobody_expected() -> None:
    usual = "2026-11-24T12:00:00Z [info     ] closing tick=1\n2026-11-24T12:00:00Z [warning  ] slow\n"
    assert faults_of_log(usual) == []
    assert faults_of_log(usual + "Task exception was never retrieved\n") == ["Task exception was never retrieved"]
    assert len(faults_of_log("Traceback (most recent call last):\n" * 100)) == 5
