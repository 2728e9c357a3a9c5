"""A small city of our own over real sockets: the protocol's server end, honest by default, and lying on request.

It moves people at the speeds of the scenario, shows everybody everybody, names them, and speaks WebSocket through
aiohttp, so that the bots' own framing meets somebody else's. `period_s` is how long a tick takes: shorter than the
wire's fiftieth of a second, so that tests are quick; ticks are what speeds are measured in.
"""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from itertools import count
from math import cos, sin, tau
from typing import Self

from aiohttp import WSMsgType, web

from protocol import messages as m
from protocol.connection import Connection, Framing, Role, State
from protocol.errors import CloseCode, ProtocolError
from protocol.frames import GAIT_RUN, INTENT
from tests.loadtest.said import ZONES, frame, record, welcome

CM_PER_TICK = {0: 0, 1: 9, GAIT_RUN: 30}


class Person:
    """One connection and its avatar."""

    def __init__(
        self, city: "FakeCity", framing: Framing, send: Callable[[bytes], None], hang_up: Callable[[], None]
    ) -> None:
        self.city = city
        self.wire = Connection(Role.SERVER, framing)
        self.send = send
        self.hang_up = hang_up
        self.entity = 0
        self.name = ""
        self.place = [5_000.0, 5_000.0]
        self.acked = 0
        self.steer = self.gait = 0
        self.told: set[int] = set()
        self.heard: list[m.AnyMessage] = []

    def feed(self, data: bytes) -> bool:
        """Take what arrived; False when the connection is over."""
        try:
            for message in self.wire.feed(data):
                self.heard.append(message)
                self._heed(message)
        except ProtocolError as error:
            self.say(m.Goodbye(error.code, error.reason, None))
        return self.wire.state is not State.CLOSED

    def say(self, message: m.AnyServerMessage) -> None:
        """Send, if it may still be said."""
        if self.wire.state is not State.CLOSED:
            self.send(self.wire.send(message))

    def _heed(self, message: m.AnyMessage) -> None:
        match message:
            case m.Hello():
                self.city.enter(self, message)
            case m.Move():
                self.acked, self.steer, _, self.gait, _ = INTENT.unpack(message.intent)
            case m.Do(number, "say", _):
                self.city.tell(m.Happened(self.city.tick, "said", {"entity": self.entity, "number": number}))
            case m.Do(number, deed, _) if deed not in self.city.unanswered:
                self.say(m.Denied(number, deed, "unknown_deed", "deed", "never heard of it"))
            case m.Ping(sent):
                self.say(m.Pong(sent, self.city.tick, 0.0))
            case m.Bye():
                self.city.leave(self)


