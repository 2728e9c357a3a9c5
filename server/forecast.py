"""How long people will wait: from how fast they can join, and how fast places become free.

How fast places become free is known before the city is full: people leave at some rate each, so a full city frees
as many places a second as it has people times that rate. The rate is counted: those who left, divided by the time
that everybody together was here. So a stampede is told the truth after the first few have left again, while
the city is still filling up.
"""

from array import array
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from world.config import TICK_RATE_HZ

# What happened longer ago says less about now, but too few departures say nothing: with 16 the rate is known within
# a quarter, two times of three. The window holds WINDOW_S or LEFT_KEPT departures, whichever is more, for an hour
# at most.
WINDOW_S = 30
LEFT_KEPT = 64
LEFT_MIN = 16
WINDOW_MAX_S = 3600
# The pace of joining is the mean of the last half minute in which somebody waited whom the hard maximum did not keep
# out: it comes and goes with the load, and whoever is far behind in line lives through both. Assumed at first is a
# quarter of the most, for what counts like four seconds: a stampede begins in an idle city with three times the pace
# that it keeps up, and whoever went by its first second told a thousand people a third of their wait.
JOIN_TICKS = 30 * TICK_RATE_HZ
ASSUMED_TICKS = 4 * TICK_RATE_HZ
ASSUMED_SHARE = 0.25


class Outlook(NamedTuple):
    """What decides how long a lane waits.

    `free` places are left of the hard maximum, `full` people are in the city once it is reached, `called` of the lane
    have their place already, `others` wait in another lane that has as many turns as this one.
    """

    free: int
    full: int
    called: int
    others: int


class Forecast:
    """Counts joins and departures, tick by tick."""

    def __init__(self, tick_rate_hz: int, joins_per_tick: int) -> None:
        self._tick_rate_hz = tick_rate_hz
        self._joins, self._join_ticks = joins_per_tick * ASSUMED_SHARE * ASSUMED_TICKS, float(ASSUMED_TICKS)
        # Each second, in the place of its number: how many left for good, and how many were here on average. The room
        # is there from the start, because a city that grows for an hour cannot be told from one that leaks.
        self._left_in = array("l", bytes(WINDOW_MAX_S * array("l").itemsize))
        self._here_in = array("d", bytes(WINDOW_MAX_S * array("d").itemsize))
        self._oldest = self._second = 0
        self._left, self._here = 0, 0.0
        self._ticks, self._left_now, self._here_now = 0, 0, 0

    def left(self) -> None:
        """Somebody's place has become free."""
        self._left_now += 1

    def turn(self, players: int) -> None:
        """A tick with so many people in the city."""
        self._ticks += 1
        self._here_now += players
        if self._ticks == self._tick_rate_hz:
            self._remember(self._left_now, self._here_now / self._ticks)
            self._ticks = self._left_now = self._here_now = 0

    def joined(self, count: int) -> None:
        """So many joined in a tick in which more would have liked to, and the hard maximum did not keep them."""
        kept = min(1.0, (JOIN_TICKS - 1) / self._join_ticks)
        self._joins, self._join_ticks = self._joins * kept + count, self._join_ticks * kept + 1

    @property
    def joins_per_s(self) -> float:
        """How many join in a second while there are places for them."""
        return max(1.0, self._joins / self._join_ticks * self._tick_rate_hz)

    @property
    def leaves_per_s(self) -> float | None:
        """How often one person leaves, in times a second; None while that is not known."""
        return self._left / self._here if self._left >= LEFT_MIN and self._here else None

    def estimates_s(self, positions: NDArray[np.int32], outlook: Outlook) -> list[float | None]:
        """How long those at these positions of a lane still wait, each; None where that is not known."""
        turn = positions + np.minimum(positions, outlook.others)
        joining_s = turn / self.joins_per_s
        lacking = turn - outlook.called - outlook.free
        rate = self.leaves_per_s
        if rate is None:
            known = [round(seconds, 1) for seconds in joining_s.tolist()]
            return [seconds if short <= 0 else None for seconds, short in zip(known, lacking.tolist(), strict=True)]
        freeing_s = lacking / (rate * max(1, outlook.full))
        waits: list[float | None] = np.maximum(joining_s, freeing_s).round(1).tolist()
        return waits

    @property
    def seconds(self) -> int:
        """How many of the last seconds count."""
        return self._second - self._oldest

    def _remember(self, left: int, here: float) -> None:
        if self.seconds == WINDOW_MAX_S:
            self._forget()
        place = self._second % WINDOW_MAX_S
        self._left_in[place], self._here_in[place] = left, here
        self._second += 1
        self._left += left
        self._here += here
        while self.seconds > WINDOW_S and self._left - self._left_in[self._oldest % WINDOW_MAX_S] >= LEFT_KEPT:
            self._forget()

    def _forget(self) -> None:
        place = self._oldest % WINDOW_MAX_S
        self._oldest += 1
        self._left -= self._left_in[place]
        self._here -= self._here_in[place]
