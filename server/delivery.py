"""What one tick sends, and to whom: one write for each viewer, a slice of them at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, compress
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from protocol.frames import FrameRows
from server.outbox import Outbox


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
    """Viewer i gets its slice of the frames and `extras.get(i)` behind it."""

    viewers: Viewers
    frames: FrameRows
    extras: dict[int, bytes]
    heard: int = 0
    cut: int = 0
    # Fireworks that somebody was not told of one by one.
    counted: int = 0
    # Slots of those who had something left to take after they were written to.
    behind: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.viewers.outboxes)

    def write(self, start: int, end: int) -> None:
        """Write to some of the viewers, one write each. Nothing else belongs into this loop."""
        (data, starts, ends), extra_of = self.frames, self.extras.get
        slices = zip(self.viewers.outboxes[start:end], starts[start:end], ends[start:end], strict=True)
        for i, (outbox, first, last) in enumerate(slices, start):
            extra = extra_of(i)
            if outbox.write(data[first:last] + extra if extra else data[first:last]):
                self.behind.append(int(self.viewers.slots[i]))
