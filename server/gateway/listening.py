"""A listening port: who connects is weighed by address first, then TLS is spoken, then the game or HTTP.

Accepting is ours because what comes first must cost least: an address that calls too often is cut before its
handshake, and a trusted proxy's word on who calls stands before the first byte of TLS. That takes 8 µs a connection
more than asyncio's own servers (README.md, "Why"). Whatever is not through within the time that Hello has is cut.
"""

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NamedTuple

import structlog

from server.gateway.addresses import Proxies
from server.gateway.callers import Callers
from server.gateway.proxy_header import ProxyFault, ProxyHeader
from server.ops.metrics import Metrics
from server.settings import GameSettings

log = structlog.get_logger()

# Accepted in one go; the loop has ticks to run in between.
ACCEPTED_AT_ONCE = 64
# Connections in handshakes at once, 60 KB each with TLS. The others wait in the kernel, in the order they came.
OPENING_MAX = 2048
# Without descriptors or memory, accepting again at once would fail again at once.
PAUSE_S = 0.5
_OUT_OF = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Doorstep(NamedTuple):
    """What a port weighs its callers by, and what it speaks."""

    settings: GameSettings
    callers: Callers
    proxies: Proxies
    metrics: Metrics
    tls: ssl.SSLContext | None = None


class Listener:
    """One port on every address of the host. `protocol` is made of the address of whoever called.

    With `proxy_protocol`, trusted proxies must say who that is; without, they are not limited here.
    """

    def __init__(self, doorstep: Doorstep, protocol: Callable[[str], asyncio.Protocol], proxy_protocol: bool) -> None:
        self._doorstep = doorstep
        self._protocol = protocol
        self._proxy_protocol = proxy_protocol
        self._sockets: list[socket.socket] = []
        self._opening: set[asyncio.Task[None]] = set()
        self._paused = False
        self._loop = asyncio.get_running_loop()

    @property
    def port(self) -> int:
        """Its real number."""
        port: int = self._sockets[0].getsockname()[1]
        return port

    async def listen(self, port: int) -> None:
        """Begin to accept. Raises OSError when the port cannot be had."""
        settings = self._doorstep.settings
        places = await self._loop.getaddrinfo(settings.host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        try:
            for family, *_, place in dict.fromkeys(places):
                self._sockets.append(socket.create_server(place, family=family, backlog=settings.backlog))
        except OSError as error:
            self.close()
            cause = os.strerror(error.errno).lower() if error.errno else str(error)
            raise OSError(error.errno, f"port {port} of {settings.host}: {cause}") from None
        for each in self._sockets:
            each.setblocking(False)
            # Accepted sockets inherit it: the kernel hides no more than this of what a client does not read.
            each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, settings.send_buffer_bytes)
            # This too: uvloop sees to it, asyncio only for sockets that name their protocol, and these do not.
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._resume()

    def close(self) -> None:
        """Accept nobody any more, and cut those who have not got through."""
        self._pause()
        for each in self._sockets:
            each.close()
        self._sockets.clear()
        for task in self._opening:
            task.cancel()

    def _resume(self) -> None:
        self._paused = False
        for each in self._sockets:
            self._loop.add_reader(each, self._accept, each)

    def _pause(self) -> None:
        self._paused = True
        for each in self._sockets:
            self._loop.remove_reader(each)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            if len(self._opening) >= OPENING_MAX:
                self._pause()
                return
            try:
                accepted, peer = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _OUT_OF:
                    raise
                log.error("nobody can be let in", cause=error.strerror, again_in_s=PAUSE_S)
                self._pause()
                self._loop.call_later(PAUSE_S, self._resume)
                return
            self._weigh(accepted, peer[0])

    def _weigh(self, accepted: socket.socket, peer: str) -> None:
        """Somebody from `peer` is here: cut at once, or on the way in."""
        if not self._doorstep.proxies.trusts(peer) and not self._doorstep.callers.arrived(peer):
            self._cut(accepted, "rate")
            return
        accepted.setblocking(False)
        task = self._loop.create_task(self._open(accepted, peer))
        self._opening.add(task)
        task.add_done_callback(self._opened)

    def _opened(self, task: "asyncio.Task[None]") -> None:
        self._opening.discard(task)
        if self._paused and self._sockets and len(self._opening) < OPENING_MAX:
            self._resume()

    async def _open(self, accepted: socket.socket, peer: str) -> None:
        """From a socket to its protocol; on whatever it fails, the socket is closed and the reason counted."""
        doorstep, address = self._doorstep, peer
        time_s = doorstep.settings.hello_timeout_s
        try:
            if self._proxy_protocol and doorstep.proxies.trusts(peer):
                async with asyncio.timeout(time_s):
                    address = await self._source(accepted) or peer
                if address != peer and not doorstep.callers.arrived(address):
                    self._cut(accepted, "rate")
                    return
            await self._loop.connect_accepted_socket(
                partial(self._protocol, address), accepted, ssl=doorstep.tls,
                ssl_handshake_timeout=time_s if doorstep.tls else None,
            )  # fmt: skip
        except (ProxyFault, TimeoutError) as fault:
            log.warning("a trusted proxy did not say who called", peer=peer, fault=str(fault))
            self._cut(accepted, "proxy")
        except OSError:
            # Certificates that are not believed, handshakes that are none, links that broke: ordinary on any open port.
            self._cut(accepted, "handshake")
        except asyncio.CancelledError:
            accepted.close()
            raise

    async def _source(self, accepted: socket.socket) -> str | None:
        """Who called, as the proxy says; not a byte behind its header is read."""
        header = ProxyHeader()
        while header.wanted:
            data = await self._loop.sock_recv(accepted, header.wanted)
            if not data:
                raise ConnectionError("it closed before its header was whole")
            header.feed(data)
        return header.source

    def _cut(self, accepted: socket.socket, reason: str) -> None:
        self._doorstep.metrics.connections_cut[reason].inc()
        with suppress(OSError):
            accepted.close()
