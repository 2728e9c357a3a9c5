"""What can be done with an event depends on how it stands."""

import pytest

from tests.world.market import Market, reasons
from world.events.steer_event import LASTS_S_MAX, Action

IDLE: list[Action] = []
RUNNING: list[Action] = ["start"]
PAUSED: list[Action] = ["start", "pause"]


@pytest.mark.parametrize(
    ("before", "action", "stands"),
    [
        (IDLE, "pause", "idle"),
        (IDLE, "resume", "idle"),
        (IDLE, "extend", "idle"),
        (IDLE, "cancel", "idle"),
        (RUNNING, "start", "running"),
        (RUNNING, "resume", "running"),
        (PAUSED, "start", "paused"),
        (PAUSED, "pause", "paused"),
        ([*RUNNING, "cancel"], "pause", "ending"),
    ],
)
def test_what_does_not_fit_the_state_is_refused_and_says_which_state(
    before: list[Action], action: Action, stands: str
) -> None:
    market = Market()
    for each in before:
        assert reasons(market.steer("drizzle", each)) == []
    (refusal,) = market.steer("drizzle", action, 5).refused
    assert (refusal.reason, refusal.field) == ("wrong_state", "action")
    assert f"it is {stands}" in refusal.message


@pytest.mark.parametrize(("seconds", "reason"), [(0, "no_seconds"), (LASTS_S_MAX, "too_long")])
def test_an_extension_has_bounds(seconds: int, reason: str) -> None:
    market = Market()
    market.steer("drizzle", "start")
    assert reasons(market.steer("drizzle", "extend", seconds)) == [reason]


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    (refusal,) = Market().steer("typhoon", "start").refused
    assert (refusal.reason, refusal.field) == ("no_such_event", "name")
    assert "drizzle" in refusal.message


def test_a_zone_steers_its_own_events_only() -> None:
    assert reasons(Market(zone=1).steer("drizzle", "start")) == ["no_such_event"]
