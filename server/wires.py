"""Sockets that are written to past their transports: a frame is one system call, and nothing of Python around it.

A transport takes a write by four calls, each of which touches objects that the processor has forgotten since the last
tick. A compiled loop calls the system itself for a slice of the viewers instead: what goes behind a frame is copied
behind it where there is room in its row, and both are one `send`; where there is not, they are one `writev`, which the
system takes 4 % longer for. It does the plain case alone: what a socket does not take whole goes on through its
transport, and so does everything where a transport keeps what has to go first, where bytes are encrypted, and where
the link is gone or going.
"""

from struct import calcsize
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from world.compiled import I8, I8_2, NUMBER, U1, U1_2, compiled, group

# The descriptor of no socket.
NONE = -1
_BLOCK = 1024
# Addresses and sizes are of eight bytes in what it is handed: on other systems nothing is written directly.
_send: Any = types.ExternalFunction("send", types.int64(types.int32, types.int64, types.int64, types.int32))
_write: Any = types.ExternalFunction("writev", types.int64(types.int32, types.int64, types.int32))
_POSSIBLE = calcsize("P") == calcsize("q")


class Wires:
    """Which sockets may be written to directly, by descriptor: the serial number of the outbox that may, or 0.

    A descriptor belongs to somebody else as soon as it is free; a serial number never does. So what was meant for one
    client cannot reach the next, whatever happens between the slices of a tick.
    """

    def __init__(self) -> None:
        self.open = np.zeros(_BLOCK, np.int64)
        self._last = 0

    def wire(self, descriptor: int) -> "Wire":
        """A way to a socket, shut at first; one without a descriptor stays so."""
        self._last += 1
        if not _POSSIBLE:
            descriptor = NONE
        if descriptor >= self.open.size:
            self.open = np.append(self.open, np.zeros(descriptor, np.int64))
        return Wire(self, descriptor, self._last)


class Wire:
    """The direct way to one socket, as its outbox has it."""

    __slots__ = ("_wires", "descriptor", "is_open", "serial")

    def __init__(self, wires: Wires, descriptor: int, serial: int) -> None:
        self._wires = wires
        self.descriptor = descriptor
        self.serial = serial
        self.is_open = False

    def turn(self, is_open: bool) -> None:
        """Open it, or shut it while something is kept that has to go first."""
        if self.descriptor == NONE:
            return
        self.is_open = is_open
        if is_open:
            self._wires.open[self.descriptor] = self.serial
        elif self._wires.open[self.descriptor] == self.serial:
            self._wires.open[self.descriptor] = 0

    def cut(self) -> None:
        """Shut it for good: its socket is about to be somebody else's, or somebody else writes to it, too."""
        self.turn(is_open=False)
        self.descriptor = NONE


class Pieces(NamedTuple):
    """What each viewer gets: `frames[i, begins[i]:ends[i]]`, and behind it `extras[edges[i]:edges[i + 1]]`.

    What is in a row of `frames` behind its end is nobody's.
    """

    frames: NDArray[np.uint8]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    extras: NDArray[np.uint8]
    edges: NDArray[np.int64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Bytes for each viewer."""
        return self.ends - self.begins + np.diff(self.edges)

    def of(self, viewer: int) -> bytes:
        """All that one of them gets."""
        frame = self.frames[viewer, self.begins[viewer] : self.ends[viewer]]
        return frame.tobytes() + self.extras[self.edges[viewer] : self.edges[viewer + 1]].tobytes()


_NONE = np.zeros(0, np.int64)
NOTHING = Pieces(np.zeros((0, 0), np.uint8), _NONE, _NONE, np.zeros(0, np.uint8), np.zeros(1, np.int64))


class Left(NamedTuple):
    """Viewers who did not take all, by number, and how many bytes they took."""

    viewers: NDArray[np.int64]
    taken: NDArray[np.int64]


def send(pieces: Pieces, wires: NDArray[np.int64], first: int, open_to: NDArray[np.int64]) -> Left:
    """Send to the viewers from number `first` on whose descriptors and serials these are, where that may be.

    `open_to` is Wires.open.
    """
    left, vector = Left(*np.empty((2, len(wires)), np.int64)), np.empty(4, np.int64)
    memory = _Memory(vector, vector.ctypes.data, pieces.frames.ctypes.data, pieces.extras.ctypes.data)
    count = _send_each(pieces, wires, first, open_to, memory, left)
    return Left(left.viewers[:count], left.taken[:count])


class _Memory(NamedTuple):
    """Addresses and sizes of one viewer's two pieces, as the system wants them; where they lie, and all the pieces."""

    vector: NDArray[np.int64]
    vector_at: int
    frames_at: int
    extras_at: int


_PIECES, _MEMORY = group(Pieces, U1_2, I8, I8, U1, I8), group(_Memory, I8, NUMBER, NUMBER, NUMBER)


@compiled(NUMBER, _PIECES, I8_2, NUMBER, I8, _MEMORY, group(Left, I8, I8), borrowing=True, unlocked=True)
def _send_each(
    pieces: Pieces, wires: NDArray[np.int64], first: int, open_to: NDArray[np.int64], memory: _Memory, left: Left
) -> int:
    """Returns for how many viewers there is something `left`."""
    frames, extras = pieces.frames, pieces.extras
    count = 0
    for i in range(len(wires)):
        wire, viewer, taken = wires[i, 0], first + i, 0
        begin, end = pieces.begins[viewer], pieces.ends[viewer]
        extra, extra_end = pieces.edges[viewer], pieces.edges[viewer + 1]
        size = end - begin + extra_end - extra
        if 0 <= wire < open_to.size and open_to[wire] == wires[i, 1]:
            frame_at = memory.frames_at + viewer * frames.shape[1] + begin
            # What fails or is full says -1; its transport finds out why.
            if begin + size <= frames.shape[1]:
                # Indices without a sign, so that this is one copy and not a look at each for whether it is below 0.
                row, to, start = np.uint64(viewer), np.uint64(end), np.uint64(extra)
                for k in range(np.uint64(extra_end - extra)):
                    frames[row, to + k] = extras[start + k]
                taken = max(0, _send(wire, frame_at, size, 0))
            else:
                vector = memory.vector
                vector[0], vector[1] = frame_at, end - begin
                vector[2], vector[3] = memory.extras_at + extra, extra_end - extra
                taken = max(0, _write(wire, memory.vector_at, 2))
        if taken < size:
            left.viewers[count], left.taken[count] = viewer, taken
            count += 1
    return count


# None of them is ever open: for those that have no direct way.
NO_WIRES = Wires()
NO_WIRE = NO_WIRES.wire(NONE)
