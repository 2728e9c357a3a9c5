"""How fast clients may talk: a bucket of tokens for each, which fills with time and is full when they come.

In columns, by a number that each session has: nine of ten messages are looked at by a compiled loop, hundreds at a
time, and pay here in one (server/gateway/intake.py). Whoever is `strained`, because it was too fast or has been,
pays one by one, so that its session knows of each.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.settings import GameSettings
from world.compiled import B1, I8, NOTHING, NUMBER, compiled, group
from world.config import TICK_RATE_HZ

# A token is as many grains as there are ticks in a second: what is won in a tick is whole then.
TOKEN = TICK_RATE_HZ


class Columns(NamedTuple):
    """By number: grains left, the tick they were reckoned in, the tick of the last message, and who is strained."""

    grains: NDArray[np.int64]
    ticks: NDArray[np.int64]
    heard: NDArray[np.int64]
    strained: NDArray[np.bool_]


class Rations:
    """The buckets of all sessions of a gateway, or of one alone; there is room for more as they come."""

    def __init__(self, limits: GameSettings) -> None:
        self._won, self._most = limits.messages_per_s, limits.messages_burst * TOKEN
        grains, ticks, heard = np.zeros((3, 1), np.int64)
        self._columns = Columns(grains, ticks, heard, np.zeros(1, np.bool_))
        self._free: list[int] = []
        self._given = 0

    def open(self, tick: int) -> int:
        """A full bucket for somebody new, who counts as heard."""
        number = self._free.pop() if self._free else self._given
        if number == self._given:
            self._given += 1
            if number == self._columns.grains.size:
                self._columns = Columns._make(np.append(column, np.zeros_like(column)) for column in self._columns)
        grains, ticks, heard, strained = self._columns
        grains[number], ticks[number], heard[number], strained[number] = self._most, tick, tick, False
        return number

    def close(self, number: int) -> None:
        """Its owner is gone; the next one may have it."""
        self._free.append(number)

    def heard_tick(self, number: int) -> int:
        """When a message of theirs came last."""
        return int(self._columns.heard[number])

    def hear(self, number: int, tick: int) -> None:
        """A message of theirs has come, whether it is paid for or not."""
        self._columns.heard[number] = tick

    def strain(self, number: int, is_strained: bool) -> None:
        """Whether they pay one by one."""
        self._columns.strained[number] = is_strained

    def tokens(self, number: int) -> float:
        """What was left when it was reckoned last."""
        return int(self._columns.grains[number]) / TOKEN

    def spent(self, number: int, tick: int) -> bool:
        """Whether it is known that nothing is left in this tick."""
        return bool(self._columns.grains[number] < TOKEN and self._columns.ticks[number] == tick)

    def take(self, number: int, tick: int) -> bool:
        """Pay for one message, if there is a token left."""
        grains, ticks, *_ = self._columns
        left = min(self._most, int(grains[number]) + (tick - int(ticks[number])) * self._won)
        paid = left >= TOKEN
        grains[number], ticks[number] = left - TOKEN * paid, tick
        return paid

    def take_each(self, numbers: NDArray[np.int64], tick: int) -> NDArray[np.bool_]:
        """Pay for a message of each, who are heard with it; False where they are strained or have no token left.

        Nothing is taken from those, nor are they heard: their session sees to it.
        """
        paid = np.zeros(numbers.size, np.bool_)
        _take_each(self._columns, numbers, tick, _Terms(TOKEN, self._won, self._most), paid)
        return paid


class _Terms(NamedTuple):
    """What a message costs, what a tick brings, and what a bucket holds, in grains."""

    cost: int
    won: int
    most: int


@compiled(NOTHING, group(Columns, I8, I8, I8, B1), I8, NUMBER, group(_Terms, *[NUMBER] * 3), B1, borrowing=True)
def _take_each(columns: Columns, numbers: NDArray[np.int64], tick: int, terms: _Terms, paid: NDArray[np.bool_]) -> None:
    grains, ticks, heard, strained = columns
    for i in range(numbers.size):
        number = numbers[i]
        left = min(terms.most, grains[number] + (tick - ticks[number]) * terms.won)
        if left >= terms.cost and not strained[number]:
            grains[number], ticks[number], heard[number] = left - terms.cost, tick, tick
            paid[i] = True
