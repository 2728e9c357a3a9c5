"""How a bot's messages are framed: a length prefix on TCP, RFC 6455 on WebSocket."""

import base64
import struct
from random import Random

from loadtest import websocket as ws
from loadtest.audit import Audit
from loadtest.bot import FRAME_MARK, Bot, Desk, Ending
from loadtest.websocket import FramingError
from protocol.framing import tcp_frame
from protocol.limits import SERVER_MESSAGE_BYTES_MAX, TCP_PREFIX_BYTES

# The length prefix and the first four bytes of the payload: enough to know a frame and its end.
_TCP_HEAD = struct.Struct(">II")
# `82 7e`, a 16-bit length and the first four bytes of the payload; or `82 00` to `82 7d` and a shorter payload.
_WS_HEAD = struct.Struct(">HHI")
_WS_SHORT_BINARY = 0x8200
_WS_MEDIUM_BINARY = 0x827E
_LOOK_AHEAD = 8
# Nobody needs more parts for 64 KB; without a bound, empty ones would cost memory without end.
_PARTS_MAX = 64


class TcpBot(Bot):
    """A bot on plain TCP."""

    __slots__ = ()
    frames_begin_with = b"\0\0"
    masks = False

    def _quick_pieces(self, data: bytes) -> int:
        at, end = 0, len(data)
        while end - at >= _LOOK_AHEAD:
            size, mark = _TCP_HEAD.unpack_from(data, at)
            start = at + TCP_PREFIX_BYTES
            stop = start + size
            if stop > end or not size:
                break
            if mark == FRAME_MARK:
                self._saw_frame(data, start, stop)
            else:
                self._take(data[start:stop])
            at = stop
        return at

    def _open(self) -> None:
        self._greet()

    def _framed(self, payload: bytes) -> bytes:
        return tcp_frame(payload)

    def _slow_pieces(self, data: bytes, at: int) -> bytes:
        while len(data) - at >= TCP_PREFIX_BYTES:
            start = at + TCP_PREFIX_BYTES
            size = int.from_bytes(data[at:start])
            if not 0 < size <= SERVER_MESSAGE_BYTES_MAX:
                raise FramingError(f"the server declared a message of {size} bytes")
            if len(data) < start + size:
                break
            at = start + size
            self._take(data[start:at])
        return data[at:]


class WebSocketBot(Bot):
    """A bot on WebSocket; `aim` it before it connects."""

    __slots__ = ("_host", "_key", "_masks", "_parts", "_path", "_upgraded")
    frames_begin_with = _WS_MEDIUM_BINARY.to_bytes(2)
    masks = True

    def __init__(self, index: int, name: str, desk: Desk, audit: Audit) -> None:
        super().__init__(index, name, desk, audit)
        self._parts: list[bytes] = []
        self._upgraded = False

    def aim(self, host: str, path: str, masks: Random) -> "WebSocketBot":
        """Where this bot is going to connect (host with port, and path), and where its masking keys come from."""
        self._host, self._path, self._masks = host, path, masks
        self._key = base64.b64encode(masks.randbytes(16)).decode("ascii")
        return self

    @property
    def unfinished(self) -> bool:
        return bool(self._rest or self._parts)

    def _quick_pieces(self, data: bytes) -> int:
        if self._parts or not self._upgraded:
            return 0
        at, end = 0, len(data)
        while end - at >= _LOOK_AHEAD:
            head, size, mark = _WS_HEAD.unpack_from(data, at)
            if head == _WS_MEDIUM_BINARY:
                start = at + 4
            elif _WS_SHORT_BINARY <= head < _WS_MEDIUM_BINARY:
                start, size = at + 2, head - _WS_SHORT_BINARY
            else:
                break
            stop = start + size
            if stop > end:
                break
            if mark == FRAME_MARK and head == _WS_MEDIUM_BINARY:
                self._saw_frame(data, start, stop)
            else:
                self._take(data[start:stop])
            at = stop
        return at

    def _open(self) -> None:
        self._write(ws.upgrade_request(self._host, self._path, self._key))

    def _framed(self, payload: bytes) -> bytes:
        return ws.masked(ws.BINARY, payload, self._masks.getrandbits(32))

    def _slow_pieces(self, data: bytes, at: int) -> bytes:
        if not self._upgraded:
            begin = ws.upgraded_at(data, self._key)
            if begin is None:
                return data
            self._upgraded = True
            at = begin
            self._greet()
        while (piece := ws.next_piece(data, at)) is not None:
            at = piece.stop
            self._take_piece(piece, data[piece.start : piece.stop])
        return data[at:]

    def _take_piece(self, piece: ws.Piece, payload: bytes) -> None:
        if piece.opcode == ws.PING:
            self._write(ws.masked(ws.PONG, payload, self._masks.getrandbits(32)))
        elif piece.opcode == ws.CLOSE:
            self._closed_by_server(payload)
        elif piece.opcode == ws.TEXT:
            raise FramingError("the server sent a text frame")
        elif piece.opcode in (ws.BINARY, ws.CONTINUATION):
            self._take_part(piece, payload)

    def _take_part(self, piece: ws.Piece, payload: bytes) -> None:
        if (piece.opcode == ws.CONTINUATION) is not bool(self._parts):
            raise FramingError("the server continued nothing, or began anew amid a fragmented message")
        self._parts.append(payload)
        if len(self._parts) > _PARTS_MAX or sum(map(len, self._parts)) > SERVER_MESSAGE_BYTES_MAX:
            raise FramingError("the server sent a fragmented message that is too big")
        if piece.fin:
            whole = b"".join(self._parts)
            self._parts.clear()
            self._take(whole)

    def _closed_by_server(self, payload: bytes) -> None:
        """Answer the close and let the connection go; a Goodbye before it has said more than it can."""
        code = int.from_bytes(payload[:2]) if len(payload) >= 2 else 1005
        self.ending = self.ending or Ending(code, payload[2:].decode("utf-8", "replace"))
        if self._transport is not None:
            self._write(ws.masked(ws.CLOSE, payload[:2], self._masks.getrandbits(32)))
            self._transport.close()
