"""Newcomers go to the lowest layer with room, friends to each other."""

import pytest

from tests.world.hamlet import EAST, Hamlet
from world.events.join import Join
from world.events.join_party import JoinParty
from world.events.leave import Leave
from world.layers import LAYERS_MAX, heads, layer_of_newcomer, layer_of_party, lowest_with_room
from world.parties import party_of
from world.tick import Issued


def crowd(comfortable: int, *parties: int) -> Hamlet:
    """People 1, 2, ... come into the west one after the other, each to join a party at once (0: none)."""
    hamlet = Hamlet(comfortable=comfortable)
    hamlet.step(*(issued for entity, party in enumerate(parties, 1) for issued in newcomer(entity, "well", party)))
    return hamlet


def newcomer(entity: int, spawn: str, party: int = 0) -> list[Issued]:
    """Somebody comes and says a code."""
    join = Issued(entity, 0, Join("Ada", spawn=spawn))
    return [join, Issued(entity, 1, JoinParty(code(party)))] if party else [join]


def code(party: int) -> str:
    return f"code-{party:03}"


SEVEN = party_of(code(7))


def layers(hamlet: Hamlet, count: int) -> list[int]:
    return [hamlet.state(entity, "layer") for entity in range(1, count + 1)]


def test_while_there_is_room_everybody_is_in_one_layer() -> None:
    assert layers(crowd(5, 0, 0, 0, 0, 0), 5) == [0] * 5


def test_beyond_the_comfortable_number_newcomers_fill_one_layer_after_the_other() -> None:
    assert layers(crowd(2, 0, 0, 0, 0, 0), 5) == [0, 0, 1, 1, 2]


def test_hosts_count_in_no_layer() -> None:
    hamlet = crowd(2)
    hamlet.step()
    assert hamlet.west.count == 1
    assert heads(hamlet.west).sum() == 0
    for entity in (1, 2, 3):
        hamlet.do(entity, Join("Ada"))
    assert layers(hamlet, 3) == [0, 0, 1]


def test_a_place_that_is_free_again_is_taken_before_a_higher_layer() -> None:
    hamlet = crowd(2, 0, 0, 0, 0)
    hamlet.do(1, Leave())
    hamlet.do(9, Join("Bea"))
    assert hamlet.state(9, "layer") == 0


def test_there_are_at_most_sixteen_layers_and_then_the_least_full_is_next() -> None:
    hamlet = crowd(1, *[0] * LAYERS_MAX)
    assert layers(hamlet, LAYERS_MAX) == list(range(LAYERS_MAX))
    hamlet.do(4, Leave())
    hamlet.step(*(Issued(entity, 0, Join("Bea")) for entity in (100, 101)))
    assert [hamlet.state(entity, "layer") for entity in (100, 101)] == [3, 0]
    assert lowest_with_room(heads(hamlet.west), 1) == 1


def test_a_party_goes_to_where_most_of_it_are() -> None:
    hamlet = crowd(2, 0, 0, 7, 0, 0)
    assert layers(hamlet, 5) == [0, 0, 1, 1, 2]
    hamlet.do(1, Leave())
    assert layer_of_newcomer(hamlet.west) == 0
    assert layer_of_newcomer(hamlet.west, SEVEN) == 1
    assert layer_of_newcomer(hamlet.west, party_of(code(8))) == 0


@pytest.mark.parametrize(("comfortable", "beyond"), [(4, 1), (8, 2), (1, 1)])
def test_for_friends_there_is_room_up_to_a_quarter_beyond(comfortable: int, beyond: int) -> None:
    hamlet = crowd(comfortable, 7, *[0] * (comfortable - 1), *[7] * (beyond + 1))
    assert layers(hamlet, comfortable + beyond + 1) == [0] * (comfortable + beyond) + [1]
    assert layer_of_newcomer(hamlet.west, SEVEN) == 1


def test_of_two_layers_of_a_party_the_fuller_one_is_taken_while_it_has_room() -> None:
    hamlet = crowd(4, 0, 0, 0, 7, 7, 7)
    assert layers(hamlet, 6) == [0, 0, 0, 0, 0, 1]
    assert layer_of_party(hamlet.west, SEVEN) == 1
    assert layer_of_party(hamlet.west, SEVEN, but=6) is None
    hamlet.do(1, Leave())
    assert layer_of_party(hamlet.west, SEVEN) == 0
    assert layer_of_party(hamlet.west, 0) is None


def test_walking_into_another_zone_chooses_anew() -> None:
    hamlet = crowd(1, 0, 0)
    hamlet.step(Issued(3, 0, Join("Cy", spawn="border")))
    assert hamlet.state(3, "layer") == 2
    hamlet.go(3, EAST, 12)
    assert hamlet.east.row(3) is not None
    assert hamlet.state(3, "layer") == 0


def test_friends_meet_in_one_layer_on_the_other_side_of_a_border() -> None:
    hamlet = Hamlet(comfortable=4)
    for entity in range(1, 6):
        hamlet.step(*newcomer(entity, "pond", 7 * (entity == 5)), zone=1)
    hamlet.do(1, Leave(), zone=1)
    assert hamlet.state(5, "layer") == 1
    hamlet.step(*newcomer(6, "border", 7))
    assert hamlet.state(6, "layer") == 0
    hamlet.go(6, EAST, 12)
    assert (hamlet.east.row(6) is not None, hamlet.state(6, "layer")) == (True, 1)
    assert hamlet.east.profiles.together(SEVEN) == [5, 6]
