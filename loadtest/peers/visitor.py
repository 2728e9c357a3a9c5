"""One bot at any of the servers: a WebSocket read as cheaply as Python can, told by an adapter what an update is.

The same bot visits every server, ours included, so that a difference between two figures is never the bots'. A state
of the whole room is tens of kilobytes, in several reads: after its first bytes have said what it is, the rest is
counted and dropped, not collected. Only a witness keeps what it is told, to prove how many it sees.
"""

import asyncio
import base64
from abc import ABC, abstractmethod
from random import Random
from time import perf_counter
from typing import NamedTuple, cast

from loadtest import websocket as ws
from loadtest.peers.tally import Tally
from loadtest.websocket import FramingError

# A whole state of 20,000 avatars at 50 bytes each, which is as much as Colyseus tells a newcomer.
PAYLOAD_BYTES_MAX = 1 << 20
# Enough of a message to know what it is, and a whole frame of ours.
_GLANCE_BYTES = 512
# A square of a walk: half a second each way.
_QUARTER = 64
WALK = 1


class Place(NamedTuple):
    """Where a bot wants to stand in the plaza, in cm from its south-west corner."""

    x: float
    z: float


class Visitor(asyncio.Protocol, ABC):
    """One connection. `index` is its row in the tally; `path` is what it asks the server to upgrade."""

    __slots__ = (
        "_held", "_host", "_key", "_masks", "_path", "_rest", "_skip", "_turn", "_upgraded", "at_place", "bytes_down",
        "ending", "entered", "index", "keeps", "leaving", "place", "tally", "transport",
    )  # fmt: skip

    def __init__(self, index: int, place: Place, tally: Tally, rng: Random) -> None:
        self.index, self.place, self.tally = index, place, tally
        self.transport: asyncio.Transport | None = None
        self.bytes_down = 0
        # Why the connection is over, if it is; whether its first update has come; whether it stands where it wants to.
        self.ending: str | None = None
        self.entered = asyncio.Event()
        self.at_place = True
        self.leaving = False
        # A witness collects each update here; everybody else has no list.
        self.keeps: list[bytes] | None = None
        self._masks = rng
        self._turn = rng.randrange(256)
        self._key = base64.b64encode(rng.randbytes(16)).decode("ascii")
        self._rest = b""
        self._held: list[bytes] = []
        self._skip = 0
        self._upgraded = False

    # ---- what an adapter says --------------------------------------------------------------------------

    @abstractmethod
    def greet(self) -> None:
        """Say what has to be said first on the open WebSocket."""

    @abstractmethod
    def is_update(self, opcode: int, glance: bytes) -> bool:
        """Whether a message that begins so is an update of what is seen; `glance` are its first bytes."""

    @abstractmethod
    def heed(self, opcode: int, payload: bytes) -> None:
        """Read, and answer, a whole message that is no update. Raises ValueError for one that cannot be."""

    @abstractmethod
    def walk(self, steer: int, gait: int) -> None:
        """Send an input: which way, in 256ths of a turn, and how fast."""

    # ---- what all do -------------------------------------------------------------------------------------

    def aim(self, host: str, path: str) -> None:
        """Where it is going to connect: host with port, and path."""
        self._host, self._path = host, path

    def step(self) -> None:
        """Twice a second: walk on along a square, so that everybody moves all the time and nobody gets away."""
        if self.entered.is_set() and not self.leaving:
            self._turn = (self._turn + _QUARTER) % 256
            self.walk(self._turn, WALK)

    def say(self, opcode: int, payload: bytes) -> None:
        """Send one message."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(ws.masked(opcode, payload, self._masks.getrandbits(32)))

    def leave(self) -> None:
        """Go; the server sees a link that ends."""
        self.leaving = True
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(ws.upgrade_request(self._host, self._path, self._key))

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed, by either side."""
        self.transport = None
        self.ending = self.ending or (f"connection lost: {exc}" if exc else "closed without a word")
        # Whoever waits for it to get in has waited long enough.
        self.entered.set()

    def data_received(self, data: bytes) -> None:
        """Bytes came; a server that breaks the rules loses the bot."""
        self.bytes_down += len(data)
        if self._skip:
            data = self._go_on_skipping(data)
        if not data:
            return
        if self._rest:
            data, self._rest = self._rest + data, b""
        try:
            self._rest = self._take(data)
        except (FramingError, ValueError) as error:
            self.ending = f"{type(error).__name__}: {error}"
            if self.transport is not None:
                self.transport.abort()

    def _go_on_skipping(self, data: bytes) -> bytes:
        """What is left behind the rest of a long message."""
        if self.keeps is not None:
            self._held.append(data[: self._skip])
        if len(data) < self._skip:
            self._skip -= len(data)
            return b""
        data, self._skip = data[self._skip :], 0
        self._updated()
        return data

    def _take(self, data: bytes) -> bytes:
        """Take every message; what is left of the last. Raises FramingError."""
        at = 0
        if not self._upgraded:
            begin = ws.upgraded_at(data, self._key)
            if begin is None:
                return data
            self._upgraded, at = True, begin
            self.greet()
        while (head := ws.next_head(data, at, PAYLOAD_BYTES_MAX)) is not None:
            opcode, fin, start, stop = head
            if not fin or opcode == ws.CONTINUATION:
                raise FramingError("a peer fragments its messages, which these bots do not join")
            if stop > len(data):
                return self._begin_long(data, at, head)
            at = stop
            self._message(opcode, data, start, stop)
        return data[at:]

    def _begin_long(self, data: bytes, at: int, head: ws.Piece) -> bytes:
        """A message that is not whole yet: skip it if its beginning says that it is an update, else wait for it."""
        here = len(data) - head.start
        if here < _GLANCE_BYTES or not self.is_update(head.opcode, data[head.start : head.start + _GLANCE_BYTES]):
            return data[at:]
        if self.keeps is not None:
            self._held.append(data[head.start :])
        self._skip = head.stop - len(data)
        return b""

    def _message(self, opcode: int, data: bytes, start: int, stop: int) -> None:
        if opcode == ws.PING:
            self.say(ws.PONG, data[start:stop])
        elif opcode == ws.CLOSE:
            code = int.from_bytes(data[start : start + 2])
            self.ending = f"closed with {code} {data[start + 2 : stop].decode('utf-8', 'replace')}"
            self.leave()
        elif opcode == ws.PONG:
            return
        elif self.is_update(opcode, data[start : min(stop, start + _GLANCE_BYTES)]):
            if self.keeps is not None:
                self._held.append(data[start:stop])
            self._updated()
        else:
            self.heed(opcode, data[start:stop])

    def _updated(self) -> None:
        """A whole update has come."""
        self.tally.whose.append(self.index)
        self.tally.whens.append(perf_counter())
        if not self.entered.is_set():
            self.entered.set()
        if self.keeps is not None:
            self.keeps.append(b"".join(self._held))
            self._held.clear()
