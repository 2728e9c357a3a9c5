"""Connections that trickle, against somebody who closes them."""

import asyncio
from itertools import count, islice
from random import Random

import pytest

from loadtest.target import Target
from loadtest.troubles import trickle
from loadtest.troubles.trickle import Trickle, said_slowly
from protocol.connection import Connection, Framing, Role
from tests.loadtest.troubles.test_troubles import HeldCrowd

WAIT_S = 10
WS = Target("ws", "127.0.0.1", 7400, "/play")
TCP = Target("tcp", "127.0.0.1", 7401, "")


def test_a_hello_on_tcp_is_legal_as_far_as_it_goes() -> None:
    first, rest = said_slowly(TCP, 0, Random(1))
    assert first == b""
    server = Connection(Role.SERVER, Framing.STREAM)
    assert list(server.feed(bytes(islice(rest, 600)))) == []


def test_over_websocket_half_never_end_their_request_and_half_their_hello() -> None:
    first, rest = said_slowly(WS, 0, Random(1))
    said = first + bytes(islice(rest, 3000))
    assert said.startswith(b"GET /play HTTP/1.1\r\n")
    assert b"\r\n\r\n" not in said
    first, rest = said_slowly(WS, 1, Random(1))
    assert first.endswith(b"\r\n\r\n")
    assert bytes(islice(rest, 2))[0] == 0x82


async def test_each_is_replaced_when_the_server_has_enough_and_all_hang_up_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trickle, "AGAIN_S", (0.0, 0.0))
    heard: list[bytes] = []
    enough = asyncio.Event()

    async def close_after_three(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            heard.append(await reader.readexactly(3))
        except asyncio.IncompleteReadError:
            return
        finally:
            writer.close()
        if len(heard) >= 8:
            enough.set()

    async with asyncio.timeout(WAIT_S), await asyncio.start_server(close_after_three, "127.0.0.1", 0) as server:
        crowd = HeldCrowd()
        crowd.targets = (Target("tcp", "127.0.0.1", server.sockets[0].getsockname()[1], ""),)
        trouble = Trickle(range(4), crowd, Random(1))
        trouble.rng.random = lambda: 0.0  # type: ignore[method-assign]
        trouble.begin()
        for number in count():
            if enough.is_set():
                break
            trouble.beat(number)
            await asyncio.sleep(0)
        trouble.end()
        assert trouble.sent >= 24
        assert trouble.endings["1006 closed by the server"] >= 4
        assert trouble.held_ms.count == trouble.endings.total()
    assert trouble.apart
