"""How long people stay while others wait."""

from random import Random

import pytest

from loadtest.visits import Visits


def test_without_a_mean_nobody_ever_leaves() -> None:
    visits = Visits(None, Random(1))
    visits.came(0, 0.0)
    assert list(visits.over(1e9)) == []


def test_stays_are_exponential_and_each_ends_once() -> None:
    visits = Visits(45.0, Random(1))
    for seat in range(4000):
        visits.came(seat, 100.0)
    gone = [len(list(visits.over(100.0 + seconds))) for seconds in (0.0, 45.0, 90.0, 1e6)]
    assert gone[0] == 0
    # 1 - 1/e of them within the mean, and the same share of the rest within another.
    assert gone[1] / 4000 == pytest.approx(0.632, abs=0.03)
    assert gone[2] / 4000 == pytest.approx(0.233, abs=0.03)
    assert sum(gone) == 4000


def test_the_same_seed_makes_the_same_stays() -> None:
    ends = []
    for _ in range(2):
        visits = Visits(10.0, Random(3))
        for seat in range(20):
            visits.came(seat, 0.0)
        ends.append(list(visits.over(1e6)))
    assert ends[0] == ends[1]
    assert ends[0] != list(range(20))
