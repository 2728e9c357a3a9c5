"""What one tick sends, and to whom: one write for each viewer, a slice of them at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, compress
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.outbox import Outbox, Traffic


class Viewers(NamedTuple):
    """Who gets a frame now: entity slots, the way out to each, and which of those are WebSockets."""

    slots: NDArray[np.int32]
    outboxes: list[Outbox]
    websocket: NDArray[np.bool_]

    def only(self, chosen: NDArray[np.bool_]) -> "Viewers":
        """Some of them."""
        return Viewers(self.slots[chosen], list(compress(self.outboxes, chosen.tolist())), self.websocket[chosen])


def together(viewers: Sequence[Viewers]) -> Viewers:
    """All of them, in order."""
    return Viewers(
        np.concatenate([each.slots for each in viewers]),
        list(chain.from_iterable(each.outboxes for each in viewers)),
        np.concatenate([each.websocket for each in viewers]),
    )


@dataclass(slots=True)
class Delivery:
    """Viewer i gets `data[edges[i]:edges[i + 1]]`: its frame and what goes behind it."""

    viewers: Viewers
    data: bytes
    edges: NDArray[np.int64]
    heard: int = 0
    cut: int = 0
    # Fireworks that somebody was not told of one by one.
    counted: int = 0
    # Slots of those who had something left to take after they were written to.
    behind: list[int] = field(default_factory=list)

    def count_in(self, traffic: Traffic) -> None:
        """Count everything that is sent, by transport: all at once, because one by one it takes longer than the sum."""
        over_websocket = int(np.diff(self.edges)[self.viewers.websocket].sum())
        traffic.sent[True] += over_websocket
        traffic.sent[False] += len(self.data) - over_websocket

    def __len__(self) -> int:
        return len(self.viewers.outboxes)

    def write(self, start: int, end: int) -> None:
        """Write to some of the viewers, one write each. Nothing else belongs into this loop."""
        data, (first, *lasts) = self.data, self.edges[start : end + 1].tolist()
        slices = zip(self.viewers.outboxes[start:end], lasts, strict=True)
        for i, (outbox, last) in enumerate(slices, start):
            if outbox.send(data[first:last]):
                self.behind.append(int(self.viewers.slots[i]))
            first = last
