"""One line: order, holes, positions that only fall, and who is told of theirs when."""

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.line import ROWS_FIRST, Line

EVERY, NEAR = 4, 10


def line_of(count: int, tick: int = 0) -> tuple[Line[int], list[int]]:
    line: Line[int] = Line(EVERY, NEAR)
    return line, [line.join(who, tick) for who in range(count)]


def told(line: Line[int], tick: int, most: int = 1000) -> dict[int, int]:
    who, positions = line.due(tick, most)
    return dict(zip(who, positions.tolist(), strict=True))


def test_whoever_comes_is_told_where_they_stand_at_once_and_only_once() -> None:
    line, _ = line_of(3)
    assert told(line, 1) == {0: 1, 1: 2, 2: 3}
    assert [told(line, tick) for tick in range(2, 20)] == [{}] * 18


def test_people_are_called_in_the_order_they_came() -> None:
    line, _ = line_of(5)
    assert [line.call(2), line.call(2), line.call(2), line.call(2)] == [[0, 1], [2, 3], [4], []]


@pytest.mark.parametrize("count", [0, -3])
def test_without_places_nobody_is_called(count: int) -> None:
    assert line_of(5)[0].call(count) == []


def test_whoever_leaves_from_the_middle_moves_those_behind_and_nobody_else() -> None:
    line, numbers = line_of(6)
    told(line, 1)
    line.leave(numbers[2])
    moved = {who: position for tick in range(2, 30) for who, position in told(line, tick).items()}
    assert moved == {3: 3, 4: 4, 5: 5}


def test_whoever_is_called_is_still_ahead_until_they_are_in() -> None:
    line, numbers = line_of(3)
    told(line, 1)
    line.call(2)
    assert (line.waiting, line.called, len(line)) == (1, 2, 3)
    assert not any(told(line, tick) for tick in range(2, 20))
    line.leave(numbers[0])
    moved = {who: position for tick in range(20, 40) for who, position in told(line, tick).items()}
    assert moved == {1: 1, 2: 2}


def test_a_call_that_is_taken_back_costs_nobody_their_position() -> None:
    line, numbers = line_of(3)
    told(line, 1)
    assert line.call(2) == [0, 1]
    line.put_back(numbers[1])
    line.put_back(numbers[0])
    assert (line.waiting, line.called) == (3, 0)
    assert not any(told(line, tick) for tick in range(2, 20))
    assert line.call(3) == [0, 1, 2]


def test_whoever_is_called_as_they_come_is_told_nothing_yet() -> None:
    line, _ = line_of(3)
    line.call(1)
    assert told(line, 1) == {1: 2, 2: 3}


def test_whoever_has_not_heard_is_told_again() -> None:
    line, numbers = line_of(3)
    told(line, 1)
    line.tell_again(numbers[1])
    assert told(line, 2) == {1: 2}


def test_nobody_is_told_more_often_than_agreed_and_those_far_behind_less() -> None:
    line, numbers = line_of(60)
    heard: dict[int, list[int]] = {}
    for tick in range(1, 30):
        line.leave(numbers[tick - 1])
        for who in told(line, tick):
            heard.setdefault(who, []).append(tick)
    gaps = {who: [later - earlier for earlier, later in pairwise(ticks)] for who, ticks in heard.items()}
    assert min(gap for each in gaps.values() for gap in each) == EVERY
    assert len(heard[59]) < len(heard[35]) / 1.5


def test_when_there_is_too_much_to_tell_the_nearest_hear_it_first() -> None:
    line, numbers = line_of(40)
    told(line, 1)
    line.leave(numbers[0])
    assert told(line, 4 * EVERY, most=2) == {1: 1, 2: 2}


def test_holes_are_squeezed_out_and_numbers_stay_good() -> None:
    line, numbers = line_of(ROWS_FIRST)
    for number in numbers[: ROWS_FIRST - 10]:
        line.leave(number)
    more = [line.join(ROWS_FIRST + who, 1) for who in range(ROWS_FIRST - 100)]
    assert line._state.size == ROWS_FIRST
    line.leave(numbers[-1])
    line.leave(more[0])
    assert line.call(3) == [ROWS_FIRST - 10, ROWS_FIRST - 9, ROWS_FIRST - 8]
    assert len(line) == 9 + ROWS_FIRST - 101


def test_a_long_line_grows_and_keeps_everybody() -> None:
    count = 3 * ROWS_FIRST
    line, _ = line_of(count)
    assert told(line, 1) == {who: who + 1 for who in range(count)}


def test_whoever_left_before_they_were_told_and_was_squeezed_out_is_no_trouble() -> None:
    line, numbers = line_of(ROWS_FIRST)
    for number in numbers[1:]:
        line.leave(number)
    line.join(-1, 1)
    assert told(line, 1) == {0: 1, -1: 2}


def test_a_number_that_is_nobodys_is_our_fault() -> None:
    line, numbers = line_of(2)
    line.leave(numbers[1])
    for number in (numbers[1], 99):
        with pytest.raises(AssertionError):
            line.leave(number)


@given(st.integers(0, 1 << 32))
def test_whatever_happens_positions_count_those_ahead_and_never_rise(seed: int) -> None:
    chance = random.Random(seed)
    line: Line[int] = Line(EVERY, NEAR)
    here: dict[int, int] = {}
    called: set[int] = set()
    last: dict[int, int] = {}
    for tick in range(200):
        if chance.random() < 0.5:
            here[tick] = line.join(tick, tick)
        if here and chance.random() < 0.3:
            gone = chance.choice(list(here))
            line.leave(here.pop(gone))
            called.discard(gone)
        if chance.random() < 0.2:
            called.update(line.call(chance.randrange(3)))
        if called and chance.random() < 0.3:
            line.put_back(here[called.pop()])
        for who, position in told(line, tick).items():
            assert position == 1 + sum(other < who for other in here)
            assert position <= last.get(who, position)
            last[who] = position
    assert (len(line), line.called) == (len(here), len(called))


def test_positions_are_numbers_that_fit_the_wire() -> None:
    assert line_of(3)[0].due(1, 10)[1].dtype == np.int32
