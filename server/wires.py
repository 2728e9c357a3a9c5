"""Sockets that are written to past their transports: a frame is one system call, and nothing of Python around it.

A transport takes a write by four calls, each of which touches objects that the processor has forgotten since the last
tick. A compiled loop calls the system's own `send` for a slice of the viewers instead. It does the plain case alone:
what a socket does not take whole goes on through its transport, and so does everything where a transport keeps what has
to go first, where bytes are encrypted, and where the link is gone or going.
"""

from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from world.compiled import I8, I8_2, NUMBER, compiled

# The descriptor of no socket.
NONE = -1
# What a send says that was not made; one that fails says -1.
UNTRIED = -2
_BLOCK = 1024
_send: Any = types.ExternalFunction("send", types.int64(types.int32, types.int64, types.int64, types.int32))


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
        if self.descriptor != NONE:
            self.is_open = is_open
            self._wires.open[self.descriptor] = self.serial if is_open else 0

    def cut(self) -> None:
        """Shut it for good: its socket is about to be somebody else's, or somebody else writes to it, too."""
        self.turn(is_open=False)
        self.descriptor = NONE


@compiled(NUMBER, I8, I8_2, I8, NUMBER, I8, borrowing=True)
def send_each(
    open_to: NDArray[np.int64],
    wires: NDArray[np.int64],
    edges: NDArray[np.int64],
    data_at: int,
    taken: NDArray[np.int64],
) -> int:
    """Send viewer i the bytes from `edges[i]` to `edges[i + 1]` behind the address `data_at`, where that may be.

    `wires` are their descriptors and serial numbers, `open_to` is Wires.open. `taken` becomes how many bytes each
    socket took, -1 if it failed or was full, UNTRIED if it may not be written to. Returns how many did not take all.
    """
    short = 0
    for i in range(taken.size):
        wire, size = wires[i, 0], edges[i + 1] - edges[i]
        taken[i] = UNTRIED
        if 0 <= wire < open_to.size and open_to[wire] == wires[i, 1]:
            taken[i] = _send(wire, data_at + edges[i], size, 0)
        short += taken[i] != size
    return short


# The way of those that have no direct one.
NO_WIRE = Wires().wire(NONE)
