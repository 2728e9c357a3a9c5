"""Game clients over WebSocket, and what else everybody may ask for, on the HTTP port.

aiohttp does the handshake, pings, closing and whatever is unusual. The two things that happen thousands of times
a second go past it. Frames leave as ready bytes, through the connection's own transport or past that (server/wires.py):
they are whole WebSocket frames already (protocol/frames.py). And plain messages are read by a `Tap` in front of
aiohttp's protocol, or past that too (intake.py), without a queue, a task switch and a coroutine for each of them.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import cast

from aiohttp import WSCloseCode, WSMsgType, web

from protocol.connection import Framing
from protocol.errors import CloseCode
from protocol.framing import ws_frame
from protocol.limits import CLIENT_MESSAGE_BYTES_MAX
from protocol.websocket import ClientFrames
from server.gateway.gateway import Gateway
from server.gateway.links import Links, descriptor_of
from server.gateway.listening import Doorstep, Listener
from server.gateway.page import own_origins
from server.kinds import parts_of
from server.ops.health import json_errors
from server.outbox import Outbox
from server.session import Session

# Messages up to this reach the codec, which says what the limit is; aiohttp cuts larger ones with 1009.
WS_MESSAGE_BYTES_MAX = 2 * CLIENT_MESSAGE_BYTES_MAX
# For requests other than players' when the city closes; those take milliseconds.
SHUTDOWN_S = 0.2


class Tap(asyncio.Protocol):
    """Stands between a transport and aiohttp: hands everything on, but once attached, plain messages to a session."""

    def __init__(self, http: asyncio.Protocol, taps: "Taps", gateway: Gateway) -> None:
        self.since_tick = gateway.tick
        self._http = http
        self._gateway = gateway
        self._traffic = gateway.traffic
        self._taps = taps
        self._frames = ClientFrames(CLIENT_MESSAGE_BYTES_MAX)
        self._at_request_end = self._attached = False
        self.session: Session
        self.transport: asyncio.Transport

    @property
    def unfinished(self) -> bool:
        """Whether a part of a frame is kept."""
        return self._frames.held_bytes > 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._taps[self._http] = self
        self._http.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if not self._attached:
            self._at_request_end = data.endswith(b"\r\n\r\n")
            with self._gateway.connecting():
                self._http.data_received(data)
            return
        self._traffic.received[True] += len(data)
        payload = self._frames.only(data)
        if payload is not None:
            self.session.receive(payload)
        else:
            self._feed(data)
        self._gateway.intake.take(self)

    def _feed(self, data: bytes) -> None:
        for piece, plain in self._frames.feed(data):
            if plain:
                self.session.receive(piece)
            else:
                # aiohttp may answer by itself from now on, or have its transport wait: a second hand on the socket.
                self.session.outbox.wire.cut()
                self._gateway.intake.hand_back(self)
                self._http.data_received(piece)

    def attach(self, session: Session) -> None:
        """The handshake is done. Of a client that did not wait for it, aiohttp has the beginning and gets the rest."""
        if not self._at_request_end:
            self._frames.hand_on()
        self.session, self._attached = session, True

    def eof_received(self) -> bool | None:
        return self._http.eof_received()

    def pause_writing(self) -> None:
        self._http.pause_writing()

    def resume_writing(self) -> None:
        self._http.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._taps.pop(self._http, None)
        if self._attached:
            # Before aiohttp has told anybody, the socket may be somebody else's.
            self.session.outbox.wire.cut()
            self._gateway.intake.drop(self)
        self._http.connection_lost(exc)


# The tap in front of each of aiohttp's connections.
Taps = dict[asyncio.Protocol, Tap]


class WebSocketClient:
    """One connection, from its handshake to its end."""

    def __init__(self, gateway: Gateway, links: Links, tap: Tap) -> None:
        self._gateway = gateway
        self._tap = tap
        self._links = links
        self._socket = web.WebSocketResponse(
            compress=False, max_msg_size=WS_MESSAGE_BYTES_MAX, timeout=links.patience_s, receive_timeout=None
        )
        self._transport: asyncio.WriteTransport
        self._closing: asyncio.Task[bool] | None = None

    async def run(self, request: web.Request, address: str) -> web.StreamResponse:
        """Serve the client until either side is done."""
        with self._gateway.connecting(times=1):
            await self._socket.prepare(request)
            assert request.transport is not None
            self._transport = request.transport
            self._links.opened()
            wire = self._gateway.wires.wire(descriptor_of(self._transport))
            outbox = Outbox(self._transport, ws_frame, self._part, websocket=True, wire=wire)
            session = self._gateway.open(outbox, Framing.MESSAGES, address, self._tap.since_tick)
            self._tap.attach(session)
        try:
            await self._read(session)
        finally:
            self._links.closed()
            session.lost()
            if self._closing is not None:
                await self._closing
        return self._socket

    async def _read(self, session: Session) -> None:
        """What the tap has handed on: the unusual, and the end."""
        async for message in self._socket:
            if message.type is WSMsgType.BINARY:
                session.receive(message.data)
            elif message.type is WSMsgType.TEXT:
                session.close(CloseCode.TEXT_FRAME, "messages are binary, not text")
            elif message.type is WSMsgType.ERROR:
                session.close(*_fault(message.data))

    def _part(self, code: int, reason: str) -> None:
        self._closing = asyncio.create_task(self._socket.close(code=code, message=reason.encode()))
        self._links.part(self._transport)


def _let_browsers_in(request: web.Request, origins: frozenset[str]) -> None:
    """Raises what to answer a page of another site: what its visitor's browser sends would be the page's doing.

    Our own page is always let in, wherever it was found. Programs that are no browser send no origin, and could send
    any: this protects people from pages, not the city.
    """
    origin = request.headers.get("Origin")
    ours = own_origins(request.headers.get("Host"))
    if origins and origin is not None and origin.lower() not in origins | ours:
        raise web.HTTPForbidden(reason="pages of this origin may not connect; game.origins lists those that may")


def _caller(request: web.Request, doorstep: Doorstep) -> str:
    """Whose address counts; raises what to answer somebody behind a proxy who has called too often to be told more."""
    peer = request.remote or ""
    headers = request.headers.getall(doorstep.proxies.header, [])
    address = doorstep.proxies.caller(peer, headers)
    if address != peer and not doorstep.callers.arrived(address):
        raise web.HTTPTooManyRequests(reason="too many new connections from one address")
    return address


def _fault(error: object) -> tuple[CloseCode, str]:
    """What aiohttp has ended the connection for, with the same code on the wire where RFC 6455 has one."""
    if getattr(error, "code", None) == WSCloseCode.MESSAGE_TOO_BIG:
        return CloseCode.TOO_BIG, f"a client message has at most {CLIENT_MESSAGE_BYTES_MAX} bytes"
    return CloseCode.MALFORMED, "not a WebSocket frame that a client may send"


@asynccontextmanager
async def serve_http(
    gateway: Gateway, links: Links, doorstep: Doorstep, public: Iterable[web.RouteDef]
) -> AsyncIterator[int]:
    """The HTTP port, `/play` for clients and what is `public` for everybody; yields its number.

    Raises OSError when the port cannot be had.
    """
    taps: Taps = {}
    settings = doorstep.settings
    origins = frozenset(parts_of(settings.origins and settings.origins.lower()))

    async def play(request: web.Request) -> web.StreamResponse:
        _let_browsers_in(request, origins)
        return await WebSocketClient(gateway, links, taps[request.protocol]).run(request, _caller(request, doorstep))

    application = web.Application(middlewares=[json_errors])
    application.add_routes([web.get("/play", play), *public])
    # The first request, or the next, comes within the time that Hello has, or the connection is closed.
    keepalive_s = settings.hello_timeout_s
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=SHUTDOWN_S, keepalive_timeout=keepalive_s)
    await runner.setup()
    http = runner.server
    assert http is not None
    async with AsyncExitStack() as stack:
        stack.push_async_callback(runner.cleanup)
        listener = Listener(doorstep, lambda _: Tap(http(), taps, gateway), proxy_protocol=False)
        await listener.listen(settings.port)
        stack.callback(listener.close)
        yield listener.port
