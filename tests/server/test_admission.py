"""The door: paced, in order, the returning first, and nobody in it who has no place."""

from protocol.connection import Framing
from protocol.messages import Hello
from server.admission import Admission, Knock
from server.session import Session
from server.settings import GameSettings
from tests.fakes import FakeClient, FakeDesk


def knock(name: str) -> Knock:
    session = Session(FakeDesk(), FakeClient(), Framing.STREAM, "192.0.2.1", GameSettings())
    return Knock(session, Hello(1, name))


def names(knocks: list[Knock]) -> list[str | None]:
    return [each.hello.name for each in knocks]


def door(joins_per_tick: int = 3, players_max: int = 10) -> Admission:
    return Admission(GameSettings(joins_per_tick=joins_per_tick, players_max=players_max))


def test_people_come_in_in_the_order_they_came_and_no_more_a_tick_than_its_pace() -> None:
    admission = door()
    for name in "abcdefgh":
        admission.knock(knock(name), returning=False)
    assert [names(admission.admit()) for _ in range(4)] == [["a", "b", "c"], ["d", "e", "f"], ["g", "h"], []]


def test_the_returning_go_first_and_share_the_pace() -> None:
    admission = door()
    for name in "abc":
        admission.knock(knock(name), returning=False)
    for name in "xy":
        admission.knock(knock(name), returning=True)
    assert [names(admission.admit()) for _ in range(2)] == [["x", "y", "a"], ["b", "c"]]


def test_whoever_has_left_the_queue_costs_nobody_a_turn() -> None:
    admission = door()
    knocks = [knock(name) for name in "abcdefgh"]
    for each in knocks:
        admission.knock(each, returning=False)
    for each in knocks[:5]:
        each.session.lost()
    assert names(admission.admit()) == ["f", "g", "h"]
    assert admission.waiting == 0


def test_people_in_login_count_towards_the_places() -> None:
    admission = door(players_max=4)
    assert admission.has_room(players=3)
    admission.knock(knock("a"), returning=False)
    assert not admission.has_room(players=3)
    assert admission.has_room(players=2)
    admission.knock(knock("b"), returning=True)
    assert not admission.has_room(players=2)
    admission.admit()
    assert admission.has_room(players=3)
    assert not admission.has_room(players=4)
