"""Socket.IO: everybody is in one room, and told everything by an event to that room.

Engine.IO 4 and Socket.IO 5 as far as a bot needs them: a text message begins with its kind in digits (`0` open,
`2` ping, `3` pong, `4` message), and an event with binary data is a text that announces it and a binary message.
"""

import json
from random import Random

import aiohttp

from loadtest import websocket as ws
from loadtest.peers.adapters.base import Adapter, Spot, python_peer, python_versions
from loadtest.peers.adapters.websockets import others_in
from loadtest.peers.tally import Tally
from loadtest.peers.visitor import Place, Visitor
from loadtest.ports import HOST

PATH = "/socket.io/?EIO=4&transport=websocket"
_OPEN, _PING, _PONG = b"0", b"2", b"3"
_CONNECT, _CONNECT_ERROR, _ANNOUNCE = b"40", b"44", b"451-"


class SocketIoVisitor(Visitor):
    """Connects to the default namespace with its place as the authentication."""

    __slots__ = ()

    def greet(self) -> None:
        """Nothing: the server opens."""

    def is_update(self, opcode: int, glance: bytes) -> bool:
        """A binary message is what an event announced."""
        return opcode == ws.BINARY

    def heed(self, opcode: int, payload: bytes) -> None:
        """Answer what Engine.IO and Socket.IO want to be answered."""
        if payload == _PING:
            self.say(ws.TEXT, _PONG)
        elif payload.startswith(_CONNECT_ERROR):
            raise ValueError(f"the server refused: {payload[:60]!r}")
        elif payload.startswith(_OPEN):
            self.say(ws.TEXT, _CONNECT + json.dumps({"x": self.place.x, "z": self.place.z}).encode())
        elif not payload.startswith((_CONNECT, _ANNOUNCE)):
            raise ValueError(f"the server said {payload[:60]!r}")

    def walk(self, steer: int, gait: int) -> None:
        """An event."""
        self.say(ws.TEXT, b'42["move",%d,%d]' % (steer, gait))


class SocketIo(Adapter):
    """`loadtest/peers/python/socketio_server.py`."""

    name = "socketio"
    title = "Socket.IO, one room"
    tells_all = True

    def __init__(self, bots: int) -> None:
        """A process of its own."""
        self.server = self._process = python_peer("socketio_server")

    def visitor(self, index: int, place: Place, tally: Tally, rng: Random) -> Visitor:
        """Events."""
        return SocketIoVisitor(index, place, tally, rng)

    async def where(self, place: Place, session: aiohttp.ClientSession) -> Spot:
        """One address for all."""
        return Spot(HOST, self._process.port, PATH)

    async def seen(self, witness: Visitor) -> int:
        """Those in its last state."""
        return others_in(witness.keeps[-1]) if witness.keeps else 0

    @classmethod
    def versions(cls) -> dict[str, str]:
        """Of the library and what is below it."""
        return python_versions("python-socketio", "python-engineio", "uvicorn", "websockets", "uvloop")
