"""The least of many candidates for many viewers at once, against sorting one viewer's after the other's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.crowds import Int, people
from world.bins import Bins
from world.nearest import EMPTY, FAR, OFFSET_MAX, Candidates, Places, Ranked, candidates_around, take_least

# Ranks that fit beside a column in 32 bits, and ranks that do not.
RANKS = st.one_of(st.integers(0, 1 << 20), st.integers(0, 2 * OFFSET_MAX**2))
ROWS = st.lists(st.tuples(st.lists(RANKS, max_size=4), st.lists(RANKS, max_size=30)), min_size=1, max_size=8)
NOBODY: Int = np.zeros(0, np.int32)


def everybody(count: int) -> Bins:
    """People in slots 1 to count, whose index into the bins is one less."""
    return Bins(np.arange(1, count + 1, dtype=np.int32), *np.zeros((2, count), np.int32))


def first(rows: list[list[int]], width: int) -> Ranked:
    """Slots from 1000 up with these ranks, and nobody behind them."""
    slots, ranks = np.full((len(rows), width), EMPTY, np.int32), np.full((len(rows), width), FAR, np.int32)
    for number, row in enumerate(rows):
        slots[number, : len(row)] = 1000 + np.arange(len(row))
        ranks[number, : len(row)] = row
    return Ranked(slots, ranks)


@given(rows=ROWS, most=st.integers(1, 40))
def test_each_viewer_gets_the_least_in_order_and_the_first_before_equals(
    rows: list[tuple[list[int], list[int]]], most: int
) -> None:
    counts = np.array([len(theirs) for _, theirs in rows])
    member = np.concatenate([np.arange(count) for count in counts.tolist()])
    rank = np.array([rank for _, theirs in rows for rank in theirs], np.int32)
    taken = take_least(
        first([own for own, _ in rows], 4), Candidates(member.astype(np.int64), rank, counts), everybody(30), most
    )
    for (own, theirs), slots, ranks in zip(rows, taken.slots.tolist(), taken.ranks.tolist(), strict=True):
        pairs = [(each, 0, 1000 + place) for place, each in enumerate(own)]
        pairs += [(each, 1, 1 + place) for place, each in enumerate(theirs)]
        expected = sorted(pairs)[:most]
        short = most - len(expected)
        assert slots == [slot for *_, slot in expected] + [EMPTY] * short
        assert ranks == [each for each, *_ in expected] + [int(FAR)] * short


@pytest.mark.parametrize("look_cm", [0, 700, 20_000, OFFSET_MAX])
def test_candidates_are_all_within_the_look_with_their_squared_distance(look_cm: int) -> None:
    crowd = people("loners", 200, 5)
    bins = Bins(crowd.slots, crowd.x, crowd.z)
    places = Places(crowd.x[:7], crowd.z[:7])
    candidates = candidates_around(places, np.full(7, look_cm, np.int32), bins)
    starts = np.cumsum(candidates.counts) - candidates.counts
    for viewer, (start, count) in enumerate(zip(starts.tolist(), candidates.counts.tolist(), strict=True)):
        member, rank = candidates.member[start : start + count], candidates.rank[start : start + count]
        squared = (crowd.x.astype(np.int64) - places.x[viewer]) ** 2 + (
            crowd.z.astype(np.int64) - places.z[viewer]
        ) ** 2
        near = {slot: int(squared[slot - 1]) for slot in crowd.slots.tolist() if squared[slot - 1] <= look_cm**2}
        found = dict(zip(bins.slots[member].tolist(), rank.tolist(), strict=True))
        assert {slot: found.get(slot) for slot in near} == near


def test_only_some_keep_their_order_and_are_counted_for_each_viewer() -> None:
    candidates = Candidates(np.arange(6), np.arange(6, dtype=np.int32) * 10, np.array([3, 0, 3]))
    some = candidates.only(np.array([True, False, True, False, False, True]))
    assert (some.member.tolist(), some.rank.tolist(), some.counts.tolist()) == ([0, 2, 5], [0, 20, 50], [2, 0, 1])
    assert candidates.only(np.zeros(6, np.bool_)).counts.tolist() == [0, 0, 0]


def test_without_candidates_there_is_nobody() -> None:
    taken = take_least(
        first([[], []], 0), Candidates(np.zeros(0, np.int64), NOBODY, np.zeros(2, np.int64)), everybody(1), 3
    )
    assert taken.slots.tolist() == [[EMPTY] * 3] * 2
