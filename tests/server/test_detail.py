"""Each level leaves out something more, never the nearest, and never anybody for good."""

from itertools import pairwise

import numpy as np
import pytest

from protocol.limits import FRAME_NEAREST, FRAME_RECORDS_MAX, INTEREST_MAX
from server.detail import BY_LEVEL, SLOWEST_TICKS_PER_FRAME, TURNS, WHOLE, Detail
from world.config import TICK_RATE_HZ

SLOTS = np.arange(1, 121, dtype=np.int32)


def test_there_are_five_levels_and_the_first_leaves_out_nothing() -> None:
    assert len(BY_LEVEL) == 5
    assert BY_LEVEL[0] is WHOLE
    assert WHOLE.far_records == FRAME_RECORDS_MAX - FRAME_NEAREST


def test_a_higher_level_never_shows_more() -> None:
    for lower, higher in pairwise(BY_LEVEL):
        assert higher.ticks_per_frame >= lower.ticks_per_frame
        assert higher.ticks_per_crowd_map >= lower.ticks_per_crowd_map
        assert higher.importance_min >= lower.importance_min
        assert higher.far_records <= lower.far_records
        assert higher.events_per_frame <= lower.events_per_frame
        assert higher.launches_per_s <= lower.launches_per_s
        assert higher.patience >= lower.patience


def test_the_nearest_come_at_least_four_times_a_second_at_every_level() -> None:
    assert TICK_RATE_HZ / SLOWEST_TICKS_PER_FRAME >= 4


@pytest.mark.parametrize("detail", BY_LEVEL)
def test_whole_sets_come_round(detail: Detail) -> None:
    assert detail.turns * detail.far_records == INTEREST_MAX - FRAME_NEAREST


@pytest.mark.parametrize("detail", BY_LEVEL)
def test_whole_rows_of_seats_are_served_together(detail: Detail) -> None:
    assert TURNS % detail.ticks_per_frame == 0


@pytest.mark.parametrize("detail", BY_LEVEL)
@pytest.mark.parametrize("every_ticks", [10, 20, 80])
def test_each_viewer_has_its_turn_once_in_a_round_and_not_all_at_once(detail: Detail, every_ticks: int) -> None:
    rounds = 12
    turns = np.zeros(SLOTS.size + 1, np.int64)
    most = 0
    for tick in range(1000, 1000 + rounds * every_ticks):
        served = SLOTS[SLOTS % detail.ticks_per_frame == tick % detail.ticks_per_frame]
        rows = detail.turn(tick, served, every_ticks)
        most = max(most, rows.size)
        turns[served[rows]] += 1
    assert turns[1:].tolist() == [rounds] * SLOTS.size
    assert most <= -(-SLOTS.size // every_ticks) + 1
