"""Who comes in, who comes back and who leaves: one body for one player, and one way back to it."""

import pytest

from protocol.errors import CloseCode
from protocol.messages import Bye, Denied, Hello, Queued, Welcome
from server.entities import REST_TICKS, SLOT_MASK
from server.gateway.reception import KEEP_THE_BODY
from server.settings import AdmissionSettings, GameSettings
from tests.server.hall import GRACE_S, RESUME_S, TICKS_PER_S, Guest, Hall, dressed, knocking, settled
from world.events.halt import Halt
from world.events.join import Join
from world.events.leave import Leave
from world.tick import Issued

JOINS = dressed(Join("Ada", account=1))


@pytest.fixture
def hall() -> Hall:
    return Hall(GameSettings(joins_per_tick=2, players_max=5, resume_s=RESUME_S))


# ---- coming in -----------------------------------------------------------------------------------


def test_a_newcomer_gets_a_body_at_the_gate_and_is_welcomed_when_it_is_there(hall: Hall) -> None:
    guest = knocking(hall)
    hall.pass_tick(is_here=lambda _: False)
    assert hall.posted() == [JOINS]
    assert not guest.session.welcomed
    assert hall.seats == {}
    hall.pass_tick()
    assert (guest.welcome.entity, guest.welcome.name, guest.welcome.resumed) == (guest.player.entity, "Ada", False)
    assert hall.seats == {guest.player.entity: guest.session}
    assert hall.joins("welcomed") == 1


def test_the_door_lets_in_so_many_a_tick(hall: Hall) -> None:
    guests = [knocking(hall, name) for name in ("Ada", "Ben", "Cleo")]
    hall.pass_tick()
    assert [guest.session.welcomed for guest in guests] == [True, True, False]
    hall.pass_tick()
    assert guests[2].session.welcomed


def test_whoever_gives_no_name_is_called_a_visitor_and_a_number(hall: Hall) -> None:
    guest = Guest(hall).say(Hello(1))
    hall.pass_tick()
    assert guest.welcome.name == "Visitor 1"


def test_everybody_has_a_body_and_a_token_of_their_own(hall: Hall) -> None:
    guests = [knocking(hall) for _ in range(4)]
    hall.pass_tick(2)
    assert len({guest.player.slot for guest in guests}) == len({guest.welcome.resume for guest in guests}) == 4


def test_a_full_city_refuses_newcomers_those_in_login_counted(hall: Hall) -> None:
    guests = [knocking(hall, str(number)) for number in range(7)]
    assert [guest.session.closed for guest in guests] == [False] * 5 + [True] * 2
    assert guests[5].goodbye.code == CloseCode.FULL
    hall.pass_tick(5)
    assert len(hall.reception.players) == 5
    assert knocking(hall).goodbye.code == CloseCode.FULL
    assert hall.joins("refused") == 3


def test_whoever_leaves_before_the_body_is_there_leaves_none_behind(hall: Hall) -> None:
    guest = knocking(hall)
    hall.pass_tick(is_here=lambda _: False)
    guest.session.lost()
    assert hall.posted() == [JOINS, Leave()]
    hall.pass_tick()
    assert len(hall.reception.players) == 0
    assert hall.joins("lost") == 1
    assert guest.client.all(Welcome) == []


def test_whoever_leaves_while_waiting_for_their_turn_was_never_there(hall: Hall) -> None:
    knocking(hall).session.lost()
    hall.pass_tick(3)
    assert hall.posted() == []
    assert len(hall.reception.players) == 0


def test_a_newcomer_whom_the_zone_at_the_gate_refuses_is_told_that_it_is_full(hall: Hall) -> None:
    guest = knocking(hall)
    hall.pass_tick(is_here=lambda _: False)
    assert hall.reception.turned_away(guest.player.entity)
    assert guest.goodbye.code == CloseCode.FULL
    assert len(hall.reception.players) == 0
    assert not hall.reception.turned_away(guest.player.entity)


def test_a_refusal_is_nothing_to_turn_a_resident_away_for(hall: Hall) -> None:
    guest = settled(hall)
    assert not hall.reception.turned_away(guest.player.entity)
    assert not guest.session.closed


