"""The search for a knee: what follows from which trials, and that it ends at the right crowd."""

import pytest

from loadtest.peers.knee import PLAYERS_MAX, PRECISION, knee, next_players, next_trial
from loadtest.peers.report import Trial
from tests.loadtest.peers.said import broke, held


@pytest.mark.parametrize(
    ("trials", "players"),
    [
        ([], 500),
        ([held(500)], 2000),
        ([held(500), held(2000)], 4000),
        ([broke(500)], 250),
        ([broke(500), broke(250), broke(125), broke(62)], None),
        ([held(500), broke(2000)], 1000),
        ([held(1000), broke(1090)], None),
        ([held(1000), broke(1120)], 1060),
        ([held(PLAYERS_MAX)], None),
    ],
)
def test_the_next_crowd_follows_from_the_trials_alone(trials: list[Trial], players: int | None) -> None:
    assert next_players(trials) == players


@pytest.mark.parametrize("holds", [70, 130, 300, 499, 500, 777, 2000, 5431, 12_000])
def test_a_server_that_holds_so_many_is_found_to_within_the_precision(holds: int) -> None:
    trials: list[Trial] = []
    while (players := next_players(trials)) is not None:
        trials.append(held(players) if players <= holds else broke(players))
    found, above = knee(trials)
    assert found is not None
    assert above is not None
    assert found.players <= holds < above.players
    # Crowds are rounded to tens, which below a hundred is more than the precision.
    assert above.players <= max(found.players * PRECISION, found.players + 10)
    assert len(trials) < 12


def test_a_crowd_that_was_held_above_one_that_was_not_is_no_knee() -> None:
    found, above = knee([held(500), broke(700), held(800)])
    assert (found, above) == (held(500), broke(700))


def test_servers_are_tried_in_turn() -> None:
    trials: list[Trial] = []
    order: list[str] = []
    while len(order) < 6 and (following := next_trial(trials, ["a", "b"], quick=False)) is not None:
        order.append(following[0])
        trials.append(held(following[1], following[0]))
    assert order == ["a", "b"] * 3


def test_whose_knee_is_known_is_not_tried_again() -> None:
    known = [held(1000, "a"), broke(1050, "a")]
    assert next_trial(known, ["a", "b"], quick=False) == ("b", 500)
    assert next_trial(known, ["a"], quick=False) is None


def test_a_quick_run_is_the_first_crowd_of_each() -> None:
    trials = [broke(500, "a")]
    assert next_trial(trials, ["a", "b"], quick=True) == ("b", 500)
    assert next_trial([*trials, held(500, "b")], ["a", "b"], quick=True) is None