class FakeCity:
    """Use it as an async context manager; `ws_url` and `tcp_url` are where it is."""

    def __init__(self, period_s: float = 0.01) -> None:
        self.people: list[Person] = []
        self.everybody: list[Person] = []
        self.tick = 1
        # Deeds that it leaves to the test to answer.
        self.unanswered: set[str] = set()
        self._period_s = period_s
        # What its sockets speak TLS with, if a test says so before it opens.
        self.tls: ssl.SSLContext | None = None
        self._entities = count(1)
        self._resumable: dict[str, int] = {}
        self._calls: list[tuple[int, Callable[[], None]]] = []

    # ---- what a liar overrides -------------------------------------------------------------------------

    def admit(self, person: Person, hello: m.Hello) -> m.Goodbye | None:
        """Why this one may not come in."""
        return None

    def payload(self, person: Person, tick: int, others: Sequence[Person]) -> bytes:
        """What one person is shown at a tick."""
        x, z = (round(axis) for axis in person.place)
        near = [record(other.entity, round(other.place[0]) - x, 0, round(other.place[1]) - z) for other in others[:32]]
        return frame(tick, person.acked, (x, 0, z), near)

    # ---- the city --------------------------------------------------------------------------------------

    def enter(self, person: Person, hello: m.Hello) -> None:
        """Let somebody in, or not."""
        refusal = self.admit(person, hello)
        if refusal is not None:
            person.say(refusal)
            return
        resumed = self._resumable.pop(hello.resume or "", None)
        person.entity = resumed or next(self._entities)
        person.name = hello.name or "Nobody"
        greeting = welcome(person.entity, person.name, resumed is not None)
        self._resumable[greeting.resume] = person.entity
        person.say(greeting)
        self.people.append(person)
        self.everybody.append(person)

    def leave(self, person: Person) -> None:
        """Let somebody go."""
        if person in self.people:
            self.people.remove(person)

    def tell(self, event: m.Happened) -> None:
        """Everybody hears it."""
        for person in self.people:
            person.say(event)

    def call_at(self, tick: int, call: Callable[[], None]) -> None:
        """Have something called when that tick is over."""
        self._calls.append((tick, call))

    def step(self) -> None:
        """One tick: move everybody, and on every other one show everybody everybody."""
        self.tick += 1
        self._show_everybody()
        due = [call for tick, call in self._calls if tick <= self.tick]
        self._calls = [(tick, call) for tick, call in self._calls if tick > self.tick]
        for call in due:
            call()

    def _show_everybody(self) -> None:
        for person in self.people:
            self._move(person)
        for person in list(self.people) if self.tick % 2 == 0 else []:
            others = [other for other in self.people if other is not person]
            payload = self.payload(person, self.tick, others)
            person.say(m.Frame(payload[4:32], payload[35:]))
            self._introduce(person, others)

    def _move(self, person: Person) -> None:
        angle = person.steer * tau / 256
        step = CM_PER_TICK[person.gait]
        person.place[0] = min(max(person.place[0] + step * sin(angle), ZONES[0].x), ZONES[0].x + ZONES[0].width - 1)
        person.place[1] = min(max(person.place[1] + step * cos(angle), ZONES[0].z), ZONES[0].z + ZONES[0].depth - 1)

    def _introduce(self, person: Person, others: Sequence[Person]) -> None:
        strangers = [other for other in others if other.entity not in person.told][:4]
        person.told.update(other.entity for other in strangers)
        if strangers:
            person.say(m.Profiles([m.Profile(other.entity, 1, other.name, b"") for other in strangers]))

    # ---- its sockets -----------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self._tcp = await asyncio.start_server(self._serve_tcp, "127.0.0.1", 0, ssl=self.tls)
        application = web.Application()
        application.router.add_get("/play", self._serve_ws)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self.tls)
        await site.start()
        s = "s" if self.tls else ""
        self.tcp_url = f"tcp{s}://127.0.0.1:{self._tcp.sockets[0].getsockname()[1]}"
        self.ws_url = f"ws{s}://127.0.0.1:{self._runner.addresses[0][1]}/play"
        self._beating = asyncio.get_running_loop().call_soon(self._beat)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._beating.cancel()
        self._tcp.close()
        await self._runner.cleanup()

    def _beat(self) -> None:
        self.step()
        self._beating = asyncio.get_running_loop().call_later(self._period_s, self._beat)

    async def _serve_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        person = Person(self, Framing.STREAM, writer.write, writer.close)
        try:
            while (data := await reader.read(65536)) and person.feed(data):
                pass
        except ConnectionError:
            pass
        self.leave(person)
        writer.close()

    async def _serve_ws(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        outgoing: asyncio.Queue[bytes] = asyncio.Queue()
        person = Person(self, Framing.MESSAGES, outgoing.put_nowait, lambda: outgoing.put_nowait(b""))
        sending = asyncio.create_task(_send_all(socket, outgoing))
        async for message in socket:
            if message.type is not WSMsgType.BINARY or not person.feed(message.data):
                break
        self.leave(person)
        person.hang_up()
        await sending
        return socket


async def _send_all(socket: web.WebSocketResponse, outgoing: asyncio.Queue[bytes]) -> None:
    """Everything in order; nothing at all is the word to close."""
    while (data := await outgoing.get()) and not socket.closed:
        await socket.send_bytes(data)
    await socket.close(code=CloseCode.BYE)