# ---- leaving -------------------------------------------------------------------------------------


@pytest.mark.parametrize("cause", [*CloseCode, None], ids=lambda cause: cause.name if cause else "LOST")
def test_the_body_waits_for_its_player_only_if_the_link_was_at_fault(hall: Hall, cause: CloseCode | None) -> None:
    guest = settled(hall)
    hall.posted()
    if cause is None:
        guest.session.lost()
    else:
        guest.session.close(cause, "why")
    kept = cause in (None, CloseCode.IDLE, CloseCode.SLOW)
    assert kept == (cause in KEEP_THE_BODY)
    assert hall.posted() == [Halt() if kept else Leave()]
    assert len(hall.reception.players) == kept
    assert hall.seats == {}


def test_bye_gives_the_place_up(hall: Hall) -> None:
    guest = settled(hall)
    guest.say(Bye())
    assert hall.posted() == [JOINS, Leave()]
    assert hall.reception.players.returning(guest.welcome.resume) is None


def test_a_lost_players_body_is_gone_when_the_time_to_return_is_up_and_not_before(hall: Hall) -> None:
    guest = settled(hall)
    guest.session.lost()
    hall.posted()
    hall.pass_tick(round(RESUME_S * TICKS_PER_S))
    assert (hall.posted(), len(hall.reception.players)) == ([], 1)
    hall.pass_tick()
    assert (hall.posted(), len(hall.reception.players)) == ([Leave()], 0)
    hall.pass_tick(100)
    assert hall.posted() == []


def test_without_time_to_return_no_body_waits() -> None:
    hall = Hall(GameSettings(resume_s=0))
    settled(hall).session.lost()
    assert hall.posted() == [JOINS, Leave()]


def test_the_body_leaves_the_zone_that_it_has_walked_to(hall: Hall) -> None:
    guest = settled(hall)
    guest.player.zone = 1
    guest.session.lost()
    hall.pass_tick(100)
    assert hall.posted(1) == [Halt(), Leave()]


def test_a_slot_is_somebody_elses_only_after_a_rest_and_under_another_id(hall: Hall) -> None:
    first = settled(hall)
    first.say(Bye())
    second = settled(hall)
    assert second.player.slot != first.player.slot
    hall.pass_tick(REST_TICKS)
    third = settled(hall)
    assert third.player.slot == first.player.slot
    assert third.player.entity != first.player.entity


# ---- coming back ---------------------------------------------------------------------------------


def test_whoever_comes_back_in_time_has_the_same_body_and_a_new_token(hall: Hall) -> None:
    before = settled(hall)
    before.session.lost()
    hall.posted()
    after = settled(hall, "somebody else", before.welcome.resume)
    assert after.welcome.resumed
    assert (after.welcome.entity, after.welcome.name) == (before.welcome.entity, "Ada")
    assert after.welcome.resume != before.welcome.resume
    assert hall.posted() == []
    assert hall.seats == {after.welcome.entity: after.session}
    hall.pass_tick(200)
    assert hall.posted() == []
    assert hall.joins("resumed") == 1


def test_a_token_is_good_once(hall: Hall) -> None:
    before = settled(hall)
    before.session.lost()
    after = settled(hall, resume=before.welcome.resume)
    again = settled(hall, "Zoe", before.welcome.resume)
    assert (again.welcome.resumed, again.welcome.name) == (False, "Zoe")
    assert again.welcome.entity != after.welcome.entity
    assert not after.session.closed


@pytest.mark.parametrize("resume", ["", "made up", "x" * 64])
def test_a_token_nobody_was_given_makes_a_newcomer(hall: Hall, resume: str) -> None:
    assert not settled(hall, resume=resume).welcome.resumed


def test_a_token_is_no_good_once_the_body_is_gone(hall: Hall) -> None:
    before = settled(hall)
    before.session.lost()
    hall.pass_tick(100)
    assert not settled(hall, resume=before.welcome.resume).welcome.resumed


