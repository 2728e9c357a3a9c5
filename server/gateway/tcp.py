"""Game clients over plain TCP: each connection is a session fed with chunks of a stream."""

import asyncio
from functools import partial
from typing import cast

from protocol.connection import Framing
from protocol.framing import tcp_frame
from server.gateway.gateway import Gateway
from server.gateway.links import Links, descriptor_of
from server.gateway.listening import Doorstep, Listener
from server.outbox import Outbox
from server.session import Session


class TcpClient(asyncio.Protocol):
    """One connection. Writing is the outbox's business; this reads what is no plain Move, and sees the end."""

    def __init__(self, gateway: Gateway, links: Links, address: str) -> None:
        self._address = address
        self._gateway = gateway
        self._links = links
        self.session: Session
        self.transport: asyncio.Transport

    @property
    def unfinished(self) -> bool:
        """Whether a part of a message is kept."""
        return self.session.unfinished

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not checked by isinstance: uvloop's transports have the methods, not the base class.
        self.transport = cast("asyncio.Transport", transport)
        self._links.opened()
        wire = self._gateway.wires.wire(descriptor_of(self.transport))
        outbox = Outbox(self.transport, tcp_frame, self._part, websocket=False, wire=wire)
        with self._gateway.connecting(times=1):
            self.session = self._gateway.open(outbox, Framing.STREAM, self._address)

    def data_received(self, data: bytes) -> None:
        self._gateway.traffic.received[False] += len(data)
        self.session.receive(data)
        self._gateway.intake.take(self)

    def eof_received(self) -> bool:
        """A client that says no more is gone: half-open connections have no use here."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._links.closed()
        self.session.lost()

    def _part(self, code: int, reason: str) -> None:
        """The Goodbye says it all; give it time to arrive, then cut."""
        self.transport.pause_reading()
        self.transport.close()
        self._links.part(self.transport)


async def serve_tcp(gateway: Gateway, links: Links, doorstep: Doorstep) -> Listener:
    """Listen for game clients. Raises OSError when the port cannot be had."""
    listener = Listener(doorstep, partial(TcpClient, gateway, links), proxy_protocol=True)
    await listener.listen(doorstep.settings.tcp_port)
    return listener
