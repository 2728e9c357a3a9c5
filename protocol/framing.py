"""Where a message begins and ends: the length prefix of TCP, the frame header of WebSocket."""

import struct
from collections.abc import Iterator

from protocol.errors import CloseCode, ProtocolError
from protocol.limits import TCP_PREFIX_BYTES

_LENGTH = struct.Struct(">I")
_WS_MEDIUM = struct.Struct(">BBH")
_WS_LARGE = struct.Struct(">BBQ")

# RFC 6455, section 5.2: final fragment, opcode 2 (binary); a server does not mask.
_WS_BINARY = 0x82


def tcp_frame(payload: bytes) -> bytes:
    """`payload` as it goes over TCP: four bytes of big-endian length, then itself."""
    return _LENGTH.pack(len(payload)) + payload


def ws_frame(payload: bytes) -> bytes:
    """`payload` as one whole unmasked binary WebSocket frame, in the shortest form of its length."""
    size = len(payload)
    if size < 126:
        return bytes((_WS_BINARY, size)) + payload
    if size < 1 << 16:
        return _WS_MEDIUM.pack(_WS_BINARY, 126, size) + payload
    return _WS_LARGE.pack(_WS_BINARY, 127, size) + payload


class Splitter:
    """Cuts a TCP byte stream into payloads, however the stream was cut into chunks.

    It keeps only the beginning of one unfinished message, so never more than `bytes_max` and the
    prefix. Once it has raised, the stream has no known message boundary and the splitter is spent.
    """

    __slots__ = ("_bytes_max", "_held")

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._held = bytearray()

    @property
    def held_bytes(self) -> int:
        """How much of an unfinished message is being kept."""
        return len(self._held)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The payloads that `data` completes, in order; run it to its end before the next call.

        Raises ProtocolError at a declared length of zero (MALFORMED) or above `bytes_max` (TOO_BIG),
        as soon as the four bytes of that length are there.
        """
        at = 0
        if self._held:
            at, whole = self._top_up(data)
            if not whole:
                return
            payload = bytes(self._held[TCP_PREFIX_BYTES:])
            self._held.clear()
            yield payload
        while len(data) - at >= TCP_PREFIX_BYTES:
            end = at + TCP_PREFIX_BYTES + self._size(data, at)
            if end > len(data):
                break
            yield data[at + TCP_PREFIX_BYTES : end]
            at = end
        self._held += data[at:]

    def _top_up(self, data: bytes) -> tuple[int, bool]:
        """Take from `data` what the held message lacks: bytes taken, and whether it is whole now."""
        held = self._held
        at = max(0, TCP_PREFIX_BYTES - len(held))
        held += data[:at]
        if len(held) < TCP_PREFIX_BYTES:
            return at, False
        lacking = TCP_PREFIX_BYTES + self._size(held, 0) - len(held)
        held += data[at : at + lacking]
        return at + lacking, len(data) - at >= lacking

    def _size(self, data: bytes | bytearray, at: int) -> int:
        size: int = _LENGTH.unpack_from(data, at)[0]
        if size > self._bytes_max:
            raise ProtocolError(CloseCode.TOO_BIG, f"a message has at most {self._bytes_max} bytes")
        if size == 0:
            raise ProtocolError(CloseCode.MALFORMED, "a message of length 0 holds nothing")
        return size
