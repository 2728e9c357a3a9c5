"""Buckets of tokens in columns: each is its owner's alone, and many at a time pay what they would pay one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rations import Rations
from server.settings import GameSettings
from world.config import TICK_RATE_HZ

LIMITS = GameSettings(messages_per_s=30, messages_burst=40)


def paid_one_by_one(rations: Rations, number: int, tick: int, wanted: int) -> int:
    return sum(rations.take(number, tick) for _ in range(wanted))


def test_a_bucket_is_full_at_first_and_fills_with_time_up_to_its_size() -> None:
    rations = Rations(LIMITS)
    number = rations.open(1000)
    assert rations.tokens(number) == 40
    assert paid_one_by_one(rations, number, 1000, 100) == 40
    assert rations.spent(number, 1000)
    assert not rations.spent(number, 1001)
    # A token and a half in each tick.
    assert [paid_one_by_one(rations, number, tick, 5) for tick in range(1001, 1005)] == [1, 2, 1, 2]
    assert paid_one_by_one(rations, number, 1004 + 10 * TICK_RATE_HZ, 100) == 40


def test_everybody_has_their_own_and_a_number_is_given_again() -> None:
    rations = Rations(LIMITS)
    numbers = [rations.open(tick) for tick in range(5)]
    assert numbers == [0, 1, 2, 3, 4]
    assert [rations.heard_tick(number) for number in numbers] == [0, 1, 2, 3, 4]
    paid_one_by_one(rations, 2, 4, 40)
    rations.strain(2, is_strained=True)
    assert [rations.tokens(number) for number in numbers] == [40, 40, 0, 40, 40]
    rations.close(2)
    assert rations.open(9) == 2
    assert (rations.tokens(2), rations.heard_tick(2)) == (40, 9)
    assert rations.take_each(np.array([2]), 9).tolist() == [True]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=150))
def test_many_at_a_time_pay_what_they_would_one_by_one(said: list[tuple[int, int]]) -> None:
    each, every = Rations(LIMITS), Rations(LIMITS)
    for rations in (each, every):
        for _ in range(4):
            rations.open(0)
    tick = 0
    for number, passed in said:
        tick += passed
        alone = each.take(number, tick)
        assert every.take_each(np.array([number]), tick).tolist() == [alone]
        assert not alone or every.heard_tick(number) == tick


def test_whoever_says_two_things_pays_twice() -> None:
    rations = Rations(LIMITS)
    number = rations.open(0)
    assert np.count_nonzero(rations.take_each(np.full(50, number), 0)) == 40


@pytest.mark.parametrize("is_strained", [False, True])
def test_whoever_is_strained_is_left_alone(is_strained: bool) -> None:
    rations = Rations(LIMITS)
    number = rations.open(0)
    rations.strain(number, is_strained)
    assert rations.take_each(np.array([number]), 7).tolist() == [not is_strained]
    assert rations.heard_tick(number) == (0 if is_strained else 7)
    assert rations.take(number, 7)
