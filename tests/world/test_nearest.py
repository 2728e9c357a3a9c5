"""Whom each looker is nearest to, with what is pinned and who was there before, against sorting one after the other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.crowds import SHAPES, Int, People, people
from world.bins import Bins
from world.nearest import (
    EMPTY,
    KEEP_NUMERATOR,
    KEEP_SHIFT,
    NOBODY_PINNED,
    OFFSET_MAX,
    PINNED_MAX,
    Lookers,
    Pinned,
    choose_nearest,
)

OPEN_SHAPES = sorted(SHAPES.keys() - {"pile"})
CROWDS = st.builds(people, st.sampled_from(OPEN_SHAPES), st.integers(1, 300), st.integers(0, 2**32))
SIGHTS = st.sampled_from([300, 2000, 15_000, OFFSET_MAX])


def scratch() -> NDArray[np.uint8]:
    """A byte for everybody."""
    return np.zeros(1 << 13, np.uint8)


def lookers_of(crowd: People, count: int, look_cm: int = 0) -> Lookers:
    """The first of a crowd."""
    slots = crowd.slots[:count]
    return Lookers(slots, crowd.x[:count], crowd.z[:count], np.full(slots.size, look_cm, np.int32))


def empty(lookers: Lookers, most: int) -> Int:
    """Sets of people who have not looked before."""
    return np.full((lookers.slots.size, most), EMPTY, np.int32)


def pinned(crowd: People, own: list[list[int]], common: list[int]) -> Pinned:
    """What each looker pins, and what all do."""
    width = max(map(len, own), default=0)
    slots = np.array([[*row, *[EMPTY] * (width - len(row))] for row in own], np.int32).reshape(len(own), width)
    x, z = (np.concatenate((np.zeros(1, np.int32), axis)) for axis in crowd)
    shared = np.array(common, np.int32)
    return Pinned(slots, x[slots], z[slots], shared, x[shared], z[shared])


def expected(
    crowd: People, viewer: int, before: set[int], sight_cm: int, first: tuple[list[int], list[int]] = ([], [])
) -> list[tuple[int, int]]:
    """(rank, slot) of everybody a viewer may see, in order; whoever is equal in any order."""
    own, common = first
    offsets = np.stack((crowd.x - crowd.x[viewer - 1], crowd.z - crowd.z[viewer - 1])).astype(np.int64)
    squared = (offsets**2).sum(axis=0)
    near = sorted(common, key=lambda slot: int(squared[slot - 1]))[:PINNED_MAX] if len(common) > PINNED_MAX else common
    pins = [slot for slot in dict.fromkeys([*own, *near]) if slot != viewer]
    pins = [slot for slot in pins if squared[slot - 1] <= sight_cm**2]
    ranks = dict.fromkeys(pins[:PINNED_MAX], 0) | {slot: int(squared[slot - 1]) for slot in pins[PINNED_MAX:]}
    for slot in crowd.slots.tolist():
        rank = int(squared[slot - 1])
        if slot != viewer and slot not in ranks and rank <= sight_cm**2:
            ranks[slot] = (rank >> KEEP_SHIFT) * KEEP_NUMERATOR if slot in before else rank
    return sorted((rank, slot) for slot, rank in ranks.items())


def assert_chosen(row: list[int], truth: list[tuple[int, int]], most: int) -> None:
    """The least there are, in order of their ranks; EMPTY behind."""
    ranks = {slot: rank for rank, slot in truth}
    found = [slot for slot in row if slot != EMPTY]
    assert row == found + [EMPTY] * (most - len(found))
    assert len(set(found)) == len(found)
    assert [ranks[slot] for slot in found] == [rank for rank, _ in truth[:most]]


@given(crowd=CROWDS, sight_cm=SIGHTS, most=st.sampled_from([1, 16, 64]))
@settings(max_examples=150)
def test_whoever_has_not_looked_before_sees_the_nearest_in_order(crowd: People, sight_cm: int, most: int) -> None:
    lookers = lookers_of(crowd, 25)
    sets = empty(lookers, most)
    choose_nearest(lookers, sets, Bins(crowd.slots, crowd.x, crowd.z), sight_cm, scratch())
    for viewer, row in zip(lookers.slots.tolist(), sets.tolist(), strict=True):
        assert_chosen(row, expected(crowd, viewer, set(), sight_cm), most)


@given(crowd=CROWDS, look_cm=st.integers(1, OFFSET_MAX), seed=st.integers(0, 2**32))
@settings(max_examples=100)
def test_how_far_somebody_looks_first_makes_no_difference(crowd: People, look_cm: int, seed: int) -> None:
    bins = Bins(crowd.slots, crowd.x, crowd.z)
    near, far = lookers_of(crowd, 25, min(look_cm, 15_000)), lookers_of(crowd, 25)
    one, other = empty(near, 64), empty(far, 64)
    choose_nearest(near, one, bins, 15_000, scratch())
    choose_nearest(far, other, bins, 15_000, scratch())
    assert np.array_equal(one, other)


@given(crowd=CROWDS, seed=st.integers(0, 2**32), sight_cm=SIGHTS)
@settings(max_examples=100)
def test_members_of_the_set_before_count_as_a_little_nearer(crowd: People, seed: int, sight_cm: int) -> None:
    chance = np.random.default_rng(seed)
    lookers, bins = lookers_of(crowd, 10), Bins(crowd.slots, crowd.x, crowd.z)
    sets = empty(lookers, 16)
    for row, viewer in zip(sets, lookers.slots.tolist(), strict=True):
        others = chance.permutation(crowd.slots[crowd.slots != viewer])[:16]
        row[: others.size] = others
    before = sets.copy()
    # They look as far as they see: members beyond a look are as strangers, until it reaches them.
    choose_nearest(
        lookers._replace(look_cm=np.full(lookers.slots.size, sight_cm, np.int32)), sets, bins, sight_cm, scratch()
    )
    for viewer, row, kept in zip(lookers.slots.tolist(), sets.tolist(), before.tolist(), strict=True):
        assert_chosen(row, expected(crowd, viewer, set(kept), sight_cm), 16)


@given(
    crowd=CROWDS,
    own=st.lists(st.lists(st.integers(1, 300), max_size=PINNED_MAX, unique=True), min_size=10, max_size=10),
    common=st.lists(st.integers(1, 300), max_size=20, unique=True),
    sight_cm=SIGHTS,
)
@settings(max_examples=150)
def test_those_who_are_pinned_and_in_sight_come_first_a_lookers_own_before_all(
    crowd: People, own: list[list[int]], common: list[int], sight_cm: int
) -> None:
    there = crowd.slots.size
    lookers = lookers_of(crowd, 10)
    own = [[slot for slot in row if slot <= there] for row in own[: lookers.slots.size]]
    common = [slot for slot in common if slot <= there]
    sets = empty(lookers, 64)
    bins = Bins(crowd.slots, crowd.x, crowd.z)
    choose_nearest(lookers, sets, bins, sight_cm, scratch(), pinned(crowd, own, common))
    for viewer, row, pins in zip(lookers.slots.tolist(), sets.tolist(), own, strict=True):
        assert_chosen(row, expected(crowd, viewer, set(), sight_cm, (pins, common)), 64)


@pytest.mark.parametrize("count", [100, 6000])
def test_the_next_look_reaches_a_little_beyond_the_last_of_the_set(count: int) -> None:
    crowd = people("uniform", count, 7)
    lookers = lookers_of(crowd, 50)
    sets = empty(lookers, 64)
    next_cm = choose_nearest(lookers, sets, Bins(crowd.slots, crowd.x, crowd.z), 15_000, scratch())
    last = sets[:, -1] - 1
    farthest = np.hypot(crowd.x[last] - lookers.x, crowd.z[last] - lookers.z)
    assert np.all((next_cm > farthest) & (next_cm < farthest * 1.2 + 42))


def test_with_less_than_a_set_in_sight_one_looks_as_far_as_one_sees() -> None:
    crowd = people("uniform", 20, 7)
    lookers = lookers_of(crowd, 20)
    next_cm = choose_nearest(lookers, empty(lookers, 64), Bins(crowd.slots, crowd.x, crowd.z), 15_000, scratch())
    assert set(next_cm.tolist()) == {15_000}


def test_the_first_in_a_row_of_bins_come_first_among_equals_and_pinned_ones_before_them() -> None:
    x = np.array([0, 100, -100, 0, 0, 300], np.int32)
    z = np.array([0, 0, 0, 100, -100, 0], np.int32)
    crowd = People(x, z)
    lookers = lookers_of(crowd, 1)
    sets, again = empty(lookers, 5), empty(lookers, 5)
    bins = Bins(crowd.slots, x, z)
    choose_nearest(lookers, sets, bins, 1000, scratch())
    assert sets.tolist() == [[5, 3, 2, 4, 6]]
    choose_nearest(lookers, again, bins, 1000, scratch(), pinned(crowd, [[6]], [4]))
    assert again.tolist() == [[6, 4, 5, 3, 2]]


def test_a_pile_thrown_at_a_set_of_one_costs_no_order_among_all_of_it() -> None:
    crowd = people("pile", 5000, 3)
    lookers = lookers_of(crowd, 40)
    sets = empty(lookers, 1)
    choose_nearest(lookers, sets, Bins(crowd.slots, crowd.x, crowd.z), 15_000, scratch())
    assert np.all(sets != EMPTY)


def test_nobody_pinned_is_what_it_says() -> None:
    assert all(part.size == 0 for part in NOBODY_PINNED)
