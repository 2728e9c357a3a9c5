"""Who sees whom, against looking at everybody one by one."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.crowds import SHAPES, Int, People, in_sight, people, squared_cm
from world.interest import (
    CANDIDATES_MAX,
    EMPTY,
    INTEREST_MAX,
    KEEP_NUMERATOR,
    KEEP_SHIFT,
    NEAREST,
    PINNED_MAX,
    Crowd,
    Interest,
    Sight,
)

SLOTS = 1 << 13
# What distances are multiplied by for who was in the set before, and the most that its rounding takes off.
KEEP, ROUNDING = KEEP_NUMERATOR / (1 << KEEP_SHIFT), KEEP_NUMERATOR

seeds = st.integers(0, 2**32)
shapes = st.sampled_from(sorted(SHAPES))


def members(interest: Interest, viewer: int) -> list[int]:
    """A viewer's set; EMPTY comes at the end only, and everything else holds for every set there ever is."""
    row = interest.sets[viewer].tolist()
    found = row[: row.index(EMPTY)] if EMPTY in row else row
    assert row[len(found) :] == [EMPTY] * (INTEREST_MAX - len(found))
    assert viewer not in found
    assert len(set(found)) == len(found)
    return found


def fresh(crowd: Crowd, viewers: Int, sight: Sight | None = None) -> Interest:
    """Sets chosen at once for viewers who had none."""
    sight = sight or Sight()
    interest = Interest(SLOTS, Sight(sight.sight_cm, refresh_ticks=1))
    assert sorted(interest.refresh(1, viewers, crowd).tolist()) == viewers.tolist()
    return interest


def assert_nearest(crowd: Crowd, viewers: Iterable[int], interest: Interest) -> None:
    """Every set is the nearest there are, and the nearest of them come first."""
    for viewer in viewers:
        truth = in_sight(crowd, viewer, interest.sight.sight_cm)[:INTEREST_MAX]
        expected = squared_cm(crowd, viewer, truth).tolist()
        chosen = squared_cm(crowd, viewer, np.array(members(interest, viewer), np.int32))
        assert sorted(chosen.tolist()) == expected
        assert sorted(chosen[:NEAREST].tolist()) == expected[:NEAREST]


def some(slots: Int, count: int = 150) -> list[int]:
    """Enough of the viewers to look at one by one."""
    return slots[:: max(1, slots.size // count)].tolist()


# ---- fresh viewers -------------------------------------------------------------------------------


@given(shape=shapes, count=st.integers(1, 400), seed=seeds)
@settings(max_examples=60)
def test_a_fresh_set_is_exactly_the_nearest_64_in_sight(shape: str, count: int, seed: int) -> None:
    crowd = people(shape, count, seed).crowd()
    assert_nearest(crowd, some(crowd.present, 40), fresh(crowd, crowd.present))


@pytest.mark.parametrize("shape", sorted(SHAPES.keys() - {"pile"}))
def test_a_fresh_set_is_exact_in_a_crowd_of_thousands_too(shape: str) -> None:
    crowd = people(shape, 6000, 3).crowd()
    assert_nearest(crowd, some(crowd.present), fresh(crowd, crowd.present))


@pytest.mark.parametrize("sight_cm", [150, 900, 4000, 32767, 60_000])
def test_nobody_beyond_sight_or_the_reach_of_a_frame_is_in_a_set(sight_cm: int) -> None:
    crowd = people("loners", 500, 11).crowd()
    interest = fresh(crowd, crowd.present, Sight(sight_cm))
    for viewer in crowd.present.tolist():
        near = in_sight(crowd, viewer, min(sight_cm, 32767))
        assert len(members(interest, viewer)) == min(near.size, INTEREST_MAX)
        assert set(members(interest, viewer)) <= set(near.tolist())


def test_a_gateways_own_viewers_see_everybody_and_not_only_each_other() -> None:
    crowd = people("clustered", 1500, 5).crowd()
    viewers = crowd.present[::3]
    assert_nearest(crowd, some(viewers), fresh(crowd, viewers))


def test_whoever_is_alone_sees_nobody() -> None:
    crowd = people("uniform", 1, 1).crowd()
    assert members(fresh(crowd, crowd.present), 1) == []


def test_with_no_viewers_there_is_nothing_to_do() -> None:
    crowd = people("uniform", 9, 1).crowd()
    assert Interest(SLOTS).refresh(1, crowd.present[:0], crowd).size == 0


# ---- moving crowds -------------------------------------------------------------------------------


def walk(crowd: People, seed: int, tick: int, step_cm: int) -> People:
    chance = np.random.default_rng((seed, tick))
    return People(*(axis + chance.integers(-step_cm, step_cm + 1, axis.size, dtype=np.int32) for axis in crowd))


def assert_fair(crowd: Crowd, viewer: int, interest: Interest) -> None:
    """Nobody left out is nearer than hysteresis explains, and no place stays empty while somebody could have it."""
    found = np.array(members(interest, viewer), np.int32)
    near = in_sight(crowd, viewer, interest.sight.sight_cm)
    assert found.size == min(near.size, INTEREST_MAX)
    left_out = np.setdiff1d(near, found)
    if left_out.size:
        farthest = int(squared_cm(crowd, viewer, found).max())
        assert int(squared_cm(crowd, viewer, left_out).min()) >= farthest * KEEP - ROUNDING


@given(shape=shapes, count=st.integers(2, 400), seed=seeds, step_cm=st.sampled_from([0, 30, 150, 2000]))
@settings(max_examples=60)
def test_in_a_moving_crowd_only_a_tenth_of_the_distance_is_forgiven(
    shape: str, count: int, seed: int, step_cm: int
) -> None:
    moving = people(shape, count, seed)
    interest = Interest(SLOTS, Sight(refresh_ticks=1))
    for tick in range(1, 5):
        crowd = moving.crowd()
        interest.refresh(tick, crowd.present, crowd)
        for viewer in some(crowd.present, 25):
            assert_fair(crowd, viewer, interest)
        moving = walk(moving, seed, tick, step_cm)


def test_two_people_at_nearly_the_same_distance_do_not_take_turns() -> None:
    count = INTEREST_MAX + 1
    x = np.array([0, *range(10, 10 + count - 1), 1000, 1010], np.int32)
    member, rival = count + 1, count + 2
    interest = Interest(SLOTS, Sight(refresh_ticks=1))
    for tick, place in enumerate((1000, 1015, 1000, 1015, 1070), 1):
        x[member - 1] = place
        crowd = People(x[2:], x[2:] * 0).crowd() if False else People(x, x * 0).crowd()
        interest.refresh(tick, np.array([1], np.int32), crowd)
        found = members(interest, 1)
        assert (member in found) is (tick < 5)
        assert (rival in found) is not (member in found)
