"""What goes behind the frames of one tick, and its bytes: each viewer's extras in one piece.

Whoever has something to tell adds payloads for rows, a row being a viewer's place among those served now. All are
framed and laid out at the end, in the order in which they were added: a viewer hears who somebody is before it
hears what they say.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from world.compiled import B1, I8, NOTHING, NUMBER, U1, compiled, group

Places = NDArray[np.int64]

# RFC 6455, section 5.2: a final binary frame; shorter payloads have their size in the second byte. What is longer
# than a size of two bytes goes to nobody behind a frame: a tick's extras for ten thousand would be gigabytes.
_WS_BINARY, _WS_SHORT_MAX, _WS_MEDIUM = 0x82, 125, 126
PAYLOAD_BYTES_MAX = (1 << 16) - 1
_NONE: Places = np.zeros(0, np.int64)
# Without a sign: an index that has one is looked at for whether it counts from the end.
_ONE = np.uint64(1)


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
    packed, edges = extras.packed(), np.zeros(websocket.size + 1, np.int64)
    _measure(websocket, packed, edges)
    laid = Laid(np.empty(edges[-1], np.uint8), edges)
    _write(websocket, packed, edges[:-1].copy(), laid.data)
    return laid


PACKED = group(Packed, I8, I8, I8, U1)


@compiled(NUMBER, NUMBER, NUMBER, borrowing=True)
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


@compiled(NOTHING, B1, PACKED, I8, borrowing=True)
def _measure(websocket: NDArray[np.bool_], packed: Packed, edges: Places) -> None:
    """Where each viewer's piece begins, and the last one ends."""
    for i in range(packed.rows.size):
        row, size = np.uint64(packed.rows[i]), packed.sizes[i]
        edges[row + _ONE] += size + _prefix_bytes(size, websocket[row])
    for i in range(1, edges.size):
        edges[i] += edges[i - 1]


@compiled(NOTHING, B1, PACKED, I8, U1, borrowing=True)
def _write(websocket: NDArray[np.bool_], packed: Packed, written: Places, data: NDArray[np.uint8]) -> None:
    """Put each payload behind what its viewer's piece has already: that ends where `written` says."""
    for i in range(packed.rows.size):
        row, size = np.uint64(packed.rows[i]), packed.sizes[i]
        at = _write_prefix(data, written[row], size, websocket[row])
        written[row] = at + size
        to, start = np.uint64(at), np.uint64(packed.starts[i])
        for k in range(np.uint64(size)):
            data[to + k] = packed.blob[start + k]
