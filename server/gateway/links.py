"""The sockets that are open: a session may be over before its last words have been taken."""

import asyncio
import socket
from contextlib import suppress
from typing import Protocol


class Abortable(Protocol):
    """A transport that can be cut."""

    def abort(self) -> None:
        """Cut it."""


async def listen_within(server: asyncio.Server, send_buffer_bytes: int) -> None:
    """Begin to accept; the kernel holds no more than this for each accepted socket, which inherits it from here."""
    for listening in server.sockets:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer_bytes)
    await server.start_serving()


class Links:
    """Counts open sockets, and sees to it that a polite close ends within `patience_s`."""

    def __init__(self, patience_s: float) -> None:
        self.patience_s = patience_s
        self._open = 0
        self._none = asyncio.Event()
        self._none.set()

    def opened(self) -> None:
        """One more."""
        self._open += 1
        self._none.clear()

    def closed(self) -> None:
        """One fewer."""
        self._open -= 1
        if not self._open:
            self._none.set()

    def part(self, transport: Abortable) -> None:
        """This link is being closed; a peer that does not take its last words is cut."""
        asyncio.get_running_loop().call_later(self.patience_s, transport.abort)

    async def all_closed(self) -> None:
        """Wait until there are none, or for as long as patience lasts."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._none.wait(), self.patience_s)
