"""The viewers of one turn stay the same arrays while nobody comes or goes, and only suspects are looked at."""

import numpy as np

from protocol.connection import Framing
from server.delivery import Delivery, Together
from server.gateway.seats import Seats
from server.session import Session
from server.settings import GameSettings
from tests.fakes import FakeClient, FakeDesk


def seated(seats: Seats, slot: int, websocket: bool = False) -> FakeClient:
    client = FakeClient(websocket)
    seats.sit(slot, Session(FakeDesk(), client, Framing.STREAM, "127.0.0.1", GameSettings()))
    return client


def test_viewers_are_everybody_here_with_their_transport() -> None:
    seats = Seats()
    clients = [seated(seats, 3), seated(seats, 7, websocket=True)]
    assert seats.viewers.slots.tolist() == [3, 7]
    assert seats.viewers.outboxes == clients
    assert seats.viewers.websocket.tolist() == [False, True]


def test_the_arrays_are_made_anew_only_when_somebody_comes_or_goes() -> None:
    seats = Seats()
    seated(seats, 3)
    before = seats.viewers
    assert seats.viewers is before
    seated(seats, 4)
    seats.leave(3)
    seats.leave(99)
    assert seats.viewers.slots.tolist() == [4]


def test_who_comes_goes_and_comes_again_between_two_looks_is_there_once_and_as_they_are_now() -> None:
    seats = Seats()
    first = [seated(seats, slot) for slot in (1, 2, 3)]
    assert seats.viewers.slots.tolist() == [1, 2, 3]
    seats.leave(2)
    seats.leave(2)
    again = seated(seats, 2)
    seated(seats, 4)
    seats.leave(4)
    replaced = seated(seats, 1)
    assert seats.viewers.slots.tolist() == [3, 2, 1]
    assert seats.viewers.outboxes == [first[2], again, replaced]
    assert seats.viewers is seats.viewers


def test_only_those_who_were_behind_after_the_last_write_or_lag_already_are_looked_at() -> None:
    seats = Seats()
    clients = [seated(seats, slot) for slot in (1, 2, 3)]
    for client in clients:
        client.transport.backlog = 1000
    assert seats.unsent() == {}
    seats.delivery = Delivery(seats.viewers, behind=[2, 99])
    seats.lagging = {seats.sessions[3]: 4}
    assert seats.unsent() == {seats.sessions[2]: 1000, seats.sessions[3]: 1000}
    clients[1].transport.backlog = 0
    assert seats.unsent() == {seats.sessions[3]: 1000}


def test_some_of_the_viewers_keep_their_places_together() -> None:
    seats = Seats()
    clients = [seated(seats, slot, websocket=slot == 2) for slot in (1, 2, 3)]
    some = seats.viewers.only(np.array([False, True, True]))
    assert (some.slots.tolist(), some.outboxes, some.websocket.tolist()) == ([2, 3], clients[1:], [True, False])


def test_those_of_a_turn_are_put_together_anew_only_when_its_seats_are_others() -> None:
    together, first, second = Together(), Seats(), Seats()
    clients = [seated(first, 2), seated(second, 5), seated(first, 8)]
    both = together.of(0, [first.viewers, second.viewers])
    assert both.slots.tolist() == [2, 8, 5]
    assert both.outboxes == [clients[0], clients[2], clients[1]]
    alone = together.of(1, [second.viewers])
    assert together.of(0, [first.viewers, second.viewers]) is both
    assert together.of(1, [second.viewers]) is alone
    second.leave(5)
    assert together.of(0, [first.viewers, second.viewers]).slots.tolist() == [2, 8]
    assert together.of(0, [first.viewers]).slots.tolist() == [2, 8]
    assert together.of(1, [second.viewers]).slots.size == 0
