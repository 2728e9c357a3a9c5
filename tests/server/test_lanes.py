"""Turns among lanes: by weight, none starved, none wasted."""

import pytest

from server.lanes import WEIGHTS, Lane, Turns

R, S, O = Lane.RETURNING, Lane.STAFF, Lane.ORDINARY  # noqa: E741 - as everywhere else in this table


def test_every_lane_gets_the_share_that_its_weight_says() -> None:
    assert Turns().share(100, {R: 1000, S: 1000, O: 1000}) == {R: 60, S: 20, O: 20}


def test_with_one_turn_at_a_time_nobody_starves() -> None:
    turns, given = Turns(), dict.fromkeys(Lane, 0)
    for _ in range(100):
        for lane, count in turns.share(1, dict.fromkeys(Lane, 1000)).items():
            given[lane] += count
    assert given == {R: 60, S: 20, O: 20}


def test_what_one_lane_does_not_want_the_others_get() -> None:
    assert Turns().share(10, {R: 2, S: 0, O: 50}) == {R: 2, S: 0, O: 8}


@pytest.mark.parametrize("count", [0, -5])
def test_without_turns_nobody_gets_one(count: int) -> None:
    assert Turns().share(count, {R: 3, S: 3, O: 3}) == {R: 0, S: 0, O: 0}


def test_a_lane_that_was_empty_for_long_has_saved_up_nothing() -> None:
    turns = Turns()
    for _ in range(1000):
        turns.share(1, {R: 1000, O: 1000})
        turns.share(1, {S: 1})
    assert turns.share(10, {R: 1000, S: 1000, O: 1000})[S] <= 10 * WEIGHTS[S] / sum(WEIGHTS.values()) + 1


def test_the_first_turn_is_for_whoever_has_a_body_standing_there() -> None:
    assert Turns().share(1, {R: 1, S: 1, O: 1})[R] == 1
