"""The histogram against NumPy's own percentiles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.histogram import BUCKETS, ERROR, LOW, Histogram


def filled(values: object) -> Histogram:
    histogram = Histogram()
    histogram.add(np.asarray(values, np.float64))
    return histogram


@given(st.lists(st.floats(LOW, 500_000), min_size=1, max_size=200), st.floats(1, 100))
def test_every_percentile_is_right_to_two_per_cent(values: list[float], percent: float) -> None:
    exact = float(np.percentile(values, percent, method="inverted_cdf"))
    assert filled(values).percentile(percent) == pytest.approx(exact, rel=ERROR + 1e-9)


def test_percentiles_of_a_million_values_are_right_to_two_per_cent() -> None:
    values = np.random.default_rng(7).lognormal(4.6, 0.5, 1_000_000)
    histogram = filled(values)
    for percent in (1, 50, 99, 99.9):
        assert histogram.percentile(percent) == pytest.approx(float(np.percentile(values, percent)), rel=ERROR)


def test_the_largest_value_and_the_mean_are_exact() -> None:
    histogram = filled([1.0, 2.0, 123.456])
    assert histogram.max == 123.456
    assert histogram.mean == pytest.approx(42.152)


def test_an_empty_histogram_knows_nothing() -> None:
    histogram = Histogram()
    histogram.add(np.array([]))
    assert (histogram.percentile(50), histogram.max, histogram.mean, histogram.count) == (None, None, None, 0)


def test_values_outside_the_range_are_counted_at_its_ends() -> None:
    histogram = filled([0.0, 1e9])
    assert histogram.count == 2
    assert histogram.percentile(1) == pytest.approx(LOW, rel=2 * ERROR)
    assert histogram.max == 1e9


def test_merging_is_the_same_as_having_counted_everything() -> None:
    one, other = filled([1.0, 2.0]), filled([300.0])
    one.merge(other)
    assert [one.percentile(percent) for percent in (10, 60, 99)] == [
        filled([1.0, 2.0, 300.0]).percentile(percent) for percent in (10, 60, 99)
    ]
    assert one.max == 300.0


def test_clearing_forgets_everything() -> None:
    histogram = filled([5.0])
    histogram.clear()
    assert (histogram.count, histogram.max) == (0, None)


def test_its_size_does_not_depend_on_what_it_counts() -> None:
    assert BUCKETS < 500
