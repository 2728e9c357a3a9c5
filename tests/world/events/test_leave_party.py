"""Whoever leaves a party is on their own again, in the same place."""

from tests.world.hamlet import Hamlet
from world.event import Only
from world.events.join_party import JoinParty
from world.events.leave_party import LeaveParty, PartyLeft
from world.tick import Issued, Told

CODE = "blue-door-7"


def together(comfortable: int = 12_000) -> Hamlet:
    """Two friends, the first of whom was brought to the second."""
    hamlet = Hamlet(comfortable=comfortable)
    for entity in (1, 2):
        hamlet.join(entity)
    hamlet.step(Issued(2, 1, JoinParty(CODE)), Issued(1, 1, JoinParty(CODE)))
    return hamlet


def test_both_sides_hear_of_it_and_gateways_too() -> None:
    outcome = together().do(1, LeaveParty())
    assert outcome.told == [Told(Only(1), PartyLeft(1, 1)), Told(Only(2), PartyLeft(1, 1))]
    assert [(profile.entity, profile.party) for profile in outcome.profiles] == [(1, 0)]


def test_nobody_is_moved() -> None:
    hamlet = together(comfortable=1)
    assert [hamlet.state(entity, "layer") for entity in (1, 2)] == [1, 1]
    hamlet.do(1, LeaveParty())
    assert [hamlet.state(entity, "layer") for entity in (1, 2)] == [1, 1]


def test_whoever_belongs_to_none_is_refused() -> None:
    hamlet = together()
    hamlet.do(1, LeaveParty())
    assert [no.reason for no in hamlet.do(1, LeaveParty()).refused] == ["no_party"]


def test_coming_and_going_share_one_allowance() -> None:
    hamlet = together()
    outcomes = [hamlet.do(1, LeaveParty() if turn % 2 else JoinParty(CODE)) for turn in (1, 2, 3, 4)]
    assert [[no.reason for no in outcome.refused] for outcome in outcomes] == [[], [], [], ["too_often"]]
