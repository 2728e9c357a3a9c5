"""A bot's connection, ordinary or narrow, to somebody who listens."""

import asyncio
import socket
import sys
from contextlib import suppress

import pytest

from loadtest.arrivals import Arrivals, Rules
from loadtest.audit import Audit
from loadtest.bot import Desk
from loadtest.dial import NARROW_BYTES, Way, dial, home_of
from loadtest.faults import Faults
from loadtest.links import TcpBot
from loadtest.purses import Purses
from loadtest.receipts import Receipts
from loadtest.target import Target
from tests.loadtest.said import HeldNews

WAIT_S = 10


def stranger() -> TcpBot:
    faults = Faults()
    desk = Desk(Arrivals(1, Rules(), faults), Purses(1, faults, Receipts()), faults, HeldNews())
    return TcpBot(0, "Ann", desk, Audit(0, Rules(), faults))


async def received_by(narrow: bool) -> int:
    """How many bytes the kernel would keep for a bot that does not read."""
    gone = asyncio.Event()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.read()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        gone.set()

    async with asyncio.timeout(WAIT_S), await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        bot = stranger()
        await dial(bot, Target("tcp", "127.0.0.1", server.sockets[0].getsockname()[1], ""), Way(narrow=narrow))
        assert bot._transport is not None
        link = bot._transport.get_extra_info("socket")
        size = link.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        bot.abort()
        await gone.wait()
    return int(size)


async def test_a_narrow_link_holds_a_few_kilobytes() -> None:
    assert await received_by(narrow=True) <= 4 * NARROW_BYTES
    assert await received_by(narrow=False) > 4 * NARROW_BYTES


@pytest.mark.parametrize("way", [Way(), Way(narrow=True), Way(home="127.0.0.1")])
async def test_nobody_there_is_an_error_either_way(way: Way) -> None:
    with pytest.raises(ConnectionRefusedError):
        await dial(stranger(), Target("tcp", "127.0.0.1", 1, ""), way)


async def test_every_seat_comes_from_an_address_of_its_own_where_the_system_has_many() -> None:
    seen: asyncio.Queue[str] = asyncio.Queue()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.put_nowait(writer.get_extra_info("peername")[0])
        writer.close()

    bots = [stranger() for _ in range(3)]
    async with asyncio.timeout(WAIT_S), await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        target = Target("tcp", "127.0.0.1", server.sockets[0].getsockname()[1], "")
        for seat, bot in zip((0, 255, 9_999), bots, strict=True):
            await dial(bot, target, Way(home_of(seat)))
        came = {await seen.get() for _ in bots}
        for bot in bots:
            bot.abort()
    assert came == ({"127.1.0.1", "127.1.1.0", "127.1.39.16"} if sys.platform == "linux" else {"127.0.0.1"})
