"""Who had an update when: counts for each bot, and the gaps between two updates of the same bot."""

import numpy as np

from loadtest.histogram import Histogram


class Tally:
    """Updates of `bots` bots, taken in bulk: noting one is two appends, everything else is arrays.

    Figures are of the window between `open` and `close`; an update before it is only what the first gap is from.
    """

    def __init__(self, bots: int) -> None:
        self.whose: list[int] = []
        self.whens: list[float] = []
        self.updates = np.zeros(bots, np.int64)
        self.gap_ms = Histogram()
        self._last_s = np.full(bots, np.nan)
        self._opened = False

    def gather(self) -> None:
        """Settle what was noted since the last call."""
        whose, whens = np.array(self.whose, np.intp), np.array(self.whens)
        self.whose.clear()
        self.whens.clear()
        if not len(whose):
            return
        # Each bot's updates side by side, in order; the first of each follows the last of the call before.
        order = np.argsort(whose, kind="stable")
        whose, whens = whose[order], whens[order]
        first = np.r_[True, whose[1:] != whose[:-1]]
        before = np.where(first, self._last_s[whose], np.r_[np.nan, whens[:-1]])
        last = np.r_[whose[1:] != whose[:-1], True]
        self._last_s[whose[last]] = whens[last]
        if self._opened:
            gaps_ms = (whens - before) * 1000
            self.gap_ms.add(gaps_ms[~np.isnan(gaps_ms)])
            self.updates += np.bincount(whose, minlength=len(self.updates))

    def open(self) -> None:
        """Measure from now on."""
        self.gather()
        self._opened = True

    def close(self, now_s: float) -> None:
        """Measure no further; who has waited longer than ever for an update by now has had that gap."""
        self.gather()
        self._opened = False
        waited_ms = (now_s - self._last_s) * 1000
        longest = self.gap_ms.max or 0.0
        self.gap_ms.add(waited_ms[waited_ms > longest])
