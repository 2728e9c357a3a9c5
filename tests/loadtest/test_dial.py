"""A bot's connection, ordinary or narrow, to somebody who listens."""

import asyncio
import socket
from contextlib import suppress

import pytest

from loadtest.arrivals import Arrivals, Rules
from loadtest.audit import Audit
from loadtest.bot import Desk
from loadtest.dial import NARROW_BYTES, dial
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
        await dial(bot, Target("tcp", "127.0.0.1", server.sockets[0].getsockname()[1], ""), narrow)
        assert bot._transport is not None
        link = bot._transport.get_extra_info("socket")
        size = link.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        bot.abort()
        await gone.wait()
    return int(size)


async def test_a_narrow_link_holds_a_few_kilobytes() -> None:
    assert await received_by(narrow=True) <= 4 * NARROW_BYTES
    assert await received_by(narrow=False) > 4 * NARROW_BYTES


@pytest.mark.parametrize("narrow", [False, True])
async def test_nobody_there_is_an_error_either_way(narrow: bool) -> None:
    with pytest.raises(ConnectionRefusedError):
        await dial(stranger(), Target("tcp", "127.0.0.1", 1, ""), narrow)
