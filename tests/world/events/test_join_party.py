"""Friends who say the same code are together, up to so many, and told so."""

import msgspec
import pytest

from tests.world.hamlet import Hamlet
from world.event import Only
from world.events.join_party import JoinParty, PartyJoined
from world.events.leave_party import PartyLeft
from world.parties import party_of
from world.tick import Issued, Outcome, Told

CODE = "blue-door-7"


def hamlet_of(people: int, comfortable: int = 12_000) -> Hamlet:
    hamlet = Hamlet(comfortable=comfortable)
    for entity in range(1, people + 1):
        hamlet.join(entity)
    return hamlet


def reasons(outcome: Outcome) -> list[str]:
    return [no.reason for no in outcome.refused]


def test_the_members_here_and_nobody_else_hear_who_joined() -> None:
    hamlet = hamlet_of(3)
    assert hamlet.do(2, JoinParty(CODE)).told == [Told(Only(2), PartyJoined(2, 1))]
    assert hamlet.do(1, JoinParty(CODE.upper())).told == [
        Told(Only(2), PartyJoined(1, 2)),
        Told(Only(1), PartyJoined(1, 2)),
    ]


def test_gateways_learn_of_the_party_and_never_of_the_code() -> None:
    outcome = hamlet_of(1).do(1, JoinParty(CODE))
    assert [(profile.entity, profile.party) for profile in outcome.profiles] == [(1, party_of(CODE))]
    assert CODE not in repr(outcome)


def test_whoever_joins_is_brought_to_the_layer_of_the_party() -> None:
    hamlet = hamlet_of(4, comfortable=2)
    hamlet.do(4, JoinParty(CODE))
    assert [hamlet.state(entity, "layer") for entity in (1, 4)] == [0, 1]
    outcome = hamlet.do(1, JoinParty(CODE))
    assert hamlet.state(1, "layer") == 1
    assert outcome.snapshot["layer"][outcome.snapshot["entity"] == 1].tolist() == [1]


def test_the_first_of_a_party_and_whoever_does_not_fit_stay_where_they_are() -> None:
    hamlet = hamlet_of(5, comfortable=2)
    hamlet.step(*(Issued(entity, 1, JoinParty(CODE)) for entity in (5, 1, 2, 3)))
    assert [hamlet.state(entity, "layer") for entity in range(1, 6)] == [2, 2, 1, 1, 2]


def test_joining_another_party_leaves_the_first() -> None:
    hamlet = hamlet_of(2)
    hamlet.step(*(Issued(entity, 1, JoinParty(CODE)) for entity in (1, 2)))
    told = hamlet.do(1, JoinParty("red-door-8")).told
    assert told == [Told(Only(1), PartyLeft(1, 1)), Told(Only(2), PartyLeft(1, 1)), Told(Only(1), PartyJoined(1, 1))]
    assert hamlet.west.profiles.together(party_of(CODE)) == [2]


def test_joining_twice_is_refused() -> None:
    hamlet = hamlet_of(1)
    hamlet.do(1, JoinParty(CODE))
    assert reasons(hamlet.do(1, JoinParty(CODE))) == ["already_in_party"]


def test_a_party_in_one_zone_is_bounded() -> None:
    most = Hamlet().west.tuning.party.members_max
    hamlet = hamlet_of(most + 1)
    assert reasons(hamlet.step(*(Issued(entity, 1, JoinParty(CODE)) for entity in range(1, most + 2)))[0]) == [
        "party_full"
    ]
    assert hamlet.west.profiles[most + 1].party == 0


def test_codes_cannot_be_tried_one_after_the_other() -> None:
    outcome = hamlet_of(1).step(*(Issued(1, number, JoinParty(f"guess-number-{number}")) for number in range(1, 6)))[0]
    assert [(no.number, no.reason) for no in outcome.refused] == [(5, "too_often")]


def test_a_refused_code_changes_nothing() -> None:
    hamlet = hamlet_of(1)
    outcome = hamlet.do(1, JoinParty("blue door 7"))
    assert (reasons(outcome), outcome.told, outcome.profiles) == (["bad_code"], [], [])
    assert hamlet.state(1, "party_debt") == 0


@pytest.mark.parametrize("code", ["seven77", "x" * 33, "", 12345678, None])
def test_a_code_of_another_length_is_refused_by_the_schema(code: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"code": code}, JoinParty)
