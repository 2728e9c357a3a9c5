"""A million lies over real sockets: strangers who garble and forge, and guests who ask for what nobody may have.

The lies are those of the load test's liars (loadtest/troubles/lies.py). Half of the connections are of strangers, who
are wrong from their first bytes on; the others come in properly, ask for a few dozen impossible things, which a session
outlives, and end with something that it does not. The city's limits of messages a second are raised for it: what is
dropped unread finds nothing.
"""

import asyncio
import base64
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import NamedTuple

from loadtest import websocket as ws
from loadtest.target import Target, parse_target
from loadtest.troubles.lies import deed_lie, forged_hello, payload_lie, wire_lie
from protocol.codec import encode
from protocol.framing import tcp_frame
from protocol.limits import PROTOCOL_VERSION
from protocol.messages import Hello

# So many at once: enough to keep the city busy, few enough that each is answered soon.
LIARS = 64
# What a guest asks for before its last lie, in one to three writes.
WISHES_MAX = 150
STRANGERS_SHARE = 0.3
# Some do not even wait for the answer to their handshake.
HANG_UP_SHARE = 0.05
# A city that does not answer for so long does not answer at all.
_ANSWER_S = 20.0
_CHUNK_BYTES = 65536
# What a city is told for it, so that lies are read and not dropped.
FLAGS = (
    "--game.messages_per_s", "1000", "--game.messages_burst", "10000", "--game.flood_messages", "100000",
    "--game.joins_per_tick", "200",
)  # fmt: skip


class Told(NamedTuple):
    """What was sent so far."""

    messages: int
    connections: int
    unanswered: int


class Liars:
    """All who lie to one city, until `count` lies are told; everything that is chance comes from `seed`."""

    def __init__(self, urls: tuple[str, str], count: int, seed: int) -> None:
        self._targets = tuple(map(parse_target, urls))
        self._left = count
        self._rng = Random(f"{seed}:lies")
        self._connections = self._messages = self._unanswered = 0

    @property
    def told(self) -> Told:
        """How far it has come."""
        return Told(self._messages, self._connections, self._unanswered)

    async def lie(self) -> None:
        """Tell all of them. Raises OSError when the city is gone."""
        async with asyncio.TaskGroup() as group:
            for _ in range(LIARS):
                group.create_task(self._lie_on())

    async def _lie_on(self) -> None:
        while self._left > 0:
            target = self._targets[self._connections % len(self._targets)]
            self._connections += 1
            reader, writer = await asyncio.open_connection(target.host, target.port)
            try:
                async with asyncio.timeout(_ANSWER_S):
                    await self._converse(target, reader, writer)
            except TimeoutError:
                self._unanswered += 1
            except (OSError, EOFError):
                # Thrown out in the middle of a sentence.
                pass
            finally:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()

    async def _converse(self, target: Target, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        framed = await self._framing(target, reader, writer)
        if self._rng.random() < STRANGERS_SHARE:
            first = encode(forged_hello(self._rng)) if self._rng.random() < 0.3 else payload_lie(self._rng)
            await self._tell(writer, [framed(first)])
        else:
            writer.write(framed(encode(Hello(PROTOCOL_VERSION, "Liar"))))
            await reader.read(_CHUNK_BYTES)
            wishes = self._rng.randint(1, WISHES_MAX)
            await self._tell(writer, [framed(deed_lie(self._rng)) for _ in range(wishes)])
        last = framed(payload_lie(self._rng)) if self._rng.random() < 0.5 else self._nonsense(target)
        await self._tell(writer, [last])
        writer.write_eof()
        while await reader.read(_CHUNK_BYTES):
            pass

    def _nonsense(self, target: Target) -> bytes:
        return wire_lie(self._rng, target.transport == "ws")

    async def _tell(self, writer: asyncio.StreamWriter, lies: list[bytes]) -> None:
        writer.write(b"".join(lies))
        self._left -= len(lies)
        self._messages += len(lies)
        await writer.drain()

    async def _framing(
        self, target: Target, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Callable[[bytes], bytes]:
        if target.transport == "tcp":
            return tcp_frame
        key = base64.b64encode(self._rng.randbytes(16)).decode("ascii")
        writer.write(ws.upgrade_request(target.authority, target.path, key))
        if self._rng.random() < HANG_UP_SHARE:
            writer.transport.abort()
        await reader.readuntil(b"\r\n\r\n")
        return lambda payload: ws.masked(ws.BINARY, payload, self._rng.getrandbits(32))
