"""Gaps are between two updates of the same bot, however its updates were noted and gathered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.peers.tally import Tally


def note(tally: Tally, whose: int, when_s: float) -> None:
    tally.whose.append(whose)
    tally.whens.append(when_s)


def test_gaps_go_over_from_one_gathering_to_the_next() -> None:
    tally = Tally(2)
    note(tally, 0, 0.0)
    tally.open()
    for when_s in (0.1, 0.2):
        note(tally, 0, when_s)
        tally.gather()
    assert tally.updates.tolist() == [2, 0]
    assert tally.gap_ms.count == 2
    assert tally.gap_ms.max == pytest.approx(100)


def test_what_came_before_or_after_the_window_is_not_counted() -> None:
    tally = Tally(1)
    note(tally, 0, 0.0)
    note(tally, 0, 5.0)
    tally.open()
    note(tally, 0, 5.1)
    tally.close(5.15)
    note(tally, 0, 9.0)
    tally.gather()
    assert (tally.updates.tolist(), tally.gap_ms.count) == ([1], 1)


def test_a_bot_that_hears_nothing_any_more_is_a_gap_too() -> None:
    tally = Tally(2)
    note(tally, 0, 0.0)
    note(tally, 1, 0.0)
    tally.open()
    note(tally, 1, 0.1)
    tally.close(3.0)
    assert tally.gap_ms.max == pytest.approx(3000)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 50), st.booleans()), max_size=60))
def test_the_arrays_count_what_a_loop_over_bots_counts(steps: list[tuple[int, int, bool]]) -> None:
    tally, last, gaps_ms, now_ms = Tally(4), dict[int, int](), [], 0
    tally.open()
    for whose, wait_ms, gather in steps:
        now_ms += wait_ms
        note(tally, whose, now_ms / 1000)
        if whose in last:
            gaps_ms.append(now_ms - last[whose])
        last[whose] = now_ms
        if gather:
            tally.gather()
    tally.gather()
    assert tally.gap_ms.count == len(gaps_ms)
    assert (tally.gap_ms.mean or 0) * len(gaps_ms) == pytest.approx(sum(gaps_ms))
    assert tally.updates.sum() == len(steps)
