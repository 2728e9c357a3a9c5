"""The register of players: by body, and by the secret that leads back to it."""

import pytest

from protocol.limits import RESUME_CHARS_MAX
from server.entities import SLOT_BITS
from server.players import Player, Players


class Wire:
    """A link."""


def lost(entity: int, at_tick: int) -> Player:
    player = Player(entity, "Ada", 0, None)
    player.lost_tick = at_tick
    return player


@pytest.fixture
def players() -> Players:
    return Players()


def test_a_player_is_found_by_body_and_by_token(players: Players) -> None:
    player = Player(9, "Ada", 0, Wire())
    players.add(player)
    assert len(players) == 1
    assert players[9] is players.find(9) is players.returning(player.resume) is player


def test_a_stranger_is_found_by_neither(players: Players) -> None:
    players.add(Player(9, "Ada", 0, None))
    assert players.find(10) is None
    for resume in (None, "", "made up"):
        assert players.returning(resume) is None


def test_a_player_knows_its_slot_and_its_entity_as_the_wire_has_it() -> None:
    player = Player(3 << SLOT_BITS | 77, "Ada", 0, None)
    assert player.slot == 77
    assert int.from_bytes(player.entity_bytes, "little") == player.entity
    assert len(player.entity_bytes) == 4


def test_tokens_are_long_different_and_fit_into_hello() -> None:
    tokens = {Player(entity, "Ada", 0, None).resume for entity in range(1, 200)}
    assert len(tokens) == 199
    assert all(32 <= len(token) <= RESUME_CHARS_MAX for token in tokens)


def test_a_token_is_good_once(players: Players) -> None:
    player = Player(9, "Ada", 0, None)
    players.add(player)
    used = player.resume
    players.renew(player)
    assert players.returning(used) is None
    assert players.returning(player.resume) is player


def test_a_player_who_is_removed_has_no_way_back(players: Players) -> None:
    player = Player(9, "Ada", 0, None)
    players.add(player)
    players.remove(player)
    assert len(players) == 0
    assert players.find(9) is players.returning(player.resume) is None


def test_only_those_without_a_link_and_for_long_enough_are_given_up(players: Players) -> None:
    connected, recent, long_gone = Player(1, "Ada", 0, Wire()), lost(2, at_tick=100), lost(3, at_tick=99)
    for player in (connected, recent, long_gone):
        players.add(player)
    assert players.lost_before(100) == [long_gone]
