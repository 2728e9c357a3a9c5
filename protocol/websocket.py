"""What a WebSocket client sends, cut into frames: the plain messages at once, everything else as it came.

Nearly all a client says are whole, masked, binary messages of a few bytes. Those are unmasked here. Control
frames are handed on untouched, to a library that knows what to do about them; and from the first frame that is
anything but plain (a fragment, a text, an absurd length, no mask) everything is, so that the library sees a stream
without gaps and the order of messages is kept. RFC 6455, section 5.2, draws the frame.
"""

from collections.abc import Iterator
from typing import NamedTuple

_FINAL_BINARY = 0x82
_FINAL, _CONTROL, _MASKED = 0x80, 0x08, 0x80
_SHORT_HEADER, _MEDIUM_HEADER = 6, 8  # with the four bytes of the mask
_MEDIUM, _LARGE = 126, 127
_MOVE_BYTES, _THREE_TIMES = 12, 1 << 64 | 1 << 32 | 1
_MOVE_HEADER = bytes((_FINAL_BINARY, _MASKED | _MOVE_BYTES))
_MOVE_MASK, _KEY_MASK = (1 << 8 * _MOVE_BYTES) - 1, (1 << 32) - 1


class Piece(NamedTuple):
    """A message's payload (`plain`), or bytes of the stream for a library to read."""

    data: bytes
    plain: bool


class ClientFrames:
    """Cuts one client's stream, however it was cut into chunks; holds at most one unfinished frame.

    A frame whose declared length is above `bytes_max` is not waited for: it is the library's to refuse.
    """

    __slots__ = ("_bytes_max", "_held", "_through")

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._held = b""
        self._through = False

    @property
    def held_bytes(self) -> int:
        """How much of an unfinished frame is being kept."""
        return len(self._held)

    def hand_on(self) -> None:
        """From here on everything is the library's."""
        self._through = True

    def only(self, data: bytes) -> bytes | None:
        """The payload, if `data` is exactly one plain message of up to 125 bytes; if not, `feed` says what it is.

        Nearly every chunk of nearly every client is one: it takes half as long as looking for more.
        """
        if self._held or self._through:
            return None
        size = len(data) - _SHORT_HEADER
        if size == _MOVE_BYTES and data.startswith(_MOVE_HEADER):
            # What a client says most, in half the time: the frame as one number, and the key three times is a product.
            frame = int.from_bytes(data)
            return ((frame & _MOVE_MASK) ^ (frame >> 8 * _MOVE_BYTES & _KEY_MASK) * _THREE_TIMES).to_bytes(_MOVE_BYTES)
        if not 0 < size < _MEDIUM or data[0] != _FINAL_BINARY or data[1] != _MASKED | size:
            return None
        return unmask(data[_SHORT_HEADER:], data[2:_SHORT_HEADER])

    def feed(self, data: bytes) -> Iterator[Piece]:
        """The pieces that `data` completes, in order; run it to its end before the next call."""
        if self._held:
            data, self._held = self._held + data, b""
        at = 0
        while len(data) - at >= _SHORT_HEADER:
            start, size = self._measure(data, at)
            if self._through or start + size > len(data):
                break
            yield _piece(data, at, start, size)
            at = start + size
        if not self._through:
            self._held = data[at:]
        elif at < len(data):
            yield Piece(data[at:], plain=False)

    def _measure(self, data: bytes, at: int) -> tuple[int, int]:
        """Where the payload of the frame at `at` begins, and its size; notices a frame that is not for reading here."""
        first, second = data[at], data[at + 1]
        size, start = second & ~_MASKED, at + _SHORT_HEADER
        large = size == _LARGE
        if size == _MEDIUM:
            size, start = int.from_bytes(data[at + 2 : at + 4]), at + _MEDIUM_HEADER
        plain = first == _FINAL_BINARY or (first & _FINAL and first & _CONTROL)
        if not plain or not second & _MASKED or large or size > self._bytes_max:
            self._through = True
        return start, size


def _piece(data: bytes, at: int, start: int, size: int) -> Piece:
    end = start + size
    if data[at] != _FINAL_BINARY:
        return Piece(data[at:end], plain=False)
    return Piece(unmask(data[start:end], data[start - 4 : start]), plain=True)


def unmask(masked: bytes, key: bytes) -> bytes:
    """`masked` with every byte XORed with the mask's four in turn; masking and unmasking are the same."""
    size = len(masked)
    if size == _MOVE_BYTES:
        # What a client says most; the repeated key is one multiplication.
        return (int.from_bytes(masked) ^ int.from_bytes(key) * _THREE_TIMES).to_bytes(size)
    mask = int.from_bytes((key * (size // 4 + 1))[:size])
    return (int.from_bytes(masked) ^ mask).to_bytes(size)
