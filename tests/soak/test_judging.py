"""What a soak would say if something were wrong: each fault is found, by name."""

from typing import Any

import pytest

from tests.soak.judging import Held, Soaked, faults_of
from tests.soak.slope import Slope

GOOD = Soaked([], Slope(0.5, -0.1, 1.1), Slope(0.5, 0.4, 0.6), Held(12, 40), Held(11, 40), 500, 500, 0, [])


def test_a_good_soak_has_no_faults() -> None:
    assert faults_of(GOOD) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"own_mb": Slope(0.5, 0.1, 0.9)}, "memory: +0.50 MB/h, 95 % interval +0.10 to +0.90: grows"),
        ({"after": Held(13, 40)}, "tasks: 12 before anybody came, 13 after all had left"),
        ({"after": Held(12, 41)}, "open_files: 40 before anybody came, 41 after all had left"),
        ({"joined": 499}, "joined: 499 of 500"),
        ({"cut": 1}, "1 bots were cut"),
        (
            {"faults": ["fault too_fast: 2 times (first: bot 7: jumped)"]},
            "fault too_fast: 2 times (first: bot 7: jumped)",
        ),
    ],
)
def test_each_thing_that_is_wrong_is_named(changes: dict[str, Any], fault: str) -> None:
    assert faults_of(GOOD._replace(**changes)) == [fault]
