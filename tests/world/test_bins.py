"""People by square metre: counts and members of any rectangle, against counting one by one."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.crowds import SHAPES, People, people
from world.bins import BIN_CM, PILE_MAX, Bins, Rectangles

EDGES = st.integers(-40, 440)
RECTANGLES = st.tuples(EDGES, EDGES, EDGES, EDGES).map(lambda r: (*map(min, r[:2], r[2:]), *map(max, r[:2], r[2:])))
OPEN_SHAPES = sorted(SHAPES.keys() - {"pile"})
CROWDS = st.builds(people, st.sampled_from(OPEN_SHAPES), st.integers(1, 300), st.integers(0, 2**32))


def bins_of(crowd: People) -> Bins:
    return Bins(crowd.slots, crowd.x, crowd.z)


def inside(bins: Bins, crowd: People, rectangle: tuple[int, int, int, int]) -> set[int]:
    low_x, low_z, high_x, high_z = rectangle
    column, row = (crowd.x - bins.origin_x) // BIN_CM, (crowd.z - bins.origin_z) // BIN_CM
    within = (column >= low_x) & (column < high_x) & (row >= low_z) & (row < high_z)
    return set(crowd.slots[within].tolist())


def members_in(bins: Bins, rectangle: Sequence[int]) -> list[int]:
    """The slots in a rectangle, row by row of bins, as whoever looks around finds them."""
    low_x, low_z, high_x, high_z = (
        min(max(edge, 0), size) for edge, size in zip(rectangle, (bins.columns, bins.rows) * 2, strict=True)
    )
    starts, found = bins.by_row.starts, []
    for row in range(low_z, high_z):
        found += bins.slots[starts[row * bins.columns + low_x] : starts[row * bins.columns + high_x]].tolist()
    return found


def columns(rectangles: Sequence[tuple[int, ...]]) -> Rectangles:
    return Rectangles(*np.array(rectangles, np.int32).T)


@given(crowd=CROWDS, rectangles=st.lists(RECTANGLES, min_size=1, max_size=20))
def test_the_members_of_a_rectangle_are_those_who_stand_in_it_each_once(
    crowd: People, rectangles: list[tuple[int, int, int, int]]
) -> None:
    bins = bins_of(crowd)
    for rectangle in rectangles:
        members = members_in(bins, rectangle)
        assert len(set(members)) == len(members)
        assert set(members) == inside(bins, crowd, rectangle)


@given(crowd=CROWDS, rectangles=st.lists(RECTANGLES, min_size=1, max_size=20))
def test_counts_of_many_rectangles_at_once_are_the_numbers_of_their_members(
    crowd: People, rectangles: list[tuple[int, int, int, int]]
) -> None:
    bins = bins_of(crowd)
    counts = bins.counts_in(columns(rectangles))
    assert counts.tolist() == [len(inside(bins, crowd, rectangle)) for rectangle in rectangles]


@given(crowd=CROWDS, reach_cm=st.integers(0, 20_000))
def test_a_square_holds_everybody_within_reach_of_its_middle(crowd: People, reach_cm: int) -> None:
    bins = bins_of(crowd)
    square = bins.around(crowd.x[:1], crowd.z[:1], np.array([reach_cm], np.int32))
    members = members_in(bins, [edge.item() for edge in square])
    squared = (crowd.x.astype(np.int64) - crowd.x[0]) ** 2 + (crowd.z.astype(np.int64) - crowd.z[0]) ** 2
    assert set(crowd.slots[squared <= reach_cm**2].tolist()) <= set(members)


@given(crowd=CROWDS)
def test_sorting_by_bin_loses_nobody_and_moves_nobody(crowd: People) -> None:
    bins = bins_of(crowd)
    places = {
        slot: (x, z) for slot, x, z in zip(*(part.tolist() for part in (bins.slots, bins.x, bins.z)), strict=True)
    }
    assert places == dict(zip(crowd.slots.tolist(), zip(crowd.x.tolist(), crowd.z.tolist(), strict=True), strict=True))
    column, row = bins.bin_of(bins.x, bins.z)
    assert np.all(np.diff(row.astype(np.int64) * bins.columns + column) >= 0)


@pytest.mark.parametrize("rectangle", [(3, 3, 3, 9), (1000, 0, 1001, 1), (-9, -9, 0, 0)])
def test_an_empty_or_distant_rectangle_holds_nobody(rectangle: tuple[int, int, int, int]) -> None:
    bins = bins_of(people("uniform", 50, 1))
    assert members_in(bins, rectangle) == []
    assert bins.counts_in(columns([rectangle])).tolist() == [0]


def test_a_city_too_wide_for_the_table_is_refused_rather_than_built() -> None:
    slots, z = np.array([1, 2], np.int32), np.zeros(2, np.int32)
    with pytest.raises(AssertionError):
        Bins(slots, np.array([0, 4096 * BIN_CM], np.int32), z)


@given(count=st.integers(1, 1000), beside=st.integers(1, 90), seed=st.integers(0, 2**32))
def test_a_pile_is_thinned_evenly_and_nobody_beside_it_is(count: int, beside: int, seed: int) -> None:
    heap, others = people("pile", count, seed), people("line", beside, seed)
    crowd = People(*(np.concatenate(pair) for pair in zip(heap, others, strict=True)))
    bins = bins_of(crowd)
    assert set(crowd.slots[count:].tolist()) <= set(bins.slots.tolist())
    kept = np.sort(bins.slots[bins.slots <= count])
    assert kept.size <= PILE_MAX
    assert kept.size == count or (kept.size > PILE_MAX // 2 and np.unique(np.diff(kept)).size == 1)
    assert bins.counts_in(columns([(0, 0, bins.columns, bins.rows)])).tolist() == [bins.slots.size]
