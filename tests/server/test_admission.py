"""The door: who comes in when, who waits and what they are told, and a stampede from beginning to end."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest

from protocol.messages import Hello
from server.admission import AWAY_TICKS, LOGIN_TICKS
from server.knock import Knock
from server.lanes import Lane
from server.settings import AdmissionSettings
from server.waiting_room import REFRESH_TICKS
from tests.server.stampede import Fair, Person, Told
from world.config import TICK_RATE_HZ

EVER = 10_000
R, S, O = Lane.RETURNING, Lane.STAFF, Lane.ORDINARY  # noqa: E741 - as everywhere else in this table


@dataclass
class FakeHealth:
    busy: float = 0.0
    level: int = 0


def fair(places: int = 10, stay_s: float = EVER, **settings: float) -> Fair:
    return Fair(places, stay_s, joins_per_tick=3, settings=AdmissionSettings.model_validate(settings))


def inside(*people: Person) -> list[bool]:
    return [person.in_tick > 0 for person in people]


# ---- a stampede ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stampede() -> Fair:
    """Six thousand come within ten seconds to a city of three thousand, who stay for 45 s on average."""
    fair = Fair(places=3000, mean_stay_s=45)
    for _ in range(10 * TICK_RATE_HZ):
        fair.tick([O] * 30)
    for _ in range(120 * TICK_RATE_HZ):
        fair.tick()
        if not fair.door.waiting and not fair.door.room.held:
            break
    return fair


def test_a_stampede_is_served_to_the_last_and_nobody_is_refused(stampede: Fair) -> None:
    people = stampede.people.values()
    assert len(people) == 6000
    assert all(person.in_tick for person in people)
    assert not any(person.refused for person in people)
    assert stampede.inside_most == 3000


def test_in_a_stampede_positions_only_ever_fall(stampede: Fair) -> None:
    told = [person.told for person in stampede.people.values()]
    assert sum(len(each) > 1 for each in told) > 2000
    assert all(later.position < earlier.position for each in told for earlier, later in pairwise(each))


def test_in_a_stampede_nine_in_ten_estimates_are_within_a_factor_of_two(stampede: Fair) -> None:
    pairs = np.array([pair for person in stampede.people.values() for pair in person.misjudged(left_s=4)])
    assert len(pairs) > 5000
    estimate, real = pairs.T
    assert np.mean((estimate <= 2 * real) & (estimate >= real / 2)) >= 0.9


def test_in_a_stampede_everybody_who_waits_is_told_at_once_and_then_not_too_often(stampede: Fair) -> None:
    for person in stampede.people.values():
        if person.told:
            assert person.told[0].tick - person.came_tick <= 1
            assert all(later.tick - earlier.tick >= REFRESH_TICKS for earlier, later in pairwise(person.told))
        else:
            assert person.in_tick - person.came_tick <= REFRESH_TICKS + LOGIN_TICKS


# ---- places --------------------------------------------------------------------------------------


def test_while_there_is_room_nobody_is_told_to_wait() -> None:
    door = fair()
    people = [door.come() for _ in range(3)]
    door.tick()
    assert inside(*people) == [True] * 3
    assert not any(person.told for person in people)


def test_who_comes_to_a_full_city_is_told_their_position_and_gets_in_when_somebody_leaves() -> None:
    door = fair(places=2)
    first = [door.come() for _ in range(2)]
    door.tick()
    late = [door.come() for _ in range(2)]
    door.tick()
    assert inside(*first, *late) == [True, True, False, False]
    assert [person.told for person in late] == [[Told(2, 1, None)], [Told(2, 2, None)]]
    door.players -= 1
    door.tick()
    assert inside(*late) == [True, False]


def test_people_in_login_hold_a_place() -> None:
    door = fair(places=5)
    for _ in range(8):
        door.come()
    door.door.turn(1, 2)
    assert len(door.door.call()) == 3
    assert door.door.call() == []
    assert door.door.free == 0


def test_only_those_are_looked_up_whose_turn_is_near() -> None:
    door = fair(places=5000)
    for _ in range(1000):
        door.come()
    door.door.turn(1, 0)
    assert len(door.door.call()) == 3 * LOGIN_TICKS
    assert door.door.call() == []


def test_beyond_the_bound_nobody_waits_and_those_who_can_go_in_at_once_are_not_counted() -> None:
    door = fair(places=3, waiting_max=2)
    people = [door.come() for _ in range(7)]
    assert [person.refused for person in people] == [False] * 5 + [True] * 2
    door.tick()
    assert door.door.outside().full
    assert door.come().refused
    assert not door.come(S).refused


# ---- lanes ---------------------------------------------------------------------------------------


def test_staff_wait_in_their_own_line_and_take_their_share_of_places() -> None:
    door = fair(places=1)
    door.tick([O])
    ordinary, staff = [door.come() for _ in range(4)], [door.come(S) for _ in range(2)]
    door.tick()
    assert [person.told[0].position for person in (*ordinary, *staff)] == [1, 2, 3, 4, 1, 2]
    order = []
    for _ in range(6):
        door.players -= 1
        door.tick()
        order += [person.lane for person in (*ordinary, *staff) if person.in_tick == door.desk.tick]
    assert sorted(order[:4], key=lambda lane: lane.value) == [O, O, S, S]


def test_at_the_last_level_only_staff_and_the_returning_come_in() -> None:
    health = FakeHealth(level=4)
    door = Fair(10, EVER, health=health)
    ordinary, staff = door.come(), door.come(S)
    door.tick()
    assert inside(ordinary, staff) == [False, True]
    assert ordinary.told[0].estimate_s is None
    back = Person(door.desk)
    door.people[back.session] = back
    door.door.come_back(back.session, Hello(1))
    door.tick()
    assert inside(back) == [True]
    health.level = 3
    door.tick()
    assert inside(ordinary) == [True]


def test_each_level_of_shedding_halves_the_pace_and_never_stops_it() -> None:
    health = FakeHealth()
    paces = []
    for level in range(4):
        health.level = level
        door = Fair(1000, EVER, joins_per_tick=20, health=health)
        for _ in range(100):
            door.come()
        door.tick()
        door.tick()
        paces.append(door.players)
    assert paces == [2 * 20, 2 * 10, 2 * 5, 2 * 2]


@pytest.mark.parametrize(("level", "newcomers"), [(0, 5), (1, 5), (2, 5), (3, 2), (4, 0)])
def test_the_pace_of_those_who_return_is_not_halved_and_nobody_starves_for_them(level: int, newcomers: int) -> None:
    door = Fair(1000, EVER, joins_per_tick=20, health=FakeHealth(level=level))
    ordinary = [door.come() for _ in range(100)]
    back = [Person(door.desk) for _ in range(100)]
    for person in back:
        door.people[person.session] = person
        door.door.come_back(person.session, Hello(1))
    for _ in range(2):
        door.tick()
    assert (sum(inside(*back)), sum(inside(*ordinary))) == (2 * (20 - newcomers), 2 * newcomers)


def test_ill_health_holds_ordinary_newcomers_back_and_neither_staff_nor_anybody_who_is_in() -> None:
    health = FakeHealth()
    door = Fair(1000, EVER, joins_per_tick=100, health=health)
    for _ in range(400):
        door.come()
    for _ in range(20 * TICK_RATE_HZ):
        door.tick()
    health.busy = 0.9
    ordinary, staff = door.come(), door.come(S)
    door.tick()
    assert (inside(ordinary, staff), door.players) == ([False, True], 401)
    assert door.door.outside().capacity < 400
    health.busy = 0.3
    for _ in range(5 * TICK_RATE_HZ):
        door.tick()
    assert inside(ordinary) == [True]


def test_the_returning_go_first_and_share_the_pace() -> None:
    door = fair()
    people = [door.come() for _ in range(3)]
    back = [Person(door.desk) for _ in range(2)]
    for person in back:
        door.people[person.session] = person
        door.door.come_back(person.session, Hello(1))
    door.tick()
    assert (inside(*back), inside(*people)) == ([True, True], [True, False, False])


def test_whoever_has_left_costs_nobody_a_turn() -> None:
    door = fair()
    people = [door.come() for _ in range(8)]
    for person in people[:5]:
        door.door.lost(person.session, keeps=True)
    door.tick()
    assert inside(*people[5:]) == [True] * 3


# ---- links and stores ----------------------------------------------------------------------------


def test_a_place_outlives_its_link_and_its_ticket_leads_in() -> None:
    door = fair(places=1)
    door.tick([O])
    first, second = door.come(), door.come()
    door.tick()
    door.door.lost(first.session, keeps=True)
    door.tick()
    assert not door.door.take_up(first.connect(), "made up")
    door.people[first.session] = first
    assert door.door.take_up(first.session, first.ticket)
    door.tick()
    assert first.told[-1].position == 1
    door.players -= 1
    door.tick()
    assert inside(first, second) == [True, False]


def test_a_client_that_does_not_take_what_it_is_told_is_told_nothing_more() -> None:
    door = fair(places=1)
    door.tick([O])
    ahead, slow = [door.come() for _ in range(3)], door.come()
    slow.backlog = 1
    door.tick()
    for person in ahead:
        door.door.lost(person.session, keeps=False)
        for _ in range(REFRESH_TICKS):
            door.tick()
    assert slow.told == []
    slow.backlog = 0
    door.players -= 1
    door.tick()
    assert inside(slow) == [True]


def asked(door: Fair, count: int) -> list[Knock]:
    """So many in line, told so, and the first of them asked about."""
    door.tick([O])
    for _ in range(count):
        door.come()
    door.tick()
    door.door.turn(door.desk.tick, 0)
    return door.door.call()


def test_while_the_store_is_away_those_who_wait_keep_their_places_and_one_at_a_time_is_asked_about() -> None:
    door = fair(places=1)
    (knock,) = asked(door, 3)
    assert door.door.put_back(knock)
    assert door.door.away
    assert not door.door.outside().open
    assert door.door.call() == []
    assert door.door.outside().wait_s is None
    door.door.capacity._players_max = 10
    door.door.turn(door.desk.tick + AWAY_TICKS, 0)
    assert not door.door.away
    assert door.door.call() == [knock]
    door.players = 0
    door.door.unknown(knock)
    assert len(door.door.call()) == 2


def test_whoever_has_not_waited_yet_is_not_made_to_while_the_store_is_away() -> None:
    door = fair()
    door.come()
    door.door.turn(1, 0)
    (knock,) = door.door.call()
    assert not door.door.put_back(knock)
    assert not door.door.away


def test_a_door_that_is_shut_lets_nobody_in() -> None:
    door = fair()
    people = [door.come(), door.come(S)]
    door.door.shut = True
    door.tick()
    assert inside(*people) == [False, False]
    assert (door.door.outside().open, door.door.outside().wait_s) == (False, None)


# ---- what is known of it -------------------------------------------------------------------------


def test_the_outside_is_told_whether_newcomers_get_in_at_once_and_what_they_are_in_for() -> None:
    door = fair(places=2)
    assert door.door.outside() == (2, 0, True, False, 0.0)
    door.tick([O, O, O])
    assert door.door.outside() == (2, 1, False, False, None)
    for _ in range(100):
        door.door.forecast.left()
    for _ in range(TICK_RATE_HZ):
        door.door.turn(door.desk.tick, 2)
    assert door.door.outside().wait_s == pytest.approx(2 / 100, abs=0.1)
