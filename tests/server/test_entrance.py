"""Who somebody is at the door: guests and members, what they get back, and one body for one account."""

import time
from typing import Any

import jwt
import pytest
from pydantic import SecretStr

from protocol.codec import pack_fields
from protocol.errors import CloseCode
from protocol.messages import Bye, Hello, Queued, Welcome
from server.session import Session
from server.settings import AdmissionSettings, AuthSettings, GameSettings
from server.store.records import Place, PlayerState, StoreAway
from tests.server.hall import RESUME_S, TICKS_PER_S, Guest, Hall, dressed, knocking, settled
from tests.world.hamlet import CITY
from world.events.halt import Halt
from world.events.join import Join, Stand
from world.events.leave import Leave

SECRET = "a secret of this city, forty bytes or so"
AWAY = StoreAway("unreachable", "no database there")
EAST = CITY.zone[1].rect
KEPT = bytes(pack_fields({"volume": 7}))


def signed(subject: str, lives_s: int = 60, **claims: Any) -> str:
    return jwt.encode({"sub": subject, "aud": "futurecity", "exp": int(time.time()) + lives_s, **claims}, SECRET)


def in_the_queue(waits: AdmissionSettings | None = None) -> Hall:
    """A city of one place, which is taken, and a line before it."""
    hall = Hall(GameSettings(players_max=1), AuthSettings(key=SecretStr(SECRET)), waits or AdmissionSettings())
    settled(hall)
    return hall


def with_token(hall: Hall, token: str | None, name: str | None = "Ada", ticks: int = 1) -> Guest:
    guest = Guest(hall).say(Hello(1, name, token))
    hall.pass_tick(ticks)
    return guest


def remember(hall: Hall, account: int, place: Place | None = None, name: str = "Ada") -> PlayerState:
    """What the store has of an account, as if it had been saved on another day."""
    state = PlayerState(account, name, {"hair": 3}, place, KEPT)
    hall.store.players[account].state = state
    return state


@pytest.fixture
def hall() -> Hall:
    settings = GameSettings(joins_per_tick=2, players_max=5, resume_s=RESUME_S)
    return Hall(settings, AuthSettings(key=SecretStr(SECRET)))


# ---- guests --------------------------------------------------------------------------------------


def test_a_new_guest_is_told_their_account_what_they_have_and_the_way_back(hall: Hall) -> None:
    welcome = settled(hall).welcome
    assert (welcome.account, welcome.balance, bytes(welcome.settings)) == ("player:1", 100, b"\x80")
    assert welcome.token == hall.store.players[1].secret


def test_a_guest_comes_back_on_another_day_with_everything_that_was_kept(hall: Hall) -> None:
    token = settled(hall).say(Bye()).welcome.token
    remember(hall, 1, Place(EAST.x + 500, EAST.z + 500, 64))
    hall.posted()
    hall.posted(1)
    guest = with_token(hall, token, name=None)
    assert hall.posted(1) == [dressed(Join("Ada", {"hair": 3}, account=1, place=Stand(EAST.x + 500, EAST.z + 500, 64)))]
    assert (guest.welcome.account, guest.welcome.name, guest.welcome.resumed) == ("player:1", "Ada", False)
    assert (guest.welcome.token, bytes(guest.welcome.settings)) == (token, KEPT)
    assert guest.player.zone == 1
    assert len(hall.store.players) == 1


def test_whoever_had_nothing_kept_is_told_so_with_an_empty_map(hall: Hall) -> None:
    token = settled(hall).say(Bye()).welcome.token
    hall.store.players[1].state = remember(hall, 1)._replace(settings=b"")
    assert bytes(with_token(hall, token).welcome.settings) == b"\x80"


def test_a_name_that_is_said_counts_more_than_the_one_that_was_kept(hall: Hall) -> None:
    token = settled(hall).say(Bye()).welcome.token
    assert with_token(hall, token, "Countess").welcome.name == "Countess"


def test_what_the_store_does_not_know_yet_of_somebody_who_has_just_left_counts(hall: Hall) -> None:
    token = settled(hall).say(Bye()).welcome.token
    stale = remember(hall, 1, Place(EAST.x + 500, EAST.z + 500, 64))
    hall.memory.states[1] = stale._replace(place=Place(700, 800, 9), name="Ada the Second")
    hall.posted()
    assert with_token(hall, token, name=None).welcome.name == "Ada the Second"
    assert hall.posted() == [dressed(Join("Ada the Second", {"hair": 3}, account=1, place=Stand(700, 800, 9)))]


def test_a_place_that_is_in_no_zone_any_more_leads_to_the_gate(hall: Hall) -> None:
    token = settled(hall).say(Bye()).welcome.token
    remember(hall, 1, Place(9_000_000, 9_000_000, 0))
    assert with_token(hall, token).player.zone == 0


@pytest.mark.parametrize("token", ["made up", "", "x" * 2048])
def test_a_secret_that_nobody_has_is_a_bad_token_and_makes_nobody(hall: Hall, token: str) -> None:
    guest = with_token(hall, token)
    assert guest.goodbye.code == CloseCode.BAD_TOKEN
    assert token[:5] not in guest.goodbye.reason or not token
    assert (hall.store.players, hall.posted(), hall.joins("refused")) == ({}, [], 1)


