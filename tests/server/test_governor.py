"""The level rises with load, comes down in seconds when the load has gone, and does not blink."""

from collections.abc import Callable
from itertools import pairwise

import pytest
import structlog

from server.clock import HandClock
from server.governor import HOLD_TICKS, LATE_STEP_TICKS, LEVEL_MAX, RELIEF, STEP_TICKS, Governor, Load
from server.ops.metrics import Metrics
from server.settings import GovernorSettings

TICK_S = 0.05
BUSY_MAX = 0.8


class Hand:
    """A governor whose ticks are worked by a test."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.metrics = Metrics(("a_zone",))
        self.governor = Governor(GovernorSettings(busy_max=BUSY_MAX), self.clock, self.metrics)
        self.levels: list[int] = []
        self.clients = 100

    def work(self, busy: float, ticks: int = 1, skipped: int = 0, behind: int = 0) -> int:
        """So many ticks with so much of their time worked; returns the level after them."""
        return self.strain(lambda _: busy, ticks, skipped, behind)

    def strain(self, busy_at: Callable[[int], float], ticks: int, skipped: int = 0, behind: int = 0) -> int:
        """The same, with a load that depends on the level."""
        for _ in range(ticks):
            busy = busy_at(self.governor.level)
            passed_s = TICK_S * (1 + skipped)
            self.clock.forward(passed_s, busy * passed_s)
            self.governor.observe(Load(skipped, behind, self.clients))
            self.levels.append(self.governor.level)
        return self.governor.level

    def sample(self, name: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"futurecity_{name}")


def shed(busy: float) -> Callable[[int], float]:
    """A load that each level relieves by three quarters of what is assumed, as measured ones do."""

    def at(level: int) -> float:
        left = busy
        for relief in RELIEF[1 : level + 1]:
            left /= 1 + (relief - 1) * 0.75
        return left

    return at


def test_a_calm_city_sheds_nothing() -> None:
    assert Hand().work(BUSY_MAX - 0.05, 200) == 0


def test_busy_is_smoothed_so_that_one_long_tick_sheds_nothing() -> None:
    hand = Hand()
    hand.work(0.4, 40)
    hand.work(1.5)
    assert hand.work(0.4, 40) == 0
    assert hand.governor.busy == pytest.approx(0.4, abs=0.02)


def test_too_much_load_raises_one_level_at_a_time_up_to_the_last() -> None:
    hand = Hand()
    assert hand.work(2.0, 5 * STEP_TICKS + STEP_TICKS) == LEVEL_MAX
    rises = [b - a for a, b in pairwise(hand.levels) if b != a]
    assert rises == [1] * len(rises)


def test_a_budget_that_is_lowered_sheds_what_was_bearable_and_one_that_is_raised_gives_it_back() -> None:
    hand = Hand()
    assert hand.work(BUSY_MAX - 0.05, 100) == 0
    hand.governor.busy_max = BUSY_MAX / 2
    assert hand.work(BUSY_MAX - 0.05, 100) == LEVEL_MAX
    hand.governor.busy_max = BUSY_MAX * 2
    assert hand.work(BUSY_MAX - 0.05, 200) == 0


def test_the_level_stops_rising_where_the_load_is_bearable() -> None:
    hand = Hand()
    assert hand.strain(shed(0.93), 400) == 2
    assert hand.governor.busy < BUSY_MAX


def test_a_level_is_not_given_up_for_the_calm_that_it_makes() -> None:
    hand = Hand()
    hand.strain(shed(0.93), 2000)
    assert set(hand.levels[-1500:]) == {2}


def test_when_the_load_has_gone_the_level_is_back_at_nought_in_seconds() -> None:
    hand = Hand()
    hand.work(2.0, 200)
    assert hand.governor.level == LEVEL_MAX
    assert hand.work(0.3, 6 * HOLD_TICKS) == 0


def test_a_level_that_is_needed_again_at_once_is_kept_for_longer_the_next_time() -> None:
    hand = Hand()
    loads = {0: BUSY_MAX * 1.1}

    def deceiving(level: int) -> float:
        # Any level saves far more than it should, so the lower one looks bearable and is not.
        return loads.get(level, 0.3)

    hand.strain(deceiving, 4000)
    up = [tick for tick, (a, b) in enumerate(pairwise(hand.levels)) if b > a]
    apart = [later - earlier for earlier, later in pairwise(up)]
    assert len(up) < 20
    assert min(apart[-3:]) > 5 * apart[0]


def test_what_a_level_has_taught_that_blinked_keeps_none_above_it() -> None:
    hand = Hand()
    hand.strain(lambda level: 0.3 if level else BUSY_MAX * 1.1, 4000)
    assert hand.work(0.6, 4 * LATE_STEP_TICKS, skipped=1) >= 3
    assert hand.work(0.3, 6 * HOLD_TICKS) == 1


def test_what_one_crowd_has_taught_is_forgotten_when_it_goes() -> None:
    hand = Hand()
    hand.strain(lambda level: 0.3 if level else BUSY_MAX * 1.1, 4000)
    hand.work(BUSY_MAX * 1.1, 2 * STEP_TICKS)
    hand.clients = 80
    assert hand.work(0.1, 6 * HOLD_TICKS) > 0
    hand.clients = 70
    assert hand.work(0.1, 6 * HOLD_TICKS) == 0


def test_ticks_that_are_left_out_again_and_again_raise_the_level_before_the_average_does() -> None:
    hand = Hand()
    hand.work(0.6, 40)
    assert hand.work(0.6, LATE_STEP_TICKS, skipped=1) == 1


def test_the_next_level_comes_sooner_where_ticks_are_late_than_where_the_city_is_merely_busy() -> None:
    for skipped, apart in ((0, STEP_TICKS), (1, LATE_STEP_TICKS)):
        hand = Hand()
        hand.work(0.6, 40)
        assert hand.work(BUSY_MAX * 1.2, 5 * STEP_TICKS, skipped) == LEVEL_MAX
        up = [tick for tick, (a, b) in enumerate(pairwise(hand.levels)) if b > a]
        assert [later - earlier for earlier, later in pairwise(up)] == [apart] * (LEVEL_MAX - 1)


def test_one_stall_of_the_machine_sheds_nothing() -> None:
    hand = Hand()
    hand.work(0.6, 40)
    hand.work(0.6, skipped=9)
    assert hand.work(0.6, 40) == 0


def test_a_machine_that_gives_an_idle_city_no_time_makes_it_shed_nothing() -> None:
    hand = Hand()
    hand.work(0.05, 40)
    assert hand.work(0.05, 20, skipped=3) == 0


def test_a_few_who_do_not_read_pay_alone_and_most_of_them_raise_the_level() -> None:
    hand = Hand()
    assert hand.work(0.3, 100, behind=40) == 0
    assert hand.work(0.3, 60, behind=80) > 0
    assert hand.work(0.3, 300) == 0


def test_level_and_busy_are_measured_and_every_change_is_logged_with_its_reason() -> None:
    hand = Hand()
    with structlog.testing.capture_logs() as logs:
        hand.work(2.0, 30)
        hand.work(0.1, 300)
    assert hand.sample("shed_level") == 0
    assert hand.sample("busy_ratio") == pytest.approx(0.1, abs=0.01)
    assert hand.sample("loop_cpu_seconds_total") == pytest.approx(30 * 2.0 / 20 + 300 * 0.1 / 20)
    assert hand.sample("shed_changes_total") == len(logs)
    rises = [line for line in logs if line["event"] == "shedding more detail"]
    assert rises[0]["level"] == 1
    assert "80% is the most" in rises[0]["reason"]
    assert logs[-1]["event"] == "shedding less detail"
