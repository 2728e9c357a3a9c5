"""Who of the swarm waits to be let in, what they were told meanwhile, and whether it came true.

People who wait believe three things: that the number in front of them only ever falls, that the time they are told is
about right, and that nobody forgets them. The first is checked at every Queued, the second when they come in.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from loadtest.faults import FaultKind, Faults
from loadtest.report import QueueFigures, Spread, rounded
from protocol.messages import Queued

# An estimate of the last seconds is neither useful nor easy: what is left then is the pace of the door.
JUDGED_FROM_S = 4.0
# About right: not half and not double.
FACTOR = 2.0
# An estimate every two seconds for half an hour; a server that says more is judged by the first ones.
_ESTIMATES_MAX = 1024


class _Wait(Struct):
    """One seat that waits: since when, the last position it heard, and when it was told what was left."""

    since_s: float
    position: int | None = None
    told: list[tuple[float, float]] = []


class Waits:
    """All who wait; figures are of the whole run."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._waiting: dict[int, _Wait] = {}
        self._waited_s: list[float] = []
        self._told = self._right = self._unknown = 0
        self.refused_silently = 0

    @property
    def waiting(self) -> int:
        """How many were told to wait, and have not been let in."""
        return len(self._waiting)

    def told(self, seat: int, queued: Queued, when_s: float) -> None:
        """Somebody was told their place."""
        wait = self._waiting.setdefault(seat, _Wait(when_s))
        if wait.position is not None and queued.position > wait.position:
            self._faults.note(FaultKind.POSITION_ROSE, seat, f"position {wait.position} became {queued.position}")
        wait.position = queued.position
        if queued.estimate_s is None:
            self._unknown += 1
        elif len(wait.told) < _ESTIMATES_MAX:
            wait.told.append((when_s, queued.estimate_s))

    def put_off(self, seat: int, when_s: float) -> None:
        """Somebody was told to come again later: they have no place in any line."""
        self._waiting.setdefault(seat, _Wait(when_s)).position = None

    def gave_up(self, seat: int) -> None:
        """Somebody does not want in any more."""
        self._waiting.pop(seat, None)

    def let_in(self, seat: int, when_s: float) -> None:
        """Somebody got in, perhaps without having waited."""
        wait = self._waiting.pop(seat, None)
        if wait is None:
            return
        self._waited_s.append(when_s - wait.since_s)
        for told_s, estimate_s in wait.told:
            left_s = when_s - told_s
            if left_s >= JUDGED_FROM_S:
                self._told += 1
                self._right += left_s / FACTOR <= estimate_s <= left_s * FACTOR

    def figures(self) -> QueueFigures | None:
        """None where nobody has waited."""
        if not self._waited_s and not self._waiting:
            return None
        return QueueFigures(
            waited=len(self._waited_s) + len(self._waiting),
            still_waiting=len(self._waiting),
            wait_s=spread_of(self._waited_s),
            estimates=self._told,
            estimates_within_2x=rounded(self._right / self._told, 4) if self._told else None,
            estimates_unknown=self._unknown,
            refused_silently=self.refused_silently,
        )


def spread_of(seconds: Sequence[float] | NDArray[np.float64]) -> Spread:
    """Some thousand times at most: each of them is known."""
    if not len(seconds):
        return Spread()
    p50, p99 = (float(np.percentile(seconds, percent, method="higher")) for percent in (50, 99))
    return Spread(rounded(p50, 3), rounded(p99, 3), rounded(float(max(seconds)), 3))
