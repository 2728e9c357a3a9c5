"""One client's way out: bytes go to its transport at once, and what it does not take waits within bounds."""

from collections.abc import Callable
from typing import Protocol

from server.wires import NO_WIRE, Wire


class Transport(Protocol):
    """The part of asyncio.Transport that an outbox needs."""

    def write(self, data: bytes) -> None:
        """Send now what the kernel takes, keep the rest."""

    def get_write_buffer_size(self) -> int:
        """Bytes kept."""

    def is_closing(self) -> bool:
        """Whether the link is gone or going."""

    def abort(self) -> None:
        """Cut the link, dropping what is kept."""


class Traffic:
    """Bytes sent and received since they were last counted, by `websocket` (False: TCP)."""

    __slots__ = ("received", "sent")

    def __init__(self) -> None:
        self.sent = {False: 0, True: 0}
        self.received = {False: 0, True: 0}


class Outbox:
    """`frame` puts a payload into the transport's framing; `part` ends the link politely with a code and a reason.

    `backlog_bytes()` is what the client has not taken yet; `wire` is open while frames may go past the transport.
    """

    __slots__ = (
        "_is_closing", "_part", "_traffic", "_transport", "_write", "backlog_bytes", "frame", "websocket", "wire",
    )  # fmt: skip

    def __init__(
        self,
        transport: Transport,
        frame: Callable[[bytes], bytes],
        part: Callable[[int, str], None],
        websocket: bool,
        wire: Wire = NO_WIRE,
    ) -> None:
        self._transport = transport
        self._part = part
        self._traffic = Traffic()
        # Bound once: these three are called for every frame of every client.
        self._write, self._is_closing = transport.write, transport.is_closing
        self.backlog_bytes = transport.get_write_buffer_size
        self.frame = frame
        self.websocket = websocket
        self.wire = wire
        wire.turn(not self.backlog_bytes())

    def count_in(self, traffic: Traffic) -> None:
        """Count what is written here from now on."""
        self._traffic = traffic

    def write(self, data: bytes) -> int:
        """Write framed bytes; to a link that is gone, nothing. Returns the backlog that this leaves.

        It is asked for here because right after a write it costs a twentieth of what it costs later: a thousand
        transports asked in a row are a thousand cache misses.
        """
        self._traffic.sent[self.websocket] += len(data)
        return self.send(data)

    def send(self, data: bytes) -> int:
        """The same for bytes that are counted already; those for a link that is gone are taken off again."""
        # Taken out of their slots first: calling them there costs a look-up that the interpreter does not learn.
        is_closing, write, backlog_bytes = self._is_closing, self._write, self.backlog_bytes
        if is_closing():
            self._traffic.sent[self.websocket] -= len(data)
            return 0
        write(data)
        left = backlog_bytes()
        if self.wire.is_open == (left > 0):
            self.wire.turn(not left)
        return left

    def part(self, code: int, reason: str) -> None:
        """Close once what is written has been taken; the transport's owner sees to it that this ends."""
        self.wire.cut()
        self._part(code, reason)

    def cut(self) -> None:
        """Close now: a client that takes nothing would keep a polite close waiting for ever."""
        self.wire.cut()
        self._transport.abort()
