"""What goes behind the frames of one tick, and its bytes: each viewer's extras in one piece.

Whoever has something to tell adds payloads for rows, a row being a viewer's place among those served now. All are
framed and laid out at the end, in the order in which they were added: a viewer hears who somebody is before it
hears what they say.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from world.compiled import B1, I8, NUMBER, U1, compiled, group

Places = NDArray[np.int64]

# RFC 6455, section 5.2: a final binary frame; shorter payloads have their size in the second byte. What is longer
# than a size of two bytes goes to nobody behind a frame: a tick's extras for ten thousand would be gigabytes.
_WS_BINARY, _WS_SHORT_MAX, _WS_MEDIUM = 0x82, 125, 126
PAYLOAD_BYTES_MAX = (1 << 16) - 1
_NONE: Places = np.zeros(0, np.int64)


class Packed(NamedTuple):
    """Payload i goes to `rows[i]` and is `blob[starts[i]:][:sizes[i]]`."""

    rows: Places
    starts: Places
    sizes: Places
    blob: NDArray[np.uint8]


class Laid(NamedTuple):
    """All of it: viewer i's piece is `data[edges[i]:edges[i + 1]]`."""

    data: NDArray[np.uint8]
    edges: Places


class Extras:
    """Payloads by row, in the order in which they are added."""

    def __init__(self) -> None:
        self._parts: list[Packed] = []

    def add(self, rows: Any, payloads: Sequence[bytes]) -> None:
        """A payload for each of some rows."""
        self.share(rows, np.arange(len(payloads)), payloads)

    def share(self, rows: Any, which: NDArray[Any], payloads: Sequence[bytes]) -> None:
        """For each of some rows one of the payloads, `payloads[which[i]]` for `rows[i]`."""
        sizes = np.fromiter(map(len, payloads), np.int64, len(payloads))
        starts = np.cumsum(sizes) - sizes
        blob = np.frombuffer(b"".join(payloads), np.uint8)
        self.pack(Packed(np.asarray(rows, np.int64), starts[which], sizes[which], blob))

    def pack(self, packed: Packed) -> None:
        """Payloads that are laid out already."""
        assert packed.sizes.max(initial=0) <= PAYLOAD_BYTES_MAX
        self._parts.append(packed)

    def forward(self, extras: "Extras", rows: Places) -> None:
        """Another's, whose row i is `rows[i]` here."""
        self._parts += [part._replace(rows=rows[part.rows]) for part in extras._parts]

    def packed(self) -> Packed:
        """All of them."""
        if not self._parts:
            return Packed(_NONE, _NONE, _NONE, np.zeros(0, np.uint8))
        rows, starts, sizes, blobs = zip(*self._parts, strict=True)
        before = np.cumsum([0, *(blob.size for blob in blobs[:-1])])
        moved = [each + begin for each, begin in zip(starts, before, strict=True)]
        return Packed(*map(np.concatenate, (rows, moved, sizes, blobs)))


def lay_out(websocket: NDArray[np.bool_], extras: Extras) -> Laid:
    """What is behind each viewer's frame, framed for its transport: a WebSocket, or else TCP."""
    return _lay_out(websocket, extras.packed())


PACKED = group(Packed, I8, I8, I8, U1)
LAID = group(Laid, U1, I8)


@compiled(NUMBER, NUMBER, NUMBER)
def _prefix_bytes(size: int, websocket: int) -> int:
    """How long the prefix of a payload is."""
    return 2 if websocket and size <= _WS_SHORT_MAX else 4


@compiled(NUMBER, U1, NUMBER, NUMBER, NUMBER, borrowing=True)
def _write_prefix(data: NDArray[np.uint8], at: int, size: int, websocket: int) -> int:
    """Write a payload's prefix; returns where the payload begins."""
    if websocket and size <= _WS_SHORT_MAX:
        data[at], data[at + 1] = _WS_BINARY, size
        return at + 2
    data[at] = _WS_BINARY if websocket else 0
    data[at + 1] = _WS_MEDIUM if websocket else 0
    data[at + 2], data[at + 3] = size >> 8, size & 0xFF
    return at + 4


@compiled(LAID, B1, PACKED)
def _lay_out(websocket: NDArray[np.bool_], extras: Packed) -> Laid:
    rows, starts, sizes, blob = extras
    viewers = websocket.size
    # First how much each viewer gets, then where that begins, and at last the bytes.
    edges = np.zeros(viewers + 1, np.int64)
    for i in range(rows.size):
        edges[rows[i] + 1] += sizes[i] + _prefix_bytes(sizes[i], websocket[rows[i]])
    for i in range(viewers):
        edges[i + 1] += edges[i]
    data = np.empty(edges[viewers], np.uint8)
    written = edges[:-1].copy()
    for i in range(rows.size):
        row, size = rows[i], sizes[i]
        at = _write_prefix(data, written[row], size, websocket[row])
        written[row] = at + size
        data[at : written[row]] = blob[starts[i] : starts[i] + size]
    return Laid(data, edges)
