"""Who sees whom, against looking at everybody one by one."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.crowds import SHAPES, Int, People, in_sight, people, squared_cm
from world.bins import PILE_MAX
from world.interest import INTEREST_MAX, Crowd, Interest, Sight
from world.nearest import EMPTY, KEEP_NUMERATOR, KEEP_SHIFT, PINNED_MAX

SLOTS = 1 << 13
# Those a frame always shows.
NEAREST = 16
# What distances are multiplied by for who was in the set before, and the most that its rounding takes off.
KEEP, ROUNDING = KEEP_NUMERATOR / (1 << KEEP_SHIFT), KEEP_NUMERATOR

seeds = st.integers(0, 2**32)
# In a pile the choice is anybody's, literally; it has tests of its own.
OPEN_SHAPES = sorted(SHAPES.keys() - {"pile"})
shapes = st.sampled_from(OPEN_SHAPES)


def members(interest: Interest, viewer: int) -> list[int]:
    """A viewer's set; EMPTY comes at the end only, and everything else holds for every set there ever is."""
    row: list[int] = interest.sets[viewer].tolist()
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
    chosen: list[int] = slots[:: max(1, slots.size // count)].tolist()
    return chosen


# ---- fresh viewers -------------------------------------------------------------------------------


@given(shape=shapes, count=st.integers(1, 400), seed=seeds)
@settings(max_examples=60)
def test_a_fresh_set_is_exactly_the_nearest_64_in_sight(shape: str, count: int, seed: int) -> None:
    crowd = people(shape, count, seed).crowd()
    assert_nearest(crowd, some(crowd.present, 40), fresh(crowd, crowd.present))


@pytest.mark.parametrize("shape", OPEN_SHAPES)
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
@settings(max_examples=40)
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
    viewer, member, rival = 1, INTEREST_MAX + 1, INTEREST_MAX + 2
    x = np.arange(0, 10 * rival, 10, dtype=np.int32)
    x[rival - 1] = 1000
    interest = Interest(SLOTS, Sight(refresh_ticks=1))
    for tick, (place, kept) in enumerate([(990, True), (1010, True), (990, True), (1100, True), (1120, False)], 1):
        x[member - 1] = place
        crowd = People(x, x * 0).crowd()
        interest.refresh(tick, np.array([viewer], np.int32), crowd)
        assert (member in members(interest, viewer)) is kept
        assert (rival in members(interest, viewer)) is not kept


# ---- turns ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("patience", [1, 2])
@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_everybody_in_a_steady_crowd_is_served_within_the_time_given(shape: str, patience: int) -> None:
    crowd = people(shape, 2000, 8).crowd()
    sight = Sight()
    interest = Interest(SLOTS, sight)
    served_at = np.zeros(SLOTS, np.int64)
    within_ticks = sight.refresh_ticks * patience
    for tick in range(1, 4 * within_ticks + 1):
        served = interest.refresh(tick, crowd.present, crowd, patience)
        served_at[served] = tick
        if tick >= within_ticks:
            assert tick - served_at[crowd.present].min() < within_ticks


def test_with_more_patience_a_tick_serves_fewer_and_with_less_again_nobody_waits_longer() -> None:
    crowd = people("uniform", 2000, 8).crowd()
    interest = Interest(SLOTS)
    served_at = np.zeros(SLOTS, np.int64)
    sizes = []
    for tick in range(1, 121):
        served = interest.refresh(tick, crowd.present, crowd, 2 if 40 < tick <= 80 else 1)
        served_at[served] = tick
        sizes.append(served.size)
        if not 40 < tick <= 80 and tick % 40 >= 20:
            assert tick - served_at[crowd.present].min() < interest.sight.refresh_ticks
    assert sizes[20:40] == [200] * 20
    assert sizes[60:80] == [100] * 20
    assert sizes[100:] == [200] * 20


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_no_tick_serves_much_more_than_its_share(shape: str) -> None:
    crowd = people(shape, 4000, 8).crowd()
    interest = Interest(SLOTS)
    share = crowd.present.size / interest.sight.refresh_ticks
    for tick in range(1, 30):
        assert interest.refresh(tick, crowd.present, crowd).size <= 2 * share


def residents_and(newcomers: int) -> tuple[Interest, Crowd, set[int]]:
    """A crowd in which all but the newcomers have had their turns, up to tick 24."""
    crowd = people("uniform", 1500, 4).crowd()
    interest = Interest(SLOTS)
    for tick in range(1, 25):
        interest.refresh(tick, crowd.present[:-newcomers], crowd)
    return interest, crowd, set(crowd.present[-newcomers:].tolist())


def test_a_newcomer_sees_in_the_very_next_tick() -> None:
    interest, crowd, newcomers = residents_and(1)
    assert newcomers <= set(interest.refresh(25, crowd.present, crowd).tolist())
    assert_nearest(crowd, newcomers, interest)


def test_newcomers_are_served_before_all_who_had_a_turn() -> None:
    interest, crowd, newcomers = residents_and(300)
    for tick in range(25, 31):
        served = interest.refresh(tick, crowd.present, crowd)
        newcomers -= set(served.tolist())
        # With them, their neighbours: a tick serves two shares of those who wait, so six serve everybody.
        assert served.size >= 2 * 150 or not newcomers
    assert not newcomers


# ---- piles ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [PILE_MAX + 1, 700, 6000])
def test_a_pile_fills_every_set(count: int) -> None:
    crowd = people("pile", count, 2).crowd()
    interest = fresh(crowd, crowd.present)
    assert all(len(members(interest, viewer)) == INTEREST_MAX for viewer in crowd.present.tolist())


def test_nobody_who_stands_beside_a_pile_is_overlooked() -> None:
    heap = people("pile", 3000, 2)
    friends = People(np.array([300, 380], np.int32), np.array([300, 300], np.int32))
    crowd = People(*(np.concatenate(axes) for axes in zip(heap, friends, strict=True))).crowd()
    interest = fresh(crowd, crowd.present)
    one, other = crowd.present[-2:].tolist()
    assert members(interest, one)[:NEAREST].count(other) == 1
    assert members(interest, other)[:NEAREST].count(one) == 1


# ---- pinned --------------------------------------------------------------------------------------


def far_and_near(far: int, apart_cm: int = 9000) -> People:
    """Two hundred people on twenty metres, and behind them `far` others, so far away that no set reaches them."""
    near = people("uniform", 200, 6)
    away = np.full(far, apart_cm, np.int32) + np.arange(far, dtype=np.int32) * 10
    return People(np.concatenate((near.x // 5, away)), np.concatenate((near.z // 5, away * 0)))


@pytest.mark.parametrize("performing", [1, PINNED_MAX, 20])
def test_performers_in_sight_come_first_in_every_set_and_are_few(performing: int) -> None:
    standing = far_and_near(performing)
    performers = tuple(range(201, 201 + performing))
    crowd = standing.crowd(performers=performers)
    interest = fresh(crowd, crowd.present[:200])
    shown = min(performing, PINNED_MAX)
    for viewer in range(1, 201):
        found = members(interest, viewer)
        assert set(found[:NEAREST]) & set(performers) == set(performers[:shown])
        assert len(found) == INTEREST_MAX
        assert len(set(found) & set(performers)) == shown


def test_a_performer_sees_the_crowd_and_not_itself() -> None:
    crowd = far_and_near(1, apart_cm=2000).crowd(performers=(201,))
    assert_nearest(crowd, [201], fresh(crowd, crowd.present))


def test_a_performer_out_of_sight_takes_no_place() -> None:
    crowd = far_and_near(3, apart_cm=20_000).crowd(performers=(201, 202, 203))
    assert_nearest(crowd, some(crowd.present[:200], 20), fresh(crowd, crowd.present[:200]))


def performing_in_another_layer() -> Crowd:
    """Two hundred in layer 0, and a performer 90 m away who is in layer 1."""
    layers = np.zeros(201, np.uint8)
    layers[200] = 1
    return far_and_near(1).crowd(layers, performers=(201,))


def test_a_performer_who_is_not_seen_from_a_layer_takes_no_place_there() -> None:
    crowd = performing_in_another_layer()
    assert_nearest(crowd, some(crowd.present[:200], 20), fresh(crowd, crowd.present[:200]))


def test_a_performer_who_is_seen_from_a_layer_comes_first_there() -> None:
    crowd = performing_in_another_layer()
    assert crowd.seen_from is not None
    crowd.seen_from[201] |= 1
    interest = fresh(crowd, crowd.present[:200])
    assert all(201 in members(interest, viewer)[:NEAREST] for viewer in range(1, 201))


def test_what_a_viewer_pins_is_in_its_own_set_and_in_nobody_elses() -> None:
    crowd = far_and_near(PINNED_MAX).crowd()
    interest = Interest(SLOTS, Sight(refresh_ticks=1))
    interest.pin(7, tuple(range(201, 201 + PINNED_MAX)))
    interest.refresh(1, crowd.present[:200], crowd)
    assert set(range(201, 201 + PINNED_MAX)) <= set(members(interest, 7)[:NEAREST])
    assert len(members(interest, 7)) == INTEREST_MAX
    assert_nearest(crowd, [viewer for viewer in range(1, 201) if viewer != 7], interest)


def test_many_who_stand_together_each_keep_what_they_pinned() -> None:
    crowd = far_and_near(160).crowd()
    interest = Interest(SLOTS, Sight(refresh_ticks=1))
    pins = {viewer: tuple(range(193 + 8 * viewer, 201 + 8 * viewer)) for viewer in range(1, 21)}
    for viewer, slots in pins.items():
        interest.pin(viewer, slots)
    interest.refresh(1, crowd.present[:200], crowd)
    for viewer, slots in pins.items():
        assert set(slots) <= set(members(interest, viewer)[:NEAREST])


def test_a_viewers_own_pins_come_before_performers_and_both_together_are_at_most_eight() -> None:
    crowd = far_and_near(15).crowd(performers=tuple(range(201, 209)))
    interest = Interest(SLOTS, Sight(refresh_ticks=1))
    interest.pin(1, (215, 213, 214))
    interest.refresh(1, crowd.present[:200], crowd)
    beyond = {slot for slot in members(interest, 1) if slot > 200}
    assert {215, 213, 214} < beyond
    assert len(beyond) == PINNED_MAX


def test_the_last_pins_are_the_only_ones_and_an_absent_friend_takes_no_place() -> None:
    crowd = far_and_near(4, apart_cm=2500).crowd()
    interest = Interest(SLOTS, Sight(refresh_ticks=1))
    interest.pin(1, (201, 202))
    interest.pin(1, (203,))
    interest.refresh(1, crowd.present[:200], crowd)
    assert {slot for slot in members(interest, 1) if slot > 200} == {203}
    interest.pin(1, ())
    interest.refresh(2, crowd.present[:200], crowd)
    assert_fair(crowd, 1, interest)
    assert max(members(interest, 1)) <= 200


def test_pinning_more_than_eight_is_refused() -> None:
    with pytest.raises(ValueError, match="may pin 8"):
        Interest(SLOTS).pin(1, tuple(range(2, 11)))


# ---- layers, and leaving -------------------------------------------------------------------------


@given(shape=shapes, count=st.integers(2, 300), seed=seeds)
@settings(max_examples=25)
def test_people_in_different_layers_never_see_each_other(shape: str, count: int, seed: int) -> None:
    layers = np.random.default_rng(seed).integers(0, 3, count).astype(np.uint8)
    crowd = people(shape, count, seed).crowd(layers)
    assert_nearest(crowd, some(crowd.present, 30), fresh(crowd, crowd.present))


def test_whoever_is_pinned_is_seen_only_while_they_can_be_seen_from_the_viewers_layer() -> None:
    layers = np.zeros(202, np.uint8)
    layers[200] = 1
    crowd = far_and_near(2).crowd(layers)
    interest = Interest(SLOTS, Sight(refresh_ticks=1))
    interest.pin(1, (201, 202))
    interest.refresh(1, crowd.present[:200], crowd)
    assert {slot for slot in members(interest, 1) if slot > 200} == {202}


@given(seed=seeds)
@settings(max_examples=25)
def test_each_layer_sees_exactly_whom_its_bits_say(seed: int) -> None:
    chance = np.random.default_rng(seed)
    layers = chance.integers(0, 3, 150).astype(np.uint8)
    crowd = people("clustered", 150, seed).crowd(layers)
    assert crowd.seen_from is not None
    crowd.seen_from[:] |= chance.integers(0, 8, crowd.seen_from.size).astype(np.uint16)
    interest = fresh(crowd, crowd.present)
    for viewer in some(crowd.present, 20):
        seen = crowd.seen_in(int(crowd.layer[viewer]), crowd.present)
        others = seen[seen != viewer]
        nearest = np.sort(squared_cm(crowd, viewer, others))[:INTEREST_MAX]
        found = np.array(members(interest, viewer), np.int32)
        assert set(found.tolist()) <= set(others.tolist())
        assert np.sort(squared_cm(crowd, viewer, found)).tolist() == nearest.tolist()


def test_a_forgotten_slot_starts_with_nobody_and_first_in_turn_and_keeps_its_pins() -> None:
    crowd = people("uniform", 900, 4).crowd()
    interest = Interest(SLOTS)
    for tick in range(1, 12):
        just_served = interest.refresh(tick, crowd.present, crowd)
    viewer = int(just_served[0])
    far = in_sight(crowd, viewer, 15_000)[-2:].tolist()
    interest.pin(viewer, tuple(far))
    interest.forget(viewer)
    assert members(interest, viewer) == []
    assert viewer in interest.refresh(12, crowd.present, crowd)
    assert set(members(interest, viewer)[:NEAREST]) >= set(far)
