"""The pace of ticks: steady, without drift, and never catching up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.clock import Clock, HandClock, Pace, SystemClock


def test_a_tick_is_due_every_period_from_the_start() -> None:
    pace = Pace(rate_hz=20, start_s=100.0)
    due = []
    for _ in range(4):
        due.append(pace.due_s)
        assert pace.take(pace.due_s) == 0
    assert due == pytest.approx([100.0, 100.05, 100.10, 100.15])


def test_a_tick_that_is_a_little_late_does_not_move_the_next_one() -> None:
    pace = Pace(rate_hz=20, start_s=0.0)
    assert pace.take(0.049) == 0
    assert pace.due_s == pytest.approx(0.05)


@pytest.mark.parametrize(("now_s", "skipped"), [(0.0499, 0), (0.05, 1), (0.149, 2), (3.0, 60)])
def test_whole_periods_gone_by_are_skipped_and_counted(now_s: float, skipped: int) -> None:
    pace = Pace(rate_hz=20, start_s=0.0)
    assert pace.take(now_s) == skipped
    assert now_s < pace.due_s <= now_s + pace.period_s + 1e-6


def test_a_tick_cannot_begin_before_it_is_due() -> None:
    pace = Pace(rate_hz=20, start_s=1.0)
    with pytest.raises(ValueError, match=r"due in 0\.500000 s"):
        pace.take(0.5)


def test_no_error_adds_up_over_a_day() -> None:
    pace = Pace(rate_hz=20, start_s=0.1)
    pace.take(86_400.1)
    assert pace.due_s == pytest.approx(86_400.15, abs=1e-6)


@given(delays=st.lists(st.floats(0, 0.3), max_size=40), start_s=st.floats(0, 1e7))
def test_ticks_done_and_ticks_skipped_are_all_the_ticks_there_were(delays: list[float], start_s: float) -> None:
    pace = Pace(rate_hz=20, start_s=start_s)
    total = sum(1 + pace.take(pace.due_s + delay_s) for delay_s in delays)
    assert pace.due_s == pytest.approx(start_s + total * pace.period_s, abs=1e-6)


def test_the_hand_clock_moves_only_by_hand() -> None:
    clock = HandClock(5.0)
    assert clock.now_s() == clock.now_s() == clock.wall_s() == 5.0
    clock.forward(0.05)
    assert clock.now_s() == 5.05


@pytest.mark.parametrize("clock", [SystemClock(), HandClock()])
def test_every_clock_never_goes_back(clock: Clock) -> None:
    earlier = clock.now_s()
    assert clock.now_s() >= earlier
