"""A bot's end of its connection: what it writes, whether that is taken, and who reads for it."""

import asyncio


class Wire(asyncio.Protocol):
    """The transport of one connection, or none; whoever derives from it takes what is read and hears of the end."""

    __slots__ = ("_transport", "bytes_up", "holding")

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self.bytes_up = 0
        # The transport's buffer is full: the server does not read, so we do not add to it.
        self.holding = False

    @property
    def descriptor(self) -> int | None:
        """That of its socket; None where what is read there has to be decrypted first."""
        transport = self._transport
        if transport is None or transport.is_closing() or transport.get_extra_info("sslcontext") is not None:
            return None
        wire = transport.get_extra_info("socket")
        return None if wire is None else int(wire.fileno())

    @property
    def has_said_all(self) -> bool:
        """Whether its transport keeps nothing that has yet to be taken."""
        return self._transport is not None and self._transport.get_write_buffer_size() == 0

    def stop_reading(self) -> None:
        """Somebody else reads for it, or nobody."""
        if self._transport is not None:
            self._transport.pause_reading()

    def read_on(self) -> None:
        """Nobody else reads for it any more."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def pause_writing(self) -> None:
        """The server does not read what we send."""
        self.holding = True

    def resume_writing(self) -> None:
        """The server reads again."""
        self.holding = False

    def _write(self, data: bytes) -> None:
        self.bytes_up += len(data)
        if self._transport is not None:
            self._transport.write(data)

    def _cut(self) -> None:
        if self._transport is not None:
            self._transport.abort()
