"""Sorting with the place packed below the number gives what a stable argsort gives."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from world.sorting import order_of


@given(numbers=st.lists(st.integers(0, (1 << 24) - 1) | st.integers(0, 3), max_size=300))
def test_the_order_is_that_of_a_stable_argsort(numbers: list[int]) -> None:
    array = np.array(numbers, np.int32)
    assert order_of(array).tolist() == np.argsort(array, kind="stable").tolist()


def test_as_many_as_a_city_holds_fit() -> None:
    array = np.random.default_rng(1).integers(0, 1 << 24, 131_072).astype(np.int32)
    assert np.array_equal(order_of(array), np.argsort(array, kind="stable"))