def test_coming_back_over_another_link_replaces_the_one_that_is_still_open(hall: Hall) -> None:
    before = settled(hall)
    hall.posted()
    after = settled(hall, resume=before.welcome.resume)
    assert before.goodbye.code == CloseCode.REPLACED
    assert before.goodbye.retry_after_s is None
    assert after.welcome.entity == before.welcome.entity
    assert hall.seats == {after.welcome.entity: after.session}
    assert (hall.posted(), len(hall.reception.players)) == ([Halt()], 1)


def test_whoever_comes_back_needs_no_free_place_and_goes_first(hall: Hall) -> None:
    guests = [settled(hall, str(number)) for number in range(5)]
    guests[0].session.lost()
    assert knocking(hall, "too late").goodbye.code == CloseCode.FULL
    assert settled(hall, resume=guests[0].welcome.resume).welcome.resumed


def test_one_token_shown_by_many_at_once_leads_one_of_them_back_and_lets_no_more_in_than_there_are_places(
    hall: Hall,
) -> None:
    guests = [settled(hall, str(number)) for number in range(5)]
    guests[0].session.lost()
    crowd = [knocking(hall, f"twin {number}", guests[0].welcome.resume) for number in range(6)]
    hall.pass_tick(6)
    assert [guest.session.welcomed for guest in crowd].count(True) == 1
    assert {guest.goodbye.code for guest in crowd if guest.session.closed} <= {CloseCode.FULL, CloseCode.REPLACED}
    assert [guest.session.closed for guest in crowd].count(True) == 5
    assert len(hall.reception.players) == 5


def test_a_deed_refused_while_its_player_comes_back_turns_nobody_away(hall: Hall) -> None:
    before = settled(hall)
    after = knocking(hall, resume=before.welcome.resume)
    hall.pass_tick(is_here=lambda _: False)
    assert not hall.reception.turned_away(before.welcome.entity)
    hall.pass_tick()
    assert after.welcome.resumed


def test_a_link_lost_again_before_the_second_welcome_may_come_back_with_the_first_token(hall: Hall) -> None:
    before = settled(hall)
    before.session.lost()
    returning = knocking(hall, resume=before.welcome.resume)
    hall.pass_tick(is_here=lambda _: False)
    returning.session.lost()
    assert len(hall.reception.players) == 1
    assert returning.client.all(Welcome) == []
    assert settled(hall, resume=before.welcome.resume).welcome.resumed


def test_the_entity_of_a_player_names_its_slot(hall: Hall) -> None:
    guest = settled(hall)
    assert guest.player.slot == guest.welcome.entity & SLOT_MASK
    assert guest.client.all(Denied) == []


def test_commands_are_issued_by_the_body_itself(hall: Hall) -> None:
    guest = settled(hall)
    assert hall.bus.take_batch(0).commands == [Issued(guest.player.entity, 0, JOINS)]


# ---- waiting for a place -------------------------------------------------------------------------


@pytest.fixture
def queue() -> Hall:
    """A city with two places, and room to wait."""
    game = GameSettings(joins_per_tick=2, players_max=2, resume_s=RESUME_S)
    return Hall(game, waits=AdmissionSettings(grace_s=GRACE_S))


def queued(guest: Guest) -> list[tuple[int, float | None]]:
    return [(told.position, told.estimate_s) for told in guest.client.all(Queued) if isinstance(told, Queued)]


def ticket(guest: Guest) -> str:
    told = guest.client.all(Queued)[-1]
    assert isinstance(told, Queued)
    return told.ticket


def test_whoever_finds_every_place_taken_is_told_where_they_stand_and_comes_in_when_one_is_free(queue: Hall) -> None:
    first = [settled(queue, str(number)) for number in range(2)]
    late = [settled(queue, name) for name in ("Cleo", "Dan")]
    assert [queued(guest) for guest in (*first, *late)] == [[], [], [(1, None)], [(2, None)]]
    assert not any(guest.session.closed for guest in late)
    first[0].say(Bye())
    queue.pass_tick()
    assert [guest.session.welcomed for guest in late] == [True, False]
    assert late[0].welcome.name == "Cleo"


def test_nobody_who_waits_is_looked_up_before_their_turn(queue: Hall) -> None:
    for number in range(20):
        settled(queue, str(number))
    assert len(queue.store.players) == 2


