"""Connections that say a byte at a time and never come to the point, each replaced when the server has enough of it.

Over WebSocket half of them trickle an HTTP request whose fields never end, and half a Hello; over TCP it is a Hello
whose length prefix alone takes four seconds.
"""

import asyncio
import base64
from collections.abc import Iterator, Sequence
from itertools import chain, cycle, repeat
from random import Random
from typing import cast

from loadtest import websocket as ws
from loadtest.bot import ABNORMAL, Ending
from loadtest.dial import Way, dial
from loadtest.target import Target
from loadtest.troubles.base import Crowd, Trouble, now_s
from protocol.codec import encode
from protocol.framing import tcp_frame
from protocol.limits import PROTOCOL_VERSION
from protocol.messages import Hello

# A byte a second from each: often enough that none of them is ever silent.
BYTE_BEATS = 100
# What is closed is replaced a moment later: one connection a second for each at most.
AGAIN_S = (0.5, 1.5)
# A Hello that takes a quarter of an hour.
_HELLO = encode(Hello(PROTOCOL_VERSION, "Slow", "t" * 800))


class Trickle(Trouble):
    """Its connections are its own: no bot of the swarm has part in it."""

    apart = True

    def __init__(self, makers: Sequence[int], crowd: Crowd, rng: Random) -> None:
        super().__init__(makers, crowd, rng)
        self._drips: dict[int, Drip] = {}
        self._calls: set[asyncio.Task[None]] = set()
        self._over = False

    def begin(self) -> None:
        """All connect within the second that a byte takes anyway."""
        for place in range(len(self.makers)):
            self._call(place, self.rng.random())

    def beat(self, number: int) -> None:
        """One byte of each whose beat it is."""
        for place in range(number % BYTE_BEATS, len(self.makers), BYTE_BEATS):
            drip = self._drips.get(place)
            if drip is not None and drip.drip():
                self.sent += 1

    def end(self) -> None:
        """Hang up."""
        self._over = True
        for call in self._calls:
            call.cancel()
        for drip in list(self._drips.values()):
            drip.hang_up()

    def dropped(self, place: int, drip: "Drip") -> None:
        """The server has had enough of one."""
        self._drips.pop(place, None)
        if self._over:
            return
        self.note_ending(Ending(ABNORMAL, "closed by the server"))
        self.held_ms.add_one((now_s() - drip.since_s) * 1000)
        self._call(place, self.rng.uniform(*AGAIN_S))

    def _call(self, place: int, after_s: float) -> None:
        call = asyncio.create_task(self._connect(place, after_s))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    async def _connect(self, place: int, after_s: float) -> None:
        await asyncio.sleep(after_s)
        target = self.crowd.targets[place % len(self.crowd.targets)]
        drip = Drip(self, place, said_slowly(target, place, self.rng))
        try:
            # Beside the bots, from where none of them is.
            await dial(drip, target, Way(self.crowd.home_of(len(self.crowd.bots) + place)))
        except OSError:
            self.dropped(place, drip)
        else:
            self._drips[place] = drip


class Drip(asyncio.Protocol):
    """One connection that trickles: first what it says at once, then byte by byte."""

    def __init__(self, trouble: Trickle, place: int, words: tuple[bytes, Iterator[int]]) -> None:
        self._trouble, self._place = trouble, place
        self._first, self._bytes = words
        self._transport: asyncio.Transport | None = None
        self.since_s = now_s()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It begins."""
        self._transport = cast(asyncio.Transport, transport)
        if self._first:
            self._transport.write(self._first)

    def connection_lost(self, exc: Exception | None) -> None:
        """It was closed."""
        self._transport = None
        self._trouble.dropped(self._place, self)

    def drip(self) -> bool:
        """One byte more; False where there is nobody to say it to."""
        if self._transport is None or self._transport.is_closing():
            return False
        self._transport.write(bytes([next(self._bytes)]))
        return True

    def hang_up(self) -> None:
        """Enough."""
        if self._transport is not None:
            self._transport.abort()


def said_slowly(target: Target, place: int, rng: Random) -> tuple[bytes, Iterator[int]]:
    """What connection number `place` says at once, and what it says then, which never ends."""
    if target.transport == "tcp":
        return b"", chain(tcp_frame(_HELLO), repeat(0))
    key = base64.b64encode(rng.randbytes(16)).decode("ascii")
    request = ws.upgrade_request(target.authority, target.path, key)
    if place % 2:
        return request, chain(ws.masked(ws.BINARY, _HELLO, rng.getrandbits(32)), repeat(0))
    return b"", chain(request[:-2], cycle(b"X-More: and more\r\n"))
