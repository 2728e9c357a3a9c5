"""Where to look next for the largest crowd that is still served well: up by doubling, in by halves, then again.

A single run may be unlucky, or lucky: whatever bounds the answer on either side is run again, with other chance, until
a majority of `repeats` has said the same. The search ends after RUNS_MAX runs, wherever it stands then.
"""

from collections import Counter
from enum import StrEnum

from msgspec import Struct

# How near to each other the largest crowd that holds and the smallest that does not have to come.
WITHIN = 0.05
# Six doublings, six halvings and two times four repeats are twenty; at a minute and a half each the rest is patience.
RUNS_MAX = 30
# Below this no scenario says anything of a crowd.
LEAST = 10
# Crowds are round numbers where the last digit decides nothing.
_ROUND = 10
_ROUND_FROM_SPAN = 40


class Outcome(StrEnum):
    """What a run says of its crowd."""

    HELD = "held"
    FAILED = "failed"
    # The bots were too busy themselves: it may have held or not.
    SATURATED = "saturated"
    # There was no run: this machine does not let one process hold so many bots, or it was killed.
    UNUSABLE = "unusable"


class Bounds(Struct, frozen=True):
    """Begin with `start` bots, never take more than `most`, and believe a majority of `repeats` runs."""

    start: int
    most: int
    repeats: int = 3


class Search:
    """Ask `next` for a crowd, run it, `note` what came of it, until there is none to ask for."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._runs: dict[int, list[Outcome]] = {}

    @property
    def runs(self) -> int:
        """How many there were."""
        return sum(map(len, self._runs.values()))

    @property
    def holds(self) -> int:
        """The largest crowd that held, below every one that did not; 0 if there is none."""
        low = self.fails
        return max((bots for bots in self._runs if self._held(bots) and (low is None or bots < low)), default=0)

    @property
    def fails(self) -> int | None:
        """The smallest crowd that did not hold."""
        return min((bots for bots in self._runs if not self._held(bots)), default=None)

    @property
    def settled(self) -> bool:
        """Whether a majority stands behind the largest crowd that holds."""
        return self.holds > 0 and self._decided(self.holds)

    def attempts(self, bots: int) -> int:
        """How often this crowd was run."""
        return len(self._runs.get(bots, ()))

    def held(self, bots: int) -> int:
        """In how many of its runs it held."""
        return self._runs.get(bots, []).count(Outcome.HELD)

    def why(self, bots: int) -> Outcome:
        """What came of most of the runs of this crowd that did not hold."""
        others = Counter(outcome for outcome in self._runs[bots] if outcome is not Outcome.HELD)
        return others.most_common(1)[0][0] if others else Outcome.HELD

    def note(self, bots: int, outcome: Outcome) -> None:
        """What came of a run."""
        self._runs.setdefault(bots, []).append(outcome)

    def next(self) -> int | None:
        """The crowd to run next; None when the answer is as good as it gets."""
        if self.runs >= RUNS_MAX:
            return None
        holds, fails = self.holds, self.fails
        if not self._runs:
            return self._bounds.start
        if fails is None:
            return min(self._bounds.most, 2 * holds) if holds < self._bounds.most else self._again(holds)
        if not holds:
            return max(LEAST, fails // 2) if fails > LEAST else self._again(fails)
        if fails - holds > max(1.0, WITHIN * holds):
            return _between(holds, fails)
        return self._again(holds) or self._again(fails)

    def _again(self, bots: int) -> int | None:
        return None if self._decided(bots) else bots

    def _held(self, bots: int) -> bool:
        return 2 * self.held(bots) > len(self._runs[bots])

    def _decided(self, bots: int) -> bool:
        """Whether the rest of its runs could not change the majority."""
        runs, held = self._runs[bots], self.held(bots)
        if Outcome.UNUSABLE in runs:
            return True
        return len(runs) >= self._bounds.repeats or 2 * max(held, len(runs) - held) > self._bounds.repeats


def _between(low: int, high: int) -> int:
    middle = (low + high) // 2
    if high - low < _ROUND_FROM_SPAN:
        return middle
    return middle // _ROUND * _ROUND
