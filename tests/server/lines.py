"""Clients over socket pairs, a gateway's intake that reads for them, and what it has made of what they said."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import cast

import numpy as np

from loadtest.websocket import BINARY, masked
from protocol.codec import encode, pack_fields
from protocol.connection import Framing
from protocol.errors import CloseCode
from protocol.frames import pack_intent
from protocol.framing import tcp_frame, ws_frame
from protocol.limits import CLIENT_MESSAGE_BYTES_MAX
from protocol.messages import AnyClientMessage, Do, Hello, Limits, Move, Welcome
from protocol.websocket import ClientFrames
from server.gateway.intake import Intake
from server.gateway.links import descriptor_of
from server.outbox import Outbox, Traffic
from server.players import Player
from server.rations import Rations
from server.session import Session
from server.settings import GameSettings
from server.wires import Wires
from tests.fakes import FakeDesk
from world.tick import MOVE_DTYPE

WELCOME = Welcome(1, "s", 9, "Ada", "r", False, 20, 10, 1, 0.0, [], {}, {}, Limits(1, 1, 1, 1, 1, 1, 1), "test")
GENEROUS = GameSettings(messages_per_s=1000, messages_burst=10_000, flood_messages=10_000)
WISH = Do(3, "sit", pack_fields({}))
# Longer than the intake lets messages gather, in turns of a loop that has nothing else to do.
PATIENCE_S = 5.0
KEY = 0x81828384


class Line(asyncio.Protocol):
    """One client: its protocol here, which notes what it is handed, and its socket at the other end."""

    def __init__(self, hall: "Hall", here: socket.socket, there: socket.socket, websocket: bool) -> None:
        self.desk, self.there, self.websocket = FakeDesk(), there, websocket
        self._hall, self._here = hall, here
        self._frames = ClientFrames(CLIENT_MESSAGE_BYTES_MAX)
        self.transport: asyncio.Transport
        self.session: Session
        self.handed: list[bytes] = []
        self.odd = b""
        self.lost = False

    async def open(self, entity: int) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self, sock=self._here)
        wire = self._hall.wires.wire(descriptor_of(self.transport))
        frame = ws_frame if self.websocket else tcp_frame
        outbox = Outbox(self.transport, frame, lambda code, reason: self.transport.close(), self.websocket, wire)
        framing = Framing.MESSAGES if self.websocket else Framing.STREAM
        limits, rations = self._hall.limits, self._hall.rations
        self.session = Session(self.desk, outbox, framing, "192.0.2.1", limits, rations)
        self.session.receive(encode(Hello(1, "Ada")) if self.websocket else tcp_frame(encode(Hello(1, "Ada"))))
        self.session.player = Player(entity, "Ada", 0, self.session)
        self.session.welcome(WELCOME)

    @property
    def unfinished(self) -> bool:
        return self._frames.held_bytes > 0 or self.session.unfinished

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.handed.append(data)
        if not self.websocket:
            self.session.receive(data)
            return
        for piece, plain in self._frames.feed(data):
            if plain:
                self.session.receive(piece)
            else:
                self.odd += piece

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True

    def framed(self, message: AnyClientMessage, key: int = KEY) -> bytes:
        payload = encode(message)
        return masked(BINARY, payload, key) if self.websocket else tcp_frame(payload)

    def say(self, *messages: AnyClientMessage) -> None:
        """Each in a packet of its own."""
        for message in messages:
            self.there.sendall(self.framed(message))

    @property
    def intents(self) -> list[bytes]:
        return [intent for _, intent in self.desk.intents]

    @property
    def made_of_it(self) -> tuple[list[bytes], list[Do], bytes, int, list[CloseCode | None]]:
        """Everything that came of what was said, but for whose it was."""
        kept = self._frames.held_bytes + self.session.unfinished
        return self.intents, self.desk.wishes, self.odd, kept, self.desk.ends


class Hall:
    """Lines and an intake that reads for them."""

    def __init__(self, limits: GameSettings = GENEROUS) -> None:
        self.limits = limits
        self.traffic, self.wires, self.rations = Traffic(), Wires(), Rations(limits)
        self.intake = Intake(self.traffic, self.rations, self._post)
        self.lines: list[Line] = []
        # To which zones Moves were posted, in order.
        self.zones: list[int] = []
        self.intake.begin(FakeDesk().tick)

    async def line(self, websocket: bool = False) -> Line:
        """One more, read for here."""
        here, there = socket.socketpair()
        here.setblocking(False)
        self.lines.append(Line(self, here, there, websocket))
        await self.lines[-1].open(entity=len(self.lines))
        self.intake.take(self.lines[-1])
        return self.lines[-1]

    def begin(self, tick: int) -> None:
        """A tick begins."""
        for line in self.lines:
            line.desk.tick = tick
        self.intake.begin(tick)

    def _post(self, zone: int, packed: bytes) -> None:
        for move in np.frombuffer(packed, MOVE_DTYPE):
            entity = int(move["entity"])
            self.lines[entity - 1].desk.intents.append((entity, move.tobytes()[4:]))
            self.zones.append(zone)


@asynccontextmanager
async def open_hall(limits: GameSettings = GENEROUS) -> AsyncIterator[Hall]:
    hall = Hall(limits)
    yield hall
    hall.intake.close()
    for line in hall.lines:
        line.transport.abort()
        line.there.close()
    await until(lambda: all(line.lost for line in hall.lines))


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not reached():  # noqa: ASYNC110 - counted, not told
            await asyncio.sleep(0)


def moves(count: int, first: int = 1) -> list[Move]:
    return [Move(pack_intent(number, number % 256, 0, 2)) for number in range(first, first + count)]


def packed(said: Sequence[Move]) -> list[bytes]:
    return [move.intent for move in said]
