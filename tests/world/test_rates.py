"""Nobody does anything oftener than allowed, and a refusal costs nothing."""

import ast
import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.world.hamlet import config, space
from world.catalogue import DEEDS, Deed
from world.event import Refused
from world.rates import spend
from world.state import World
from world.tuning import Rate

RATES = st.builds(Rate, st.integers(1, 100), st.floats(0.1, 60))


def spender() -> tuple[World, int]:
    world = World(config(), 0, space())
    return world, world.columns.add(5)


def tries(world: World, row: int, rate: Rate) -> bool:
    try:
        spend(world, world.columns.say_debt, row, rate)
    except Refused:
        return False
    return True


def test_a_burst_is_allowed_at_once_and_refilled_evenly() -> None:
    world, row = spender()
    world.tick = 1000
    rate = Rate(8, 10)
    assert [tries(world, row, rate) for _ in range(9)] == [True] * 8 + [False]
    allowed = []
    for world.tick in range(1001, 1201):
        if tries(world, row, rate):
            allowed.append(world.tick)
    assert allowed == list(range(1025, 1201, 25))


@given(RATES, st.lists(st.integers(0, 200), max_size=60))
def test_no_window_holds_more_than_two_bursts(rate: Rate, waits: list[int]) -> None:
    world, row = spender()
    done = []
    for wait in waits:
        world.tick += wait
        if tries(world, row, rate):
            done.append(world.tick)
    window = world.ticks(rate.per_s)
    # Ticks are whole: a rate that would refill oftener than every tick refills every tick.
    refilled = window // max(1, window // rate.burst)
    for first in done:
        assert sum(first <= tick < first + window for tick in done) <= rate.burst + refilled


def test_a_refusal_adds_no_debt_and_tells_when_to_try_again() -> None:
    world, row = spender()
    spend(world, world.columns.sit_debt, row, Rate(1, 2))
    before = world.columns.sit_debt.copy()
    with pytest.raises(Refused) as no:
        spend(world, world.columns.sit_debt, row, Rate(1, 2))
    assert (world.columns.sit_debt == before).all()
    assert no.value.reason == "too_often"
    assert no.value.message == "1 in 2 s; again in 2.0 s"


def test_everybody_has_an_allowance_of_their_own() -> None:
    world, row = spender()
    other = world.columns.add(6)
    assert [tries(world, each, Rate(1, 10)) for each in (row, row, other)] == [True, False, True]


# A Move is an intent that replaces the one before it: one counts in a tick, and what comes beyond what a client may
# say in a second never reaches the world.
LIMITED_ELSEWHERE = {"move"}


@pytest.mark.parametrize("deed", [deed for deed in DEEDS.values() if deed.public], ids=lambda deed: deed.name)
def test_every_deed_of_clients_has_a_rate_of_its_own(deed: Deed) -> None:
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(deed.apply))) if isinstance(node, ast.Call)]
    spent = [call for call in calls if ast.unparse(call.func) == "spend"]
    assert len(spent) == (deed.name not in LIMITED_ELSEWHERE)
