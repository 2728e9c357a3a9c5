"""The forecast: joins while there are places, then places as they become free, and nothing that is not known."""

import numpy as np
import pytest

from server.forecast import ASSUMED_SHARE, JOIN_TICKS, LEFT_MIN, WINDOW_MAX_S, Forecast, Outlook

RATE_HZ = 20


def forecast(players: int = 0, left_per_s: int = 0, seconds: int = 60) -> Forecast:
    """400 can join in a second."""
    made = Forecast(RATE_HZ, round(400 / RATE_HZ / ASSUMED_SHARE))
    for _ in range(seconds):
        for _ in range(left_per_s):
            made.left()
        for _ in range(RATE_HZ):
            made.turn(players)
    return made


def waits(
    made: Forecast, *positions: int, free: int = 0, full: int = 1000, called: int = 0, others: int = 0
) -> list[float | None]:
    return made.estimates_s(np.array(positions, np.int32), Outlook(free, full, called, others))


def test_while_there_are_places_the_wait_is_the_pace_of_joining() -> None:
    assert waits(forecast(), 1, 400, 800, free=1000) == [0.0, 1.0, 2.0]


def test_a_stampede_that_begins_in_an_idle_city_is_not_told_the_pace_of_its_first_second() -> None:
    made = Forecast(RATE_HZ, 20)
    assert made.joins_per_s == 100
    for _ in range(RATE_HZ):
        made.joined(15)
    assert made.joins_per_s == pytest.approx(140)


def test_in_a_full_city_the_wait_is_the_pace_at_which_places_become_free() -> None:
    assert waits(forecast(1000, 20), 20, 200, 2000) == [1.0, 10.0, 100.0]


def test_places_that_are_free_and_people_who_were_called_already_shorten_the_wait() -> None:
    assert waits(forecast(1000, 20), 200, free=60, called=40) == [5.0]


def test_people_in_the_other_lane_take_every_second_turn_until_none_is_left() -> None:
    assert waits(forecast(1000, 20), 10, 1000, others=100) == [1.0, 55.0]


def test_a_city_that_is_still_filling_up_knows_what_it_will_free_once_it_is_full() -> None:
    filling = forecast(players=500, left_per_s=10)
    assert waits(filling, 2000, free=500, full=1000) == [75.0]


def test_beyond_the_free_places_nothing_is_known_until_some_have_left() -> None:
    assert waits(forecast(1000), 5, 50, free=10) == [0.0, None]
    few = forecast(1000, left_per_s=1, seconds=LEFT_MIN - 1)
    assert (few.leaves_per_s, waits(few, 50)) == (None, [None])
    assert forecast(1000, left_per_s=1, seconds=LEFT_MIN).leaves_per_s == pytest.approx(1 / 1000)


def test_what_was_long_ago_is_forgotten_once_there_is_enough_that_is_new() -> None:
    made = forecast(1000, left_per_s=20, seconds=300)
    for _ in range(60):
        for _ in range(5):
            made.left()
        for _ in range(RATE_HZ):
            made.turn(1000)
    assert made.leaves_per_s == pytest.approx(5 / 1000, rel=0.1)


def test_where_few_leave_they_are_remembered_longer_and_for_an_hour_at_most() -> None:
    made = Forecast(RATE_HZ, 20)
    for second in range(2 * WINDOW_MAX_S):
        if second % 60 == 0:
            made.left()
        for _ in range(RATE_HZ):
            made.turn(30)
    assert made.seconds == WINDOW_MAX_S
    assert made.leaves_per_s == pytest.approx(1 / 60 / 30, rel=0.05)


def test_the_pace_of_joining_is_what_it_was_lately() -> None:
    made = forecast()
    for _ in range(5 * JOIN_TICKS):
        made.joined(5)
    assert made.joins_per_s == pytest.approx(100, rel=0.1)
    for _ in range(JOIN_TICKS // 2):
        made.joined(0)
    assert 50 < made.joins_per_s < 70
    for _ in range(5 * JOIN_TICKS):
        made.joined(0)
    assert made.joins_per_s == 1.0
