"""The same city reached three ways: in memory, over WebSocket and over TCP, all on a hand-cranked clock.

A flow is written once against `Stage`. Over real sockets nothing sleeps: a Ping whose Pong has come
back proves that everything before it has arrived, in both directions, because both transports keep
order.
"""

import asyncio
import ssl
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
from aiohttp import web

from protocol import messages as m
from protocol.codec import decode_server, encode
from protocol.framing import Splitter, tcp_frame
from protocol.limits import SERVER_MESSAGE_BYTES_MAX
from server.gateway.addresses import Proxies
from server.gateway.city_map import map_route
from server.gateway.links import Links
from server.gateway.listening import Doorstep
from server.gateway.page import page_routes
from server.gateway.tcp import serve_tcp
from server.gateway.websocket import serve_http
from server.kinds import parts_of
from server.ops.health import status_handler
from server.settings import AdmissionSettings, AuthSettings, GameSettings
from tests.scenario import Client, Scenario, Witness

# Far longer than loopback ever takes; a flow that waits this long has failed.
PATIENCE_S = 10


class Player(Witness, ABC):
    """Somebody at the other end of a link."""

    @abstractmethod
    async def send_payload(self, payload: bytes) -> None:
        """Send one message's bytes, right or wrong, in the transport's own framing."""

    @abstractmethod
    async def settled(self) -> None:
        """Everything sent so far has been dealt with, and everything told so far has been heard."""

    @abstractmethod
    async def vanish(self) -> None:
        """The link breaks without a word."""

    async def send(self, *messages: m.AnyClientMessage) -> None:
        """Say something, and wait until it has been dealt with."""
        for message in messages:
            await self.send_payload(encode(message))
        await self.settled()

    @property
    def closed_with(self) -> int | None:
        """The code of the Goodbye, if there was one."""
        goodbyes = self.all(m.Goodbye)
        return goodbyes[-1].code if goodbyes else None


class MemoryPlayer(Player):
    """A client of tests.scenario, awaited."""

    def __init__(self, client: Client) -> None:
        super().__init__()
        self.client = client
        client.hear = self.hear  # type: ignore[method-assign]

    async def send_payload(self, payload: bytes) -> None:
        self.client.send_bytes(tcp_frame(payload))

    async def settled(self) -> None:
        """Nothing is ever under way; it still pings, so that it is as little idle as the others."""
        await self.send_payload(encode(m.Ping(0.0)))

    async def vanish(self) -> None:
        self.client.vanish()


class SocketPlayer(Player):
    """A client over a real socket; subclasses know which."""

    def __init__(self) -> None:
        super().__init__()
        self.ended = asyncio.Event()
        self._pings = 0
        self._pongs = asyncio.Condition()

    async def settled(self) -> None:
        self._pings += 1
        wanted = float(self._pings)
        await self.send_payload(encode(m.Ping(wanted)))
        async with asyncio.timeout(PATIENCE_S), self._pongs:
            await self._pongs.wait_for(lambda: self.ended.is_set() or self._heard_pong(wanted))

    async def notice(self) -> None:
        """Something has been heard, or the link has ended."""
        async with self._pongs:
            self._pongs.notify_all()

    async def over(self) -> None:
        """Wait for the link to end."""
        async with asyncio.timeout(PATIENCE_S):
            await self.ended.wait()

    def _heard_pong(self, wanted: float) -> bool:
        return any(pong.sent == wanted for pong in reversed(self.all(m.Pong)))


class WebSocketPlayer(SocketPlayer):
    """Over aiohttp's own client."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        super().__init__()
        self.socket = socket
        self._reading = asyncio.create_task(self._read())

    async def send_payload(self, payload: bytes) -> None:
        if not self.socket.closed:
            await self.socket.send_bytes(payload)

    async def vanish(self) -> None:
        response = self.socket._response
        assert response.connection is not None
        assert response.connection.transport is not None
        response.connection.transport.abort()
        await self.over()

    async def _read(self) -> None:
        async for message in self.socket:
            self.hear(decode_server(message.data))
            await self.notice()
        self.ended.set()
        await self.notice()


class TcpPlayer(SocketPlayer):
    """Over asyncio's streams."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__()
        self.writer = writer
        self._reader = reader
        self._reading = asyncio.create_task(self._read())

    async def send_payload(self, payload: bytes) -> None:
        self.writer.write(tcp_frame(payload))

    async def vanish(self) -> None:
        self.writer.transport.abort()
        await self.over()

    async def _read(self) -> None:
        splitter = Splitter(SERVER_MESSAGE_BYTES_MAX)
        try:
            while data := await self._reader.read(65536):
                for payload in splitter.feed(data):
                    self.hear(decode_server(payload))
                await self.notice()
        except ConnectionError:
            pass
        self.writer.close()
        self.ended.set()
        await self.notice()


