"""The slope's statistics, with series that are made up: what grows is found to grow, and noise is not."""

import numpy as np
import pytest

from tests.soak.slope import Slope, slope_of, student_t

MINUTES = 25
AT_S = np.arange(MINUTES * 60, dtype=np.float64)


def noise(seed: int, scale: float = 1.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, scale, AT_S.size)


def test_a_line_is_its_own_slope_exactly() -> None:
    slope = slope_of(AT_S, 100 + 3 * AT_S / 3600)
    assert slope.per_hour == pytest.approx(3)
    assert slope.low == pytest.approx(3)
    assert slope.high == pytest.approx(3)


def test_what_grows_by_a_little_under_much_noise_is_found_to_grow() -> None:
    slope = slope_of(AT_S, 180 + 5 * AT_S / 3600 + noise(1))
    assert slope.low < 5 < slope.high
    assert (slope.grows, slope.verdict) == (True, "grows")


def test_noise_alone_is_told_from_zero_in_one_run_of_twenty() -> None:
    found = [slope_of(AT_S, 180 + noise(seed)).verdict for seed in range(400)]
    share = found.count("indistinguishable from zero") / len(found)
    assert share == pytest.approx(0.95, abs=0.03)


def test_seconds_that_follow_each_other_are_not_so_many_observations() -> None:
    """Noise that stays for ten seconds would look like certainty to a line through every second."""
    slow = [np.repeat(np.random.default_rng(seed).normal(0, 1, AT_S.size // 10), 10) for seed in range(400)]
    found = [slope_of(AT_S, values).verdict for values in slow]
    assert found.count("indistinguishable from zero") / len(found) == pytest.approx(0.965, abs=0.03)


def test_what_falls_does_not_grow() -> None:
    slope = slope_of(AT_S, 180 - 5 * AT_S / 3600 + noise(1))
    assert (slope.grows, slope.verdict) == (False, "shrinks")


def test_what_never_changes_does_not_grow() -> None:
    assert slope_of(AT_S, np.full(AT_S.size, 180.0)) == Slope(0, 0, 0)


def test_readings_that_are_missing_do_not_matter() -> None:
    kept = np.random.default_rng(1).random(AT_S.size) > 0.3
    values = 180 + 5 * AT_S / 3600
    assert slope_of(AT_S[kept], values[kept]).per_hour == pytest.approx(5)


@pytest.mark.parametrize("readings", [0, 1, 9])
def test_too_few_readings_are_told(readings: int) -> None:
    with pytest.raises(ValueError, match=f"{readings} readings in"):
        slope_of(AT_S[:readings], AT_S[:readings])


@pytest.mark.parametrize(
    ("freedom", "table"), [(3, 3.182), (5, 2.571), (10, 2.228), (23, 2.069), (48, 2.011), (1000, 1.962)]
)
def test_the_quantiles_are_those_of_the_tables(freedom: int, table: float) -> None:
    assert student_t(freedom) == pytest.approx(table, abs=0.01)


def test_it_is_told_in_a_line() -> None:
    assert Slope(1.234, -0.5, 3.0).told("MB") == (
        "+1.23 MB/h, 95 % interval -0.50 to +3.00: indistinguishable from zero"
    )


@pytest.mark.parametrize(("kept", "right"), [(0.0, 0.965), (0.5, 0.91), (0.8, 0.865)])
def test_what_blocks_have_in_common_is_not_taken_for_growth(kept: float, right: float) -> None:
    """Without the correction a quarter of these series at 0.5 are said to grow or shrink, and half of those at 0.8."""
    found = [slope_of(AT_S, 180 + np.repeat(series(seed, kept), 30)).verdict for seed in range(400)]
    assert found.count("indistinguishable from zero") / len(found) == pytest.approx(right, abs=0.05)


@pytest.mark.parametrize("per_hour", [2.0, 4.0])
def test_a_leak_that_an_allocator_makes_steps_of_is_found(per_hour: float) -> None:
    steps = [np.floor(AT_S * per_hour / 3600 / 0.25 + phase) * 0.25 for phase in np.linspace(0, 1, 20)]
    assert all(slope_of(AT_S, 180 + step + noise(seed, 0.02)).grows for seed, step in enumerate(steps))


def series(seed: int, kept: float) -> np.ndarray:
    """Blocks of half a minute, each of which keeps so much of the one before."""
    rng, value, blocks = np.random.default_rng(seed), 0.0, []
    for _ in range(100 + MINUTES * 2):
        value = kept * value + rng.normal()
        blocks.append(value)
    return np.array(blocks[100:])
