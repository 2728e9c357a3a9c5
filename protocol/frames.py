"""The bytes of intents and frames: fixed layouts, so that a tick's worth is a handful of array operations.

Integers inside `bin` parts are little-endian. Axes: +x east, +y up, +z north, in centimetres.
Headings and directions count 256 steps to the full turn, clockwise from north: 0 is +z, 64 is +x.

A frame on either transport is one row of a byte array (README.md draws it)::

    col  1..4   WebSocket header or TCP length prefix (a short WebSocket frame uses 3..4)
    col  5..6   93 10                 array of 3, kind 16
    col  7..8   c4 1c                 bin of 28
    col  9..36  header                HEADER
    col 37..39  c5 hi lo              bin of 12 * n
    col 40..    records               RECORD * n, aligned so that they are written in place
"""

import struct
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# A Move's eight bytes. `steer` is the direction of travel, `heading` where the face points.
INTENT = struct.Struct("<IBBBB")  # input, steer, heading, gait, flags
GAIT_STAND, GAIT_WALK, GAIT_RUN = 0, 1, 2
INTENT_JUMP = 1
MOVE_PREFIX = b"\x92\x02\xc4\x08"
MOVE_BYTES = 12

# tick, input, x, y, z, vy, heading, animation, zone, shed, flags, layer
HEADER = struct.Struct("<IIiiihBBBBBB")
HEADER_BYTES = 28
FLAG_GROUNDED = 1

# entity, dx, dy, dz, heading, animation
RECORD = struct.Struct("<IhhhBB")
RECORD_BYTES = 12

ANIMATIONS = ("stand", "walk", "run", "air", "sit", "wave", "clap", "cheer", "dance", "bow", "laugh")

HEADER_DTYPE = np.dtype(
    {
        "names": ["tick", "input", "x", "y", "z", "vy", "heading", "animation", "zone", "shed", "flags", "layer"],
        "formats": ["<u4", "<u4", "<i4", "<i4", "<i4", "<i2", "u1", "u1", "u1", "u1", "u1", "u1"],
        "offsets": [0, 4, 8, 12, 16, 20, 22, 23, 24, 25, 26, 27],
        "itemsize": HEADER_BYTES,
    }
)
RECORD_DTYPE = np.dtype(
    {
        "names": ["entity", "dx", "dy", "dz", "heading", "animation"],
        "formats": ["<u4", "<i2", "<i2", "<i2", "u1", "u1"],
        "offsets": [0, 4, 6, 8, 10, 11],
        "itemsize": RECORD_BYTES,
    }
)


class FrameHeader(NamedTuple):
    """The viewer's own truth at `tick`: cm, cm/s, 256ths of a turn, indices into the catalogue."""

    tick: int
    input: int
    x: int
    y: int
    z: int
    vy: int
    heading: int
    animation: int
    zone: int
    shed: int
    flags: int
    layer: int


# Where the header starts inside a frame's payload (after `93 10 c4 1c`).
PAYLOAD_HEADER_AT = 4
FRAME_PREFIX = b"\x93\x10\xc4\x1c"


def pack_intent(input_number: int, steer: int, heading: int, gait: int, jump: bool = False) -> bytes:
    """Eight bytes for `Move.intent`; `input_number` wraps at 2**32."""
    return INTENT.pack(input_number, steer, heading, gait, INTENT_JUMP if jump else 0)


def is_frame(payload: bytes | memoryview) -> bool:
    """Whether a message's payload is a frame, told from its first four bytes."""
    return payload[:4] == FRAME_PREFIX


def read_header(payload: bytes | memoryview) -> FrameHeader:
    """The header of a frame's whole payload, without decoding the records."""
    return FrameHeader._make(HEADER.unpack_from(payload, PAYLOAD_HEADER_AT))


def read_records(records: bytes) -> NDArray[np.void]:
    """The avatar records of a decoded `Frame`, as a structured array of RECORD_DTYPE."""
    return np.frombuffer(records, RECORD_DTYPE)


# ---- building all frames of a tick ---------------------------------------------------------------

_PREFIX_AT = 1
_PAYLOAD_AT = _PREFIX_AT + 4
_HEADER_AT = _PAYLOAD_AT + PAYLOAD_HEADER_AT
_BIN16_AT = _HEADER_AT + HEADER_BYTES
_RECORDS_AT = _BIN16_AT + 3
_PAYLOAD_FIXED_BYTES = _RECORDS_AT - _PAYLOAD_AT
# RFC 6455, section 5.2: a final binary frame. A payload under 126 bytes must use the two-byte header; a longer one has
# 126 there, and its size behind it.
_WS_SHORT, _WS_SHORT_MAX, _WS_MEDIUM = 0x8200, 125, 0x827E0000
_BIG_4, _BIG_2 = np.dtype(">u4"), np.dtype(">u2")


class FrameTable(NamedTuple):
    """A row of bytes for each viewer."""

    rows: NDArray[np.uint8]

    @property
    def headers(self) -> NDArray[np.void]:
        """Where its header goes, HEADER_DTYPE: (viewers,)."""
        return _column(self.rows, _HEADER_AT, HEADER_DTYPE)

    @property
    def records(self) -> NDArray[np.void]:
        """Where its records go, RECORD_DTYPE: (viewers, as many as there is room for)."""
        room = (self.rows.shape[1] - _RECORDS_AT) // RECORD_BYTES
        return self.rows[:, _RECORDS_AT : _RECORDS_AT + room * RECORD_BYTES].view(RECORD_DTYPE)


class Edges(NamedTuple):
    """Where each viewer's frame begins in its row, and where it ends."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


def begin_frames(viewers: int, width: int, spare_bytes: int = 0) -> FrameTable:
    """Frames for so many that lack their headers and their records, with room for `width` of these in each.

    Each row ends with so many bytes more, for whoever sends something behind the frame.
    """
    return FrameTable(np.empty((viewers, _RECORDS_AT + width * RECORD_BYTES + spare_bytes), np.uint8))


def finish_frames(table: FrameTable, counts: NDArray[np.int64], websocket: NDArray[np.bool_]) -> Edges:
    """Say how many records each frame has, and what it is sent over: `websocket`, or else TCP."""
    rows, records_bytes = table.rows, counts * RECORD_BYTES
    payload_bytes = records_bytes + _PAYLOAD_FIXED_BYTES
    short = websocket & (payload_bytes <= _WS_SHORT_MAX)
    # As one number each, written once: TCP's prefix is the size; a short WebSocket's begins in the middle of it.
    _column(rows, _PREFIX_AT, _BIG_4)[:] = payload_bytes + websocket * _WS_MEDIUM + short * _WS_SHORT
    _column(rows, _PAYLOAD_AT, _BIG_4)[:] = int.from_bytes(FRAME_PREFIX)
    rows[:, _BIN16_AT] = 0xC5
    _column(rows, _BIN16_AT + 1, _BIG_2)[:] = records_bytes
    return Edges(_PREFIX_AT + 2 * short, records_bytes + _RECORDS_AT)


def _column(rows: NDArray[np.uint8], at: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """What lies at this column of each row, as one of these."""
    return rows[:, at : at + dtype.itemsize].view(dtype)[:, 0]