class Stage(ABC):
    """A city and the way to it."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.players: list[Player] = []

    @abstractmethod
    async def open_link(self) -> Player:
        """A new link."""

    async def connect(self) -> Player:
        """Somebody who has said nothing yet."""
        player = await self.open_link()
        self.players.append(player)
        return player

    async def join(self, name: str, resume: str | None = None, token: str | None = None) -> Player:
        """Somebody who is in and has seen a frame."""
        player = await self.knock(m.Hello(1, name, token, resume))
        assert player.frames, f"{name} did not get in: {player.heard}"
        return player

    async def knock(self, hello: m.Hello) -> Player:
        """Somebody who has said Hello and is in by now, if they are let in at all."""
        player = await self.connect()
        await player.send_payload(encode(hello))
        await player.settled()
        for _ in range(4):
            await self.tick()
        return player

    async def tick(self, ticks: int = 1) -> None:
        """Let time pass, until everybody has heard of it."""
        for _ in range(ticks):
            self.scenario.tick()
            # All at once: each Ping waits a few milliseconds until the gateway next looks at its sockets.
            await asyncio.gather(*(player.settled() for player in self.players))


class MemoryStage(Stage):
    """No sockets."""

    async def open_link(self) -> Player:
        return MemoryPlayer(self.scenario.connect())


class WebSocketStage(Stage):
    """The HTTP port, for real."""

    def __init__(self, scenario: Scenario, session: aiohttp.ClientSession, port: int) -> None:
        super().__init__(scenario)
        self.session, self.port = session, port
        self.trust: ssl.SSLContext | None = None

    async def open_link(self) -> Player:
        url = f"{'wss' if self.trust else 'ws'}://127.0.0.1:{self.port}/play"
        return WebSocketPlayer(await self.session.ws_connect(url, ssl=self.trust or True))


class TcpStage(Stage):
    """The game port, for real."""

    def __init__(self, scenario: Scenario, port: int) -> None:
        super().__init__(scenario)
        self.port = port
        self.trust: ssl.SSLContext | None = None

    async def open_link(self) -> Player:
        return TcpPlayer(*await asyncio.open_connection("127.0.0.1", self.port, ssl=self.trust))


# Settling costs a Ping for every tick and message; flows about rates set their own.
LIBERAL = GameSettings(host="127.0.0.1", port=0, tcp_port=0, messages_per_s=1000, messages_burst=10_000, goodbye_s=0.5)


def doorstep_of(scenario: Scenario, settings: GameSettings, tls: ssl.SSLContext | None) -> Doorstep:
    """What the ports of this city weigh their callers by."""
    proxies = Proxies(parts_of(settings.trusted_proxies), settings.proxy_header)
    return Doorstep(settings, scenario.city.gateway.callers, proxies, scenario.city.metrics, tls)


@asynccontextmanager
async def staged(
    way: str,
    settings: GameSettings = LIBERAL,
    auth: AuthSettings | None = None,
    tls: ssl.SSLContext | None = None,
    admission: AdmissionSettings | None = None,
) -> AsyncIterator[Stage]:
    """A stage reached by `memory`, `ws` or `tcp`; with `tls`, whoever comes must `trust` its certificate."""
    scenario = Scenario(settings, auth=auth, admission=admission)
    async with AsyncExitStack() as stack:
        if way == "memory":
            yield MemoryStage(scenario)
            return
        links, doorstep = Links(settings.goodbye_s), doorstep_of(scenario, settings, tls)
        if way == "tcp":
            listener = await serve_tcp(scenario.city.gateway, links, doorstep)
            stack.callback(listener.close)
            stage: Stage = TcpStage(scenario, listener.port)
        else:
            status = web.get("/status", status_handler(scenario.city))
            public = [status, map_route(lambda: scenario.city.config), *page_routes(settings.page_dir)]
            serving = serve_http(scenario.city.gateway, links, doorstep, public)
            port = await stack.enter_async_context(serving)
            # As many as a flow wants, where aiohttp would let a hundred connect and the next one wait.
            anybody = aiohttp.TCPConnector(limit=0)
            session = await stack.enter_async_context(aiohttp.ClientSession(connector=anybody))
            stage = WebSocketStage(scenario, session, port)
        stack.push_async_callback(links.all_closed)
        stack.callback(scenario.city.gateway.farewell)
        yield stage
