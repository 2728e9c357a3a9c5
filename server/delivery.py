"""What one tick sends, and to whom: one write for each viewer, a slice of them at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, compress
from operator import is_
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.outbox import Outbox, Traffic
from server.threads import ALONE, Threads
from server.wires import NO_WIRES, NOTHING, Left, Pieces, Wires, send

# Writes that one thread takes at a time: some 600 µs, beside which handing them over is little.
WRITES_PER_PART = 128


class Viewers(NamedTuple):
    """Who gets a frame now: entity slots, the way out to each, and which of those are WebSockets.

    `wires` has a row for each: descriptor and serial number of its wire, if that is open (server/wires.py).
    """

    slots: NDArray[np.int32]
    outboxes: list[Outbox]
    websocket: NDArray[np.bool_]
    wires: NDArray[np.int64]

    @classmethod
    def of(cls, clients: Mapping[int, Outbox]) -> "Viewers":
        """Those with these slots."""
        outboxes = list(clients.values())
        slots = np.fromiter(clients, np.int32, len(outboxes))
        websocket = np.fromiter((outbox.websocket for outbox in outboxes), np.bool_, len(outboxes))
        wires = [(outbox.wire.descriptor, outbox.wire.serial) for outbox in outboxes]
        return cls(slots, outboxes, websocket, np.array(wires, np.int64).reshape(-1, 2))

    def only(self, chosen: NDArray[np.bool_]) -> "Viewers":
        """Some of them."""
        outboxes = list(compress(self.outboxes, chosen.tolist()))
        return Viewers(self.slots[chosen], outboxes, self.websocket[chosen], self.wires[chosen])


def together(viewers: Sequence[Viewers]) -> Viewers:
    """All of them, in order."""
    return Viewers(
        np.concatenate([each.slots for each in viewers]),
        list(chain.from_iterable(each.outboxes for each in viewers)),
        np.concatenate([each.websocket for each in viewers]),
        np.concatenate([each.wires for each in viewers]),
    )


class Together:
    """The viewers of several seats as one, turn by turn, made anew only where the seats of a turn are not as before.

    To list two thousand outboxes is to touch each of them, none of which is in the processor's cache.
    """

    def __init__(self) -> None:
        self._turns: dict[int, tuple[Sequence[Viewers], Viewers]] = {}

    def of(self, turn: int, viewers: Sequence[Viewers]) -> Viewers:
        """All of them, in order."""
        parts, whole = self._turns.get(turn, ((), None))
        if whole is None or len(parts) != len(viewers) or not all(map(is_, parts, viewers)):
            whole = together(viewers)
            self._turns[turn] = viewers, whole
        return whole


@dataclass(slots=True)
class Delivery:
    """Who gets what: its frame and what goes behind it."""

    viewers: Viewers
    pieces: Pieces = NOTHING
    heard: int = 0
    cut: int = 0
    # Fireworks that somebody was not told of one by one.
    counted: int = 0
    # What of the viewers' sockets may be written to directly: nothing, unless it is told.
    wires: Wires = NO_WIRES
    threads: Threads = ALONE
    # Slots of those who had something left to take after they were written to.
    behind: list[int] = field(default_factory=list)

    def count_in(self, traffic: Traffic) -> None:
        """Count everything that is sent, by transport: all at once, because one by one it takes longer than the sum."""
        sizes = self.pieces.sizes
        over_websocket = int(sizes[self.viewers.websocket].sum())
        traffic.sent[True] += over_websocket
        traffic.sent[False] += int(sizes.sum()) - over_websocket

    def __len__(self) -> int:
        return len(self.viewers.outboxes)

    def write(self, start: int, end: int) -> None:
        """Write to some of the viewers, one write each; what a socket does not take goes through its transport."""
        end = min(end, len(self))

        def write_part(first: int) -> Left:
            wires = self.viewers.wires[first : min(first + WRITES_PER_PART, end)]
            return send(self.pieces, wires, first, self.wires.open)

        for left in self.threads.map(write_part, range(start, end, WRITES_PER_PART)):
            for viewer, taken in zip(left.viewers.tolist(), left.taken.tolist(), strict=True):
                if self.viewers.outboxes[viewer].send(self.pieces.of(viewer)[taken:]):
                    self.behind.append(int(self.viewers.slots[viewer]))
