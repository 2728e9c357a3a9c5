"""The limits of a trial: each of them alone is enough for a crowd not to be held."""

import pytest
from msgspec import structs

from loadtest.peers.judge import is_blind, shortcomings
from tests.loadtest.peers.said import GOOD


def test_a_good_trial_lacks_nothing() -> None:
    assert shortcomings(GOOD, 64) == []
    assert not is_blind(GOOD)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"entered": 499}, "1 did not get in"),
        ({"cut": 2}, "2 were cut"),
        ({"mean_hz": 8.9}, "8.90 updates/s, 9 are asked for"),
        ({"p01_hz": 7.9}, "slowest 1 %: 7.90 updates/s, 8 are asked for"),
        ({"gap_p99_ms": 201.0}, "gap p99 201 ms, 200 is the most"),
        ({"gap_p99_ms": None}, "gap p99 inf ms, 200 is the most"),
        ({"sees": 57}, "sees 57 of 64"),
    ],
)
def test_each_limit_is_told_with_its_figure(changes: dict[str, float], words: str) -> None:
    assert shortcomings(structs.replace(GOOD, **changes), 64) == [words]


@pytest.mark.parametrize("changes", [{"generator_cpu_percent": 86.0}, {"generator_lag_p99_ms": 51.0}])
def test_bots_that_are_at_their_end_know_nothing_of_the_server(changes: dict[str, float]) -> None:
    assert is_blind(structs.replace(GOOD, **changes))
