"""Sending for many bots at once, over real sockets: each server hears what its bot would have said itself."""

import asyncio
import socket
from collections.abc import AsyncIterator
from random import Random

import numpy as np
import pytest
import pytest_asyncio

from loadtest.arrivals import Arrivals, Rules
from loadtest.audit import Audit
from loadtest.bot import Bot, Desk, Stage
from loadtest.faults import Faults
from loadtest.purses import Purses
from loadtest.receipts import Receipts
from loadtest.sender import Moves, Sender
from protocol import messages as m
from protocol.codec import decode_client
from protocol.frames import INTENT_JUMP
from tests.loadtest.said import HeldNews
from tests.loadtest.test_reader import SeatedTcpBot, SeatedWebSocketBot
from tests.loadtest.test_websocket import unmasked

CROWD = 40
# So little that a few hundred messages fill it.
BUFFER_BYTES = 4096


class Hall:
    """Bots over socket pairs, the servers' ends of these, and whoever sends for all of them."""

    def __init__(self, websocket: bool) -> None:
        self.websocket = websocket
        faults = Faults()
        self.arrivals = Arrivals(CROWD, Rules(), faults)
        self.desk = Desk(self.arrivals, Purses(CROWD, faults, Receipts()), faults, HeldNews())
        self.bots: list[Bot | None] = []
        self.servers: list[socket.socket] = []
        self.faults = faults

    async def seat(self) -> Bot:
        """One more bot, in the city."""
        seat = len(self.bots)
        bot: Bot = SeatedTcpBot(seat, "Bot", self.desk, Audit(seat, Rules(), self.faults))
        if self.websocket:
            bot = SeatedWebSocketBot(seat, "Bot", self.desk, Audit(seat, Rules(), self.faults)).aim(
                "a city", "/play", Random(1)
            )
        here, there = socket.socketpair()
        here.setblocking(False)
        here.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
        there.setblocking(False)
        await asyncio.get_running_loop().create_connection(lambda: bot, sock=here)
        bot.stage = Stage.LIVING
        self.bots.append(bot)
        self.servers.append(there)
        return bot

    def heard(self, seat: int) -> bytes:
        """All that its server has been sent since the last time."""
        data = b""
        try:
            while chunk := self.servers[seat].recv(1 << 16):
                data += chunk
        except BlockingIOError:
            pass
        return data

    def messages(self, data: bytes) -> list[m.AnyClientMessage]:
        """Whole messages, in order."""
        found = []
        while data:
            stop = 6 + (data[1] & 0x7F) if self.websocket else 4 + int.from_bytes(data[:4])
            found.append(decode_client(unmasked(data[:stop])[1] if self.websocket else data[4:stop]))
            data = data[stop:]
        return found


def moves(*seats: int, steer: int = 64, gait: int = 2, flags: int = 0) -> Moves:
    """All of them the same way."""
    return Moves(np.array(seats, np.int64), *(np.full(len(seats), value, np.int64) for value in (steer, gait, flags)))


@pytest_asyncio.fixture(params=["ws", "tcp"])
async def hall(request: pytest.FixtureRequest) -> AsyncIterator[Hall]:
    hall = Hall(request.param == "ws")
    for _ in range(CROWD):
        await hall.seat()
    yield hall
    for bot in hall.bots:
        if bot is not None:
            bot.abort()
    for server in hall.servers:
        server.close()
    await asyncio.sleep(0)


@pytest.fixture
def sender(hall: Hall) -> Sender:
    return Sender(hall.bots, hall.desk, 1)


def intent(number: int, steer: int = 64, gait: int = 2, flags: int = 0) -> m.Move:
    return m.Move(number.to_bytes(4, "little") + bytes([steer, steer, gait, flags]))


async def test_each_says_what_its_bot_would_have_said(hall: Hall, sender: Sender) -> None:
    for number in range(1, 300):
        said = {"steer": number % 256, "gait": number % 3, "flags": number % 2 * INTENT_JUMP}
        sender.send(moves(3, 7, **said))
        # At once: the loop has had no turn.
        data = [hall.heard(seat) for seat in (3, 7)]
        assert [hall.messages(each) for each in data] == [[intent(number, **said)]] * 2
    assert hall.arrivals.sent[[3, 7, 8]].tolist() == [299, 299, 0]
    assert sender.up[[3, 7, 8]].tolist() == [299 * len(data[0]), 299 * len(data[1]), 0]
    # As a bot says it itself, but for the mask.
    bot = hall.bots[3]
    assert bot is not None
    bot.move(64, 2)
    await asyncio.sleep(0)
    alone = hall.heard(3)
    assert (len(alone), hall.messages(alone)) == (len(data[0]), [intent(300)])


async def test_when_it_was_sent_is_noted(hall: Hall, sender: Sender) -> None:
    sender.send(moves(0))
    first = hall.arrivals.sent_at[0, 1]
    sender.send(moves(0))
    assert 0 < first <= hall.arrivals.sent_at[0, 2]


async def test_masks_are_new_each_time(hall: Hall, sender: Sender) -> None:
    if not hall.websocket:
        sender.send(moves(0))
        assert hall.heard(0)[:4] == b"\0\0\0\x0c"
        return
    sender.send(moves(*range(CROWD)))
    assert len({hall.heard(seat)[2:6] for seat in range(CROWD)}) == CROWD


async def test_what_waits_in_a_transport_goes_first(hall: Hall, sender: Sender) -> None:
    bot = hall.bots[0]
    assert bot is not None
    sender.send(moves(0))
    bot.do("wave", {"hand": "left"})
    sender.send(moves(0))
    await asyncio.sleep(0)
    sender.send(moves(0))
    kinds = [type(message).__name__ for message in hall.messages(hall.heard(0))]
    assert kinds == ["Move", "Do", "Move", "Move"]
    assert hall.desk.direct[0]


async def test_nothing_is_lost_where_a_server_does_not_read(hall: Hall, sender: Sender) -> None:
    count, data = 2_000, b""
    for _ in range(count):
        sender.send(moves(5))
    assert not hall.desk.direct[5]
    while (bot := hall.bots[5]) is not None and not bot.has_said_all:
        data += hall.heard(5)
        await asyncio.sleep(0)
    data += hall.heard(5)
    assert hall.messages(data) == [intent(number) for number in range(1, count + 1)]
    sender.send(moves(5))
    assert hall.desk.direct[5]


async def test_who_leaves_says_nothing_more(hall: Hall, sender: Sender) -> None:
    sender.send(moves(0, 1, 2))
    leaving, cut, ended = (hall.bots[seat] for seat in range(3))
    assert leaving is not None
    assert cut is not None
    assert ended is not None
    leaving.leave()
    cut.abort()
    hall.servers[2].close()
    ended.read_on()
    for _ in range(10):
        await asyncio.sleep(0)
    assert ended.stage is Stage.GONE
    sender.send(moves(0, 1, 2))
    assert [type(message) for message in hall.messages(hall.heard(0))] == [m.Move, m.Bye]
    assert hall.arrivals.sent[:3].tolist() == [1, 1, 1]
    assert not hall.desk.direct[:3].any()


async def test_an_empty_seat_says_nothing(hall: Hall, sender: Sender) -> None:
    hall.bots[4] = None
    sender.send(moves(4))
    assert hall.heard(4) == b""
    assert hall.arrivals.sent[4] == 0
