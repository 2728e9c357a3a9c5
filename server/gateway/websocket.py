"""Game clients over WebSocket, and the public status, on the HTTP port.

aiohttp does the handshake, reads, unmasks and answers pings. Frames leave as ready bytes through the
connection's own transport: they are whole WebSocket frames already (protocol/frames.py), and going
through `send_bytes` would cost a third more for each.
"""

import asyncio

from aiohttp import WSCloseCode, WSMsgType, web
from aiohttp.typedefs import Handler

from protocol.connection import Framing
from protocol.errors import CloseCode
from protocol.framing import ws_frame
from protocol.limits import CLIENT_MESSAGE_BYTES_MAX
from server.gateway.gateway import Gateway
from server.gateway.links import Links
from server.ops.health import json_errors
from server.outbox import Outbox
from server.session import Session

# Messages up to this reach the codec, which says what the limit is; aiohttp cuts larger ones with 1009.
WS_MESSAGE_BYTES_MAX = 2 * CLIENT_MESSAGE_BYTES_MAX


class WebSocketClient:
    """One connection, from its handshake to its end."""

    def __init__(self, gateway: Gateway, links: Links) -> None:
        self._gateway = gateway
        self._links = links
        self._socket = web.WebSocketResponse(
            compress=False, max_msg_size=WS_MESSAGE_BYTES_MAX, timeout=links.patience_s, receive_timeout=None
        )
        self._transport: asyncio.WriteTransport
        self._closing: asyncio.Task[bool] | None = None

    async def run(self, request: web.Request) -> web.StreamResponse:
        """Serve the client until either side is done."""
        await self._socket.prepare(request)
        assert request.transport is not None
        self._transport = request.transport
        self._links.opened()
        outbox = Outbox(self._transport, ws_frame, self._part, websocket=True)
        session = self._gateway.open(outbox, Framing.MESSAGES, request.remote or "")
        try:
            await self._read(session)
        finally:
            self._links.closed()
            session.lost()
            if self._closing is not None:
                await self._closing
        return self._socket

    async def _read(self, session: Session) -> None:
        received = self._gateway.traffic.received
        async for message in self._socket:
            if message.type is WSMsgType.BINARY:
                received[True] += len(message.data)
                session.receive(message.data)
            elif message.type is WSMsgType.TEXT:
                session.close(CloseCode.TEXT_FRAME, "messages are binary, not text")
            elif message.type is WSMsgType.ERROR:
                session.close(*_fault(message.data))

    def _part(self, code: int, reason: str) -> None:
        self._closing = asyncio.create_task(self._socket.close(code=code, message=reason.encode()))
        self._links.part(self._transport)


def _fault(error: object) -> tuple[CloseCode, str]:
    """What aiohttp has ended the connection for, with the same code on the wire where RFC 6455 has one."""
    if getattr(error, "code", None) == WSCloseCode.MESSAGE_TOO_BIG:
        return CloseCode.TOO_BIG, f"a client message has at most {CLIENT_MESSAGE_BYTES_MAX} bytes"
    return CloseCode.MALFORMED, "not a WebSocket frame that a client may send"


def game_application(gateway: Gateway, links: Links, status: Handler) -> web.Application:
    """The HTTP port: `/play` for clients, `/status` for everybody."""

    async def play(request: web.Request) -> web.StreamResponse:
        return await WebSocketClient(gateway, links).run(request)

    application = web.Application(middlewares=[json_errors])
    application.add_routes([web.get("/play", play), web.get("/status", status)])
    return application