def test_a_city_for_members_only_lets_no_guest_in() -> None:
    hall = Hall(GameSettings(), AuthSettings(key=SecretStr(SECRET), guests=False))
    assert with_token(hall, None).goodbye.code == CloseCode.BAD_TOKEN
    assert with_token(hall, "secret-of-guest-1").goodbye.code == CloseCode.BAD_TOKEN
    assert hall.store.players == {}
    assert with_token(hall, signed("ada")).welcome.account == "player:1"


# ---- signed tokens -------------------------------------------------------------------------------


def test_a_subject_is_an_account_on_every_day(hall: Hall) -> None:
    first = with_token(hall, signed("ada"))
    first.say(Bye())
    again, other = with_token(hall, signed("ada")), with_token(hall, signed("ben"))
    assert [guest.welcome.account for guest in (first, again, other)] == ["player:1", "player:1", "player:2"]
    assert first.welcome.token is None


def test_a_bad_signed_token_is_refused_at_once_and_nobody_is_looked_up(hall: Hall) -> None:
    guest = Guest(hall).say(Hello(1, "Ada", signed("ada", lives_s=-3600)))
    assert (guest.goodbye.code, guest.goodbye.reason) == (CloseCode.BAD_TOKEN, "field 'token': has expired")
    assert guest.goodbye.retry_after_s is None
    hall.pass_tick()
    assert (hall.store.players, hall.posted()) == ({}, [])


def test_a_city_without_a_key_takes_no_signed_tokens() -> None:
    hall = Hall(GameSettings())
    assert with_token(hall, signed("ada")).goodbye.code == CloseCode.BAD_TOKEN


def test_whoever_has_a_body_here_needs_no_good_token_to_return_to_it(hall: Hall) -> None:
    before = with_token(hall, signed("ada"))
    before.session.lost()
    back = Guest(hall).say(Hello(1, "Ada", signed("ada", lives_s=-3600), before.welcome.resume))
    hall.pass_tick()
    assert back.welcome.resumed


# ---- one account, one body -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["guest", "member"])
@pytest.mark.parametrize("link", ["open", "lost"])
def test_the_same_account_gets_its_living_body_back_and_the_other_link_ends(hall: Hall, kind: str, link: str) -> None:
    before = with_token(hall, signed("ada") if kind == "member" else None)
    if link == "lost":
        before.session.lost()
    hall.posted()
    after = with_token(hall, before.welcome.token or signed("ada"), "somebody else")
    assert (after.welcome.entity, after.welcome.name) == (before.welcome.entity, "Ada")
    assert after.welcome.resumed
    assert after.welcome.resume != before.welcome.resume
    assert (hall.posted(), len(hall.reception.players)) == ([Halt()] if link == "open" else [], 1)
    assert hall.seats == {after.welcome.entity: after.session}
    if link == "open":
        assert before.goodbye.code == CloseCode.REPLACED


def test_one_account_at_the_door_twice_at_once_ends_as_one_body(hall: Hall) -> None:
    pair = [Guest(hall).say(Hello(1, "Ada", signed("ada"))) for _ in range(2)]
    hall.pass_tick(is_here=lambda _: False)
    assert [len(hall.posted()), len(hall.reception.players)] == [1, 1]
    assert pair[0].goodbye.code == CloseCode.REPLACED
    hall.pass_tick()
    assert not pair[1].welcome.resumed
    assert hall.joins("welcomed") == 1


def test_whoever_takes_the_place_of_a_newcomer_is_turned_away_like_one(hall: Hall) -> None:
    pair = [Guest(hall).say(Hello(1, "Ada", signed("ada"))) for _ in range(2)]
    hall.pass_tick(is_here=lambda _: False)
    assert hall.reception.turned_away(pair[1].player.entity)
    assert pair[1].goodbye.code == CloseCode.FULL
    assert len(hall.reception.players) == 0


def test_an_account_that_is_here_needs_neither_a_free_place_nor_the_store(hall: Hall) -> None:
    before = with_token(hall, signed("ada"))
    for number in range(4):
        settled(hall, str(number))
    assert knocking(hall).goodbye.code == CloseCode.FULL
    hall.store.away = AWAY
    assert with_token(hall, signed("ada")).welcome.entity == before.welcome.entity


def test_whoever_came_for_a_body_that_is_gone_by_their_turn_is_a_newcomer(hall: Hall) -> None:
    before = settled(hall)
    before.session.lost()
    hall.tick += round(RESUME_S * TICKS_PER_S)
    late = Guest(hall).say(Hello(1, "Ada", before.welcome.token))
    hall.reception.clear_out(hall.tick + 1)
    hall.pass_tick(2)
    assert (late.welcome.resumed, late.welcome.account) == (False, before.welcome.account)
    assert late.welcome.entity != before.welcome.entity