def test_a_ticket_leads_back_to_the_place_over_another_link(queue: Hall) -> None:
    first = [settled(queue, str(number)) for number in range(2)]
    cleo, dan = settled(queue, "Cleo"), settled(queue, "Dan")
    cleo.session.lost()
    queue.pass_tick()
    back = settled(queue, "Cleo", ticket(cleo))
    assert queued(back) == [(1, None)]
    assert ticket(back) == ticket(cleo)
    first[0].say(Bye())
    queue.pass_tick()
    assert (back.session.welcomed, dan.session.welcomed) == (True, False)


def test_whoever_was_called_while_their_link_was_lost_comes_in_at_once_on_return(queue: Hall) -> None:
    first = [settled(queue, str(number)) for number in range(2)]
    cleo, dan = settled(queue, "Cleo"), settled(queue, "Dan")
    cleo.session.lost()
    first[0].say(Bye())
    queue.pass_tick(10)
    assert not dan.session.welcomed
    assert settled(queue, "Cleo", ticket(cleo)).session.welcomed


def test_a_place_is_somebody_elses_when_the_time_of_grace_is_over(queue: Hall) -> None:
    first = [settled(queue, str(number)) for number in range(2)]
    cleo, dan = settled(queue, "Cleo"), settled(queue, "Dan")
    cleo.session.lost()
    first[0].say(Bye())
    queue.pass_tick(round(GRACE_S * TICKS_PER_S) + 2)
    assert dan.session.welcomed
    assert queued(settled(queue, "Cleo", ticket(cleo))) == [(1, None)]


def test_a_link_lost_between_the_turn_and_the_welcome_costs_nobody_their_place(queue: Hall) -> None:
    first = [settled(queue, str(number)) for number in range(2)]
    cleo, dan = settled(queue, "Cleo"), settled(queue, "Dan")
    first[0].say(Bye())
    queue.pass_tick(is_here=lambda _: False)
    assert cleo.session.player is not None
    cleo.session.lost()
    queue.pass_tick(5)
    back = settled(queue, "Cleo", ticket(cleo))
    assert (back.session.welcomed, back.welcome.resumed, dan.session.welcomed) == (True, False, False)
    assert len(queue.reception.players) == 2


def test_the_ticket_is_the_way_back_to_the_body_if_the_welcome_was_lost_on_its_way(queue: Hall) -> None:
    first = [settled(queue, str(number)) for number in range(2)]
    cleo = settled(queue, "Cleo")
    first[0].say(Bye())
    queue.pass_tick()
    cleo.session.lost()
    back = settled(queue, "Cleo", ticket(cleo))
    assert (back.welcome.resumed, back.welcome.entity) == (True, cleo.welcome.entity)


def test_bye_gives_a_place_in_line_up(queue: Hall) -> None:
    for number in range(2):
        settled(queue, str(number))
    cleo, dan = settled(queue, "Cleo"), settled(queue, "Dan")
    cleo.say(Bye())
    queue.pass_tick(100)
    assert queued(dan) == [(2, None), (1, None)]


def test_bodies_that_wait_for_their_players_hold_their_places(queue: Hall) -> None:
    first = [settled(queue, str(number)) for number in range(2)]
    first[0].session.lost()
    cleo = settled(queue, "Cleo")
    assert queued(cleo) == [(1, None)]
    queue.pass_tick(round(RESUME_S * TICKS_PER_S) + 2)
    assert cleo.session.welcomed


def test_how_long_people_waited_is_measured_by_lane(queue: Hall) -> None:
    first = [settled(queue, str(number)) for number in range(2)]
    settled(queue, "Cleo")
    queue.pass_tick(3 * TICKS_PER_S)
    first[0].say(Bye())
    queue.pass_tick()
    first[1].session.lost()
    settled(queue, resume=first[1].welcome.resume)
    value = queue.metrics.registry.get_sample_value
    assert value("futurecity_admitted_total", {"lane": "ordinary"}) == 3
    assert value("futurecity_admitted_total", {"lane": "returning"}) == 1
    assert value("futurecity_wait_seconds_sum", {"lane": "ordinary"}) == pytest.approx(0.05 + 0.05 + 3.1)
