"""The pace of joining: a budget divided by what a join is measured to cost."""

import pytest

from server.joining import Cost, JoinPace, Step


def pace(cost_ms: float, budget_ms: float = 5, most: int = 20) -> JoinPace:
    joining = JoinPace(budget_ms, most)
    for _ in range(100):
        for step, share in {Step.IDENTIFY: 0.2, Step.ENTER: 0.5, Step.WELCOME: 0.3}.items():
            joining.spent(step, 7 * share * cost_ms / 1000, 7)
    return joining


@pytest.mark.parametrize(("cost_ms", "count"), [(0.05, 20), (0.24, 20), (0.5, 10), (1.0, 5), (50.0, 1)])
def test_as_many_join_as_the_budget_pays_for_and_at_least_one(cost_ms: float, count: int) -> None:
    joining = pace(cost_ms)
    assert joining.cost_s == pytest.approx(cost_ms / 1000)
    assert abs(joining.per_tick - count) <= (count not in (1, 20))


def test_before_anything_is_known_the_pace_is_the_highest() -> None:
    assert JoinPace(0.1, 20).per_tick == 20


def test_nothing_is_learnt_from_a_tick_without_joins() -> None:
    joining = pace(0.5)
    before = joining.cost_s
    joining.spent(Step.ENTER, 1.0, 0)
    assert joining.cost_s == before


def test_the_pace_follows_what_joins_cost_now() -> None:
    joining = pace(0.1)
    for _ in range(200):
        joining.spent(Step.WELCOME, 0.004, 2)
    assert joining.per_tick == 2


def test_connecting_is_counted_and_not_held_against_those_who_join() -> None:
    joining = pace(0.5)
    joining.take_spent_s()
    joining.spent(Step.CONNECT, 0.25, 1)
    joining.spent(Step.CONNECT, 0.5, 0)
    assert joining.cost_s == pytest.approx(0.0005)
    assert [joining.take_spent_s(), joining.take_spent_s()] == [0.75, 0.0]


def test_a_cost_is_the_mean_of_what_was_done_lately() -> None:
    cost = Cost()
    assert cost.each_s == 0
    cost.add(3.0, 2)
    assert cost.each_s == 1.5
    for _ in range(400):
        cost.add(0.5, 1)
    assert cost.each_s == pytest.approx(0.5, rel=0.01)
