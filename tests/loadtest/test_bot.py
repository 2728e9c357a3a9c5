"""A bot that waits to be let in, and one that misbehaves, over both framings."""

import pytest

from loadtest.bot import Stage
from loadtest.faults import FaultKind
from protocol import messages as m
from protocol.codec import encode
from tests.loadtest.said import frame, welcome
from tests.loadtest.test_links import Wire


@pytest.fixture(params=["ws", "tcp"])
def wire(request: pytest.FixtureRequest) -> Wire:
    return Wire(request.param)


def queue(wire: Wire, position: int) -> None:
    wire.hear(wire.framed(encode(m.Queued("my place", position, 12.5))))


async def test_a_bot_that_waits_keeps_its_ticket_and_is_let_in(wire: Wire) -> None:
    wire.upgrade()
    queue(wire, 9)
    queue(wire, 3)
    assert wire.bot.stage is Stage.WAITING
    assert [each.position for each in wire.news.queued] == [9, 3]
    assert wire.purses[0].resume == "my place"
    wire.hear(wire.framed(encode(welcome())) + wire.framed(frame(2)))
    assert wire.bot.alive
    assert wire.faults.counts == {}


def test_a_place_in_the_queue_for_somebody_who_is_in_is_a_fault(wire: Wire) -> None:
    wire.enter()
    queue(wire, 1)
    assert wire.faults.counts == {FaultKind.BAD_MESSAGE: 1}


async def test_a_frame_for_somebody_who_waits_is_a_fault(wire: Wire) -> None:
    wire.upgrade()
    queue(wire, 1)
    wire.hear(wire.framed(frame(2)))
    assert wire.faults.counts == {FaultKind.BAD_MESSAGE: 1}


def test_what_is_shouted_goes_out_as_it_is_unless_the_server_does_not_read(wire: Wire) -> None:
    wire.enter()
    wire.held.written.clear()
    assert wire.bot.shout(b"\xff\x00")
    assert wire.held.written == [b"\xff\x00"]
    wire.bot.pause_writing()
    assert not wire.bot.shout(b"\xff\x00")
    wire.bot.resume_writing()
    wire.bot.connection_lost(None)
    assert not wire.bot.shout(b"\xff\x00")
    assert len(wire.held.written) == 1


def test_payloads_are_packed_in_the_framing_of_the_transport(wire: Wire) -> None:
    wire.enter()
    wire.said()
    wire.bot.shout(wire.bot.packed([encode(m.Ping(1.0))]))
    assert wire.said() == [m.Ping(1.0)]
