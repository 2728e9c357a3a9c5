"""The client's half of RFC 6455, as small as a bot needs it: upgrade, masked frames out, unmasked frames in.

A general library spends most of a bot's time budget on generality (README.md, "Why", has the figures). What is here is
whole where it matters: the key is checked, every length form is read, fragments are joined, control frames may come
between fragments, and a server that breaks the rules is told so by `FramingError`.
"""

import base64
import hashlib
import struct
from typing import NamedTuple

from protocol import limits

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
FIN = 0x80
MASKED = 0x80
# RFC 6455, section 5.5: a control frame carries at most 125 bytes and is never fragmented.
CONTROL_BYTES_MAX = 125
# An answer to an upgrade is ten lines; a server that sends 8 KB without a blank line is not answering one.
HEAD_BYTES_MAX = 8192
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_ONE = b"\0\0\0\1"
_SHORT_HEAD = struct.Struct(">BBI")
_MEDIUM_HEAD = struct.Struct(">BBHI")


class FramingError(Exception):
    """The server broke RFC 6455; the message is one sentence for the report."""


class Piece(NamedTuple):
    """One WebSocket frame found in a buffer: its payload is `data[start:stop]`."""

    opcode: int
    fin: bool
    start: int
    stop: int


def upgrade_request(host: str, path: str, key: str) -> bytes:
    """The bytes that ask an HTTP/1.1 server to speak WebSocket; `key` is 16 random bytes in base64."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode("ascii")


def accept_of(key: str) -> str:
    """What a server must answer in Sec-WebSocket-Accept to `key` (RFC 6455, section 4.2.2)."""
    digest = hashlib.sha1(key.encode("ascii") + _GUID, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode("ascii")


def upgraded_at(data: bytes, key: str) -> int | None:
    """Where the first WebSocket frame begins after a good upgrade answer; None while the answer is not whole.

    Raises FramingError for an answer that is not a 101 with the right key, or never ends.
    """
    end = data.find(b"\r\n\r\n")
    if end < 0:
        if len(data) > HEAD_BYTES_MAX:
            raise FramingError(f"the upgrade answer did not end within {HEAD_BYTES_MAX} bytes")
        return None
    lines = data[:end].decode("latin-1").split("\r\n")
    if not lines[0].startswith("HTTP/1.1 101"):
        raise FramingError(f"the server answered the upgrade with {lines[0][:60]!r}")
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    if fields.get("sec-websocket-accept") != accept_of(key):
        raise FramingError("the server's Sec-WebSocket-Accept does not answer our key")
    return end + 4


def next_piece(data: bytes, at: int) -> Piece | None:
    """The frame that starts at `at`, or None while it is not whole. Raises FramingError for an illegal one."""
    piece = next_head(data, at)
    return piece if piece is not None and len(data) >= piece.stop else None


def next_head(data: bytes, at: int, payload_bytes_max: int = limits.SERVER_MESSAGE_BYTES_MAX) -> Piece | None:
    """The frame that starts at `at` once its header is whole; its payload may still be on its way.

    Raises FramingError for an illegal one, and for a payload of over `payload_bytes_max`.
    """
    if len(data) - at < 2:
        return None
    first, code = data[at], data[at + 1]
    opcode = first & 0x0F
    if first & 0x70 or code & MASKED or opcode not in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG):
        raise FramingError(f"the server sent an illegal frame header {first:02x} {code:02x}")
    if opcode >= CLOSE and (code > CONTROL_BYTES_MAX or not first & FIN):
        raise FramingError("the server sent a control frame that is too long or fragmented")
    wide = {126: 2, 127: 8}.get(code, 0)
    start = at + 2 + wide
    if len(data) < start:
        return None
    size = int.from_bytes(data[at + 2 : start]) if wide else code
    if size > payload_bytes_max:
        raise FramingError(f"the server declared a frame of {size} bytes; {payload_bytes_max} is the most")
    return Piece(opcode, bool(first & FIN), start, start + size)


def masked(opcode: int, payload: bytes, mask: int) -> bytes:
    """One whole client frame; `mask` is any 32-bit number, new for each frame."""
    size = len(payload)
    # The mask as often as it fits is a product, and hiding the payload one exclusive or of two large numbers.
    words = -(-size // 4)
    pad = (mask * int.from_bytes(_ONE * words)) >> (words * 4 - size) * 8
    hidden = (int.from_bytes(payload) ^ pad).to_bytes(size)
    if size <= CONTROL_BYTES_MAX:
        return _SHORT_HEAD.pack(FIN | opcode, MASKED | size, mask) + hidden
    return _MEDIUM_HEAD.pack(FIN | opcode, MASKED | 126, size, mask) + hidden
