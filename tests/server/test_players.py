"""The register of players: by body, and by the secret that leads back to it."""

import pytest

from protocol.limits import RESUME_CHARS_MAX
from server.entities import SLOT_BITS
from server.players import NOBODY, Identity, Player, Players


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


# ---- accounts ------------------------------------------------------------------------------------

SUBJECT, GUEST = Identity(subject="ada"), Identity(guest="secret")


def owner(entity: int, account: int, identity: Identity) -> Player:
    return Player(entity, "Ada", 0, None, account, identity)


def test_a_player_is_found_by_account_and_by_what_proved_it(players: Players) -> None:
    ada, ben = owner(1, 17, SUBJECT), owner(2, 18, GUEST)
    players.add(ada)
    players.add(ben)
    assert (players.owner(17), players.known(SUBJECT)) == (ada, ada)
    assert (players.owner(18), players.known(GUEST)) == (ben, ben)
    players.remove(ada)
    assert (players.owner(17), players.known(SUBJECT)) == (None, None)
    assert players.known(GUEST) is ben


def test_a_subject_is_never_taken_for_a_secret_that_reads_the_same(players: Players) -> None:
    players.add(owner(1, 17, Identity(subject="ada")))
    assert players.known(Identity(guest="ada")) is None


def test_whoever_proves_nothing_is_nobody_here(players: Players) -> None:
    players.add(owner(1, 17, NOBODY))
    assert players.known(NOBODY) is None


def test_players_without_an_account_own_nothing_and_do_not_stand_in_each_others_way(players: Players) -> None:
    first, second = Player(1, "Ada", 0, None), Player(2, "Ben", 0, None)
    players.add(first)
    players.add(second)
    players.own({"player:0": 5})
    assert (players.owner(0), first.balance) == (None, 0)
    players.remove(first)
    assert len(players) == 1


def test_what_accounts_have_is_remembered_for_those_who_are_here(players: Players) -> None:
    ada = owner(1, 17, SUBJECT)
    players.add(ada)
    players.own({"player:17": 105, "player:99": 7, "pool:1.0.rain": 3, "house": -115})
    assert ada.balance == 105


def test_one_account_has_one_body(players: Players) -> None:
    players.add(owner(1, 17, SUBJECT))
    with pytest.raises(AssertionError, match=r"one body"):
        players.add(owner(2, 17, SUBJECT))
