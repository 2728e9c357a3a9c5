"""Quadtree leaves: everybody in one, none too full, none smaller than it must be."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from world.leaves import Leaves, cut

Points = NDArray[np.int32]
POINTS_MAX, LEVELS = 8, 6


@st.composite
def points(draw: st.DrawFn) -> tuple[Points, Points]:
    """Up to 300 points in bins, some of them heaped in one place."""
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    spread = draw(st.sampled_from([1, 3, 40, 500, 4096]))
    count, heap = draw(st.integers(1, 250)), draw(st.integers(0, 50))
    x, z = chance.integers(0, spread, (2, count + heap), dtype=np.int32)
    x[:heap], z[:heap] = spread // 2, spread // 3
    return x, z


def sizes(leaves: Leaves) -> list[int]:
    counts: list[int] = (leaves.ends - leaves.starts).tolist()
    return counts


@given(points=points())
def test_every_point_is_in_exactly_one_leaf_and_within_its_square(points: tuple[Points, Points]) -> None:
    leaves = cut(*points, POINTS_MAX, LEVELS)
    assert sorted(leaves.order.tolist()) == list(range(points[0].size))
    assert leaves.starts[0] == 0
    assert leaves.ends[-1] == points[0].size
    assert leaves.starts[1:].tolist() == leaves.ends[:-1].tolist()
    for axis, low in ((points[0], leaves.x), (points[1], leaves.z)):
        offset = axis[leaves.order] - np.repeat(low, sizes(leaves))
        assert np.all((offset >= 0) & (offset < np.repeat(leaves.side, sizes(leaves))))


@given(points=points())
def test_no_leaf_holds_more_than_it_may_not_even_of_a_pile(points: tuple[Points, Points]) -> None:
    assert max(sizes(cut(*points, POINTS_MAX, LEVELS))) <= POINTS_MAX


@given(points=points())
def test_no_leaf_is_smaller_than_it_must_be(points: tuple[Points, Points]) -> None:
    leaves = cut(*points, POINTS_MAX, LEVELS)
    assert leaves.side.max() <= 1 << LEVELS
    for x, z, side in zip(leaves.x.tolist(), leaves.z.tolist(), leaves.side.tolist(), strict=True):
        if side < 1 << LEVELS:
            parent = Counter(zip((points[0] // (2 * side)).tolist(), (points[1] // (2 * side)).tolist(), strict=True))
            assert parent[x // (2 * side), z // (2 * side)] > POINTS_MAX


@given(points=points())
def test_squares_are_aligned_to_their_size_so_that_none_overlap(points: tuple[Points, Points]) -> None:
    leaves = cut(*points, POINTS_MAX, LEVELS)
    squares = list(zip(leaves.x.tolist(), leaves.z.tolist(), leaves.side.tolist(), strict=True))
    assert all(x % side == 0 and z % side == 0 for x, z, side in squares)
    assert all(side == 1 for (_, _, side), leaves_of in Counter(squares).items() if leaves_of > 1)
    for x, z, side in squares:
        larger = {(x & -wide, z & -wide, wide) for wide in (2**level for level in range(LEVELS + 1)) if wide > side}
        assert not larger & set(squares)
