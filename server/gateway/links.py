"""The sockets that are open: a session may be over before its last words have been taken."""

import asyncio
from contextlib import suppress
from typing import Protocol

from server.wires import NONE


def descriptor_of(transport: asyncio.BaseTransport) -> int:
    """That of its socket, NONE where its bytes have to be encrypted or it is closing."""
    wire = transport.get_extra_info("socket")
    encrypted = transport.get_extra_info("sslcontext") is not None
    return NONE if wire is None or encrypted or transport.is_closing() else int(wire.fileno())


class Abortable(Protocol):
    """A transport that can be cut."""

    def abort(self) -> None:
        """Cut it."""


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
