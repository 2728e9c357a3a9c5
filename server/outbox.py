"""One client's way out: bytes go to its transport at once, and what it does not take waits within bounds."""

from collections.abc import Callable
from typing import Protocol


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
    """`frame` puts a payload into the transport's framing; `part` ends the link politely with a code and a reason."""

    __slots__ = ("_part", "_traffic", "_transport", "frame", "websocket")

    def __init__(
        self, transport: Transport, frame: Callable[[bytes], bytes], part: Callable[[int, str], None], websocket: bool
    ) -> None:
        self._transport = transport
        self._part = part
        self._traffic = Traffic()
        self.frame = frame
        self.websocket = websocket

    def count_in(self, traffic: Traffic) -> None:
        """Count what is written here from now on."""
        self._traffic = traffic

    @property
    def backlog_bytes(self) -> int:
        """What the client has not taken yet."""
        return self._transport.get_write_buffer_size()

    def write(self, data: bytes) -> None:
        """Write framed bytes; to a link that is gone, nothing."""
        if not self._transport.is_closing():
            self._transport.write(data)
            self._traffic.sent[self.websocket] += len(data)

    def part(self, code: int, reason: str) -> None:
        """Close once what is written has been taken; the transport's owner sees to it that this ends."""
        self._part(code, reason)

    def cut(self) -> None:
        """Close now: a client that takes nothing would keep a polite close waiting for ever."""
        self._transport.abort()
