"""The programme: all zones' events together, and every request answered once or forgotten."""

import msgspec

from protocol.codec import encode
from protocol.messages import Denied, Happened
from server.programme import WAITING_MAX, Programme
from world.event import OPERATOR, EventState
from world.events.steer_event import EventSteered, SteerEvent
from world.occasions import EventChanged
from world.tick import Issued

START = SteerEvent("dawn", "start")
DAWN = EventState("dawn", "rain", "idle", 0, {"crystals": 5000})
NOON, GALA = DAWN._replace(name="noon"), EventState("gala", "show", "running", 900, {})
NO = Denied(1, "steer_event", "running", None, "it is on already")


class Office:
    """A programme, what it posted and what those who asked were told."""

    def __init__(self) -> None:
        self.posted: list[tuple[int, Issued]] = []
        self.told: list[Denied | Happened] = []
        self.programme = Programme(lambda zone, issued: self.posted.append((zone, issued)), ["gate", "plaza"])

    def ask(self) -> int | None:
        return self.programme.ask(1, START, self.told.append)

    @property
    def names(self) -> list[str]:
        return [listed.state.name for listed in self.programme.events]


def steered(number: int) -> bytes:
    event = EventSteered(number, "dawn", "start", "rain", "running", 900)
    return encode(Happened(7, event.name, msgspec.structs.asdict(event)))


def test_the_programme_is_what_all_zones_say_in_their_order() -> None:
    office = Office()
    office.programme.learn(1, [GALA, DAWN])
    office.programme.learn(0, [NOON])
    assert office.names == ["noon", "gala", "dawn"]
    found = office.programme.find("gala")
    assert found is not None
    assert (found.zone, found.state) == (1, GALA)
    assert office.programme.find("dusk") is None


def test_what_a_zone_says_replaces_what_it_said_before_and_nothing_of_the_others() -> None:
    office = Office()
    office.programme.learn(0, [NOON])
    office.programme.learn(1, [DAWN, GALA])
    office.programme.learn(1, [DAWN._replace(state="running")])
    assert office.names == ["noon", "dawn"]
    found = office.programme.find("dawn")
    assert found is not None
    assert found.state.state == "running"


def test_a_wish_goes_to_its_zone_in_the_operators_name_under_a_number_of_its_own() -> None:
    office = Office()
    assert [office.ask(), office.ask()] == [1, 2]
    assert office.posted == [(1, Issued(OPERATOR, 1, START)), (1, Issued(OPERATOR, 2, START))]


def test_an_answer_reaches_whoever_asked_once() -> None:
    office = Office()
    for _ in range(3):
        office.ask()
    office.programme.hear(steered(2))
    (done,) = office.told
    assert isinstance(done, Happened)
    assert done.fields["number"] == 2
    office.programme.hear(steered(2))
    office.programme.hear(encode(NO))
    assert office.told == [done, NO]


def test_what_else_the_operator_is_told_answers_nothing() -> None:
    office = Office()
    office.ask()
    event = EventChanged("dawn", "rain", "running")
    office.programme.hear(encode(Happened(7, event.name, msgspec.structs.asdict(event))))
    office.programme.hear(encode(msgspec.structs.replace(NO, number=99)))
    assert office.told == []


def test_whoever_does_not_wait_any_more_is_not_told() -> None:
    office = Office()
    number = office.ask()
    assert number is not None
    office.programme.forget(number)
    office.programme.forget(number)
    office.programme.hear(steered(number))
    assert office.told == []


def test_so_many_may_wait_and_an_answer_makes_room() -> None:
    office = Office()
    assert None not in [office.ask() for _ in range(WAITING_MAX)]
    assert office.ask() is None
    assert len(office.posted) == WAITING_MAX
    office.programme.hear(steered(1))
    assert office.ask() == WAITING_MAX + 1
