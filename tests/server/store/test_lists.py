"""Lists within statements: the same values, in few lengths."""

import pytest

from server.store.lists import listed


@pytest.mark.parametrize("count", range(70))
def test_the_values_are_the_same_and_few_lengths_are_used(count: int) -> None:
    values = [f"key {number}" for number in range(count)]
    said = listed(values)
    assert said[:count] == values
    assert set(said) == set(values)
    assert len(said) in (0, 1, 2, 4, 8, 16, 32, 64, 128)
    assert len(said) < max(2, 2 * count)