def test_the_next_welcome_says_what_the_books_said_last(hall: Hall) -> None:
    before = settled(hall)
    before.session.lost()
    hall.reception.players.own({"player:1": 142})
    assert settled(hall, resume=before.welcome.resume).welcome.balance == 142


# ---- the store is away ---------------------------------------------------------------------------


def test_while_the_store_is_away_newcomers_are_told_to_come_again(hall: Hall) -> None:
    hall.store.away = AWAY
    guest = settled(hall)
    assert (guest.goodbye.code, guest.goodbye.retry_after_s) == (CloseCode.UNAVAILABLE, 5)
    assert (hall.posted(), hall.joins("refused")) == ([], 1)
    hall.store.away = None
    assert settled(hall).welcome.account == "player:1"


def test_while_the_store_is_away_those_who_are_here_come_and_go_as_always(hall: Hall) -> None:
    before = settled(hall)
    hall.store.away = AWAY
    before.session.lost()
    after = settled(hall, resume=before.welcome.resume)
    assert after.welcome.resumed
    after.say(Bye())
    assert hall.posted() == [dressed(Join("Ada", account=1)), Halt(), Leave()]


def test_those_who_are_being_looked_up_count_as_in_login(hall: Hall) -> None:
    guests = [Guest(hall).say(Hello(1, str(number))) for number in range(7)]
    assert [guest.session.closed for guest in guests] == [False] * 5 + [True] * 2


def test_whoever_is_gone_before_they_are_known_never_had_a_body(hall: Hall) -> None:
    guest = knocking(hall)
    guest.session.lost()
    hall.pass_tick(3)
    assert (hall.posted(), guest.client.all(Welcome)) == ([], [])
    assert len(hall.reception.players) == 0


def test_whoever_waits_already_keeps_their_place_while_the_store_is_away() -> None:
    hall = in_the_queue()
    first, waiting = next(iter(hall.reception.players)), with_token(hall, None, "Ben")
    hall.store.away = AWAY
    assert isinstance(first.link, Session)
    first.link.close(CloseCode.BYE, "goodbye")
    hall.pass_tick(100)
    assert not waiting.session.closed
    hall.store.away = None
    hall.pass_tick(2 * TICKS_PER_S)
    assert waiting.welcome.name == "Ben"


# ---- waiting -------------------------------------------------------------------------------------


def position(guest: Guest) -> int:
    told = guest.client.all(Queued)[-1]
    assert isinstance(told, Queued)
    return told.position


def test_whoever_is_staff_by_their_token_waits_in_a_line_of_their_own() -> None:
    hall = in_the_queue()
    guests = [with_token(hall, signed(name, role=role)) for name, role in (("a", "guest"), ("b", 7), ("c", "staff"))]
    assert [position(guest) for guest in guests] == [1, 2, 1]


def test_a_member_has_one_place_in_line_and_takes_it_up_without_the_ticket() -> None:
    hall = in_the_queue()
    before = with_token(hall, signed("ada"))
    with_token(hall, signed("ben"))
    after = with_token(hall, signed("ada"))
    assert (before.goodbye.code, position(after)) == (CloseCode.REPLACED, 1)


def test_a_bad_token_is_refused_at_once_however_long_the_line_is() -> None:
    hall = in_the_queue()
    guest = Guest(hall).say(Hello(1, "Ada", signed("ada", lives_s=-3600)))
    assert guest.goodbye.code == CloseCode.BAD_TOKEN
    assert hall.admission.waiting == 0


def test_a_secret_that_nobody_has_is_found_out_when_its_turn_comes() -> None:
    hall = in_the_queue()
    guest, after = with_token(hall, "made up"), with_token(hall, None, "Ben")
    first = next(iter(hall.reception.players))
    assert isinstance(first.link, Session)
    first.link.close(CloseCode.BYE, "goodbye")
    hall.pass_tick(2)
    assert guest.goodbye.code == CloseCode.BAD_TOKEN
    assert after.session.welcomed


# ---- coming and going ----------------------------------------------------------------------------


def test_a_zone_that_is_full_sends_those_who_left_there_to_the_gate(hall: Hall) -> None:
    token = settled(hall).say(Bye()).welcome.token
    remember(hall, 1, Place(EAST.x + 500, EAST.z + 500, 64))
    hall.posted()
    guest = Guest(hall).say(Hello(1, "Ada", token))
    hall.pass_tick(is_here=lambda _: False)
    assert hall.reception.turned_away(guest.player.entity)
    assert hall.posted() == [dressed(Join("Ada", {"hair": 3}, account=1))]
    assert not guest.session.closed
    assert hall.reception.turned_away(guest.player.entity)
    assert guest.goodbye.code == CloseCode.FULL


@pytest.mark.parametrize("way", ["bye", "time is up"])
def test_whoever_leaves_for_good_is_remembered(hall: Hall, way: str) -> None:
    guest = settled(hall)
    if way == "bye":
        guest.say(Bye())
    else:
        guest.session.lost()
        assert hall.memory.noted == []
        hall.pass_tick(100)
    assert hall.memory.noted == [1]
