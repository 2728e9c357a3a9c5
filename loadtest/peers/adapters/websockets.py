"""The `websockets` library: everybody is told everything, by its `broadcast()`."""

import struct
from random import Random

import aiohttp

from loadtest import websocket as ws
from loadtest.peers.adapters.base import Adapter, Spot, python_peer, python_versions
from loadtest.peers.tally import Tally
from loadtest.peers.visitor import Place, Visitor
from loadtest.ports import HOST

_PLACE = struct.Struct("<hh")
RECORD_BYTES = 12


class PlainVisitor(Visitor):
    """Its first message is where it stands; every message of the server is the whole state."""

    __slots__ = ()

    def greet(self) -> None:
        """Say where it stands."""
        self.say(ws.BINARY, _PLACE.pack(round(self.place.x), round(self.place.z)))

    def is_update(self, opcode: int, glance: bytes) -> bool:
        """Every binary message is."""
        return opcode == ws.BINARY

    def heed(self, opcode: int, payload: bytes) -> None:
        """There are no others."""
        raise ValueError(f"the server said {payload[:60]!r}")

    def walk(self, steer: int, gait: int) -> None:
        """Two bytes."""
        self.say(ws.BINARY, bytes((steer, gait)))


def others_in(state: bytes) -> int:
    """How many others a state of the whole plaza tells of. Raises ValueError when it is not made of records."""
    count, rest = divmod(len(state), RECORD_BYTES)
    if rest or len({state[at : at + 4] for at in range(0, len(state), RECORD_BYTES)}) != count:
        raise ValueError(f"a state of {len(state)} bytes is not {RECORD_BYTES} for each body, each once")
    return count - 1


class Websockets(Adapter):
    """`loadtest/peers/python/websockets_server.py`."""

    name = "websockets"
    title = "websockets, broadcast"
    tells_all = True

    def __init__(self, bots: int) -> None:
        """A process of its own."""
        self.server = self._process = python_peer("websockets_server")

    def visitor(self, index: int, place: Place, tally: Tally, rng: Random) -> Visitor:
        """Plain messages."""
        return PlainVisitor(index, place, tally, rng)

    async def where(self, place: Place, session: aiohttp.ClientSession) -> Spot:
        """One address for all."""
        return Spot(HOST, self._process.port, "/")

    async def seen(self, witness: Visitor) -> int:
        """Those in its last state."""
        return others_in(witness.keeps[-1]) if witness.keeps else 0

    @classmethod
    def versions(cls) -> dict[str, str]:
        """Of the library and what is below it."""
        return python_versions("websockets", "uvloop", "numpy")
