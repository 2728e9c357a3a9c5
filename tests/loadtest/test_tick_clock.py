"""The client's idea of the server's tick."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.tick_clock import TickClock


def test_nothing_is_known_before_the_first_pong() -> None:
    clock = TickClock(20)
    assert clock.tick_at(5.0) is None
    assert clock.rtt_s is None


def test_the_middle_of_the_round_trip_is_when_the_server_answered() -> None:
    clock = TickClock(20)
    clock.hear(sent_s=10.0, tick=100, into_tick_ms=25.0, now_s=10.2)
    assert clock.tick_at(10.1) == pytest.approx(100.5)
    assert clock.tick_at(11.1) == pytest.approx(120.5)
    assert clock.rtt_s == pytest.approx(0.2)


def test_the_quickest_of_the_last_eight_is_believed() -> None:
    clock = TickClock(20)
    clock.hear(0.0, 0, 0.0, 0.4)
    clock.hear(1.0, 20, 0.0, 1.002)
    assert clock.tick_at(1000.0) == pytest.approx((1000.0 - 1.001 + 1.0) * 20)
    for number in range(8):
        clock.hear(1001.0 + number, 20_020 + 20 * number, 0.0, 1001.1 + number)
    assert clock.rtt_s == pytest.approx(0.1)


def test_a_better_estimate_is_glided_to_at_two_per_cent() -> None:
    clock = TickClock(20)
    clock.hear(0.0, 0, 0.0, 2.0)
    before = clock.tick_at(2.0)
    clock.hear(2.0, 24, 0.0, 2.0)
    after = clock.tick_at(3.0)
    assert before == pytest.approx(20)
    assert after == pytest.approx(20 + 20 * 1.02)


def test_answers_that_a_newer_one_contradicts_are_of_a_time_before_ticks_were_left_out() -> None:
    clock = TickClock(20)
    clock.hear(0.0, 0, 0.0, 0.01)
    assert clock.tick_at(10.0) == pytest.approx(199.9)
    # Ten ticks later than it would be by the first answer, which was the quicker one.
    clock.hear(10.0, 190, 0.0, 10.1)
    assert clock.tick_at(10.5) == pytest.approx(199.9 + 10 - 5)
    assert clock.tick_at(14.0) == pytest.approx(190 + 3.95 * 20)


def test_a_slow_answer_contradicts_no_quick_one() -> None:
    clock = TickClock(20)
    clock.hear(0.0, 0, 0.0, 0.01)
    clock.hear(1.0, 29, 0.0, 1.8)
    assert clock.rtt_s == pytest.approx(0.01)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 10_000)), min_size=1, max_size=30))
def test_the_tick_never_goes_back(pongs: list[tuple[float, int]]) -> None:
    clock, now_s, last = TickClock(20), 0.0, 0.0
    for rtt_s, tick in pongs:
        clock.hear(now_s, tick, 0.0, now_s + rtt_s)
        now_s += rtt_s + 0.5
        found = clock.tick_at(now_s)
        assert found is not None
        if now_s > 2:
            assert found >= last
        last = found
