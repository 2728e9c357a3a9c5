"""The places in one lane's line: taken at its end, left from anywhere, and all positions counted in one pass.

A row is somebody; rows stand in the order in which people came. Whoever leaves, leaves a hole, and
a running sum over the rows that are no holes is everybody's position at once: it costs the same whether
one of them has left or a thousand, and nobody is ever looked at alone. When the columns are full, the
holes are squeezed out, or the columns doubled if there are few.

A row is known by its number, which it keeps for good; rows are sorted by it, so a binary search finds it.
Whoever has been called stays in line, and in front of those behind, until they are in. So a call can be
taken back, and a position that was told never rises.
"""

from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Who = TypeVar("Who")
Rows = NDArray[np.intp]
Positions = NDArray[np.int32]

GONE, WAITING, CALLED = 0, 1, 2
ROWS_FIRST = 1024
# How often a row is looked at in the time between two refreshes: one that has become due waits a quarter of it more.
LOOKS = 4
# Fewer holes than this share are not worth squeezing: the columns grow.
HOLES_MIN = 0.5


class Line(Generic[Who]):
    """Everybody in one line; whoever's position has changed is told at most every `refresh_ticks`.

    Far behind, refreshes are rarer: the rest between two grows by `refresh_ticks` with every `near` people ahead,
    so their number grows with the logarithm of the line.
    """

    def __init__(self, refresh_ticks: int, near: int) -> None:
        self.waiting = 0
        self.called = 0
        self._refresh_ticks, self._near = refresh_ticks, near
        self._rows = 0
        self._next = 1
        self._untold: list[int] = []
        self._number = np.zeros(ROWS_FIRST, np.int64)
        self._state = np.zeros(ROWS_FIRST, np.uint8)
        self._told = np.zeros(ROWS_FIRST, np.int32)
        self._told_tick = np.zeros(ROWS_FIRST, np.int64)
        self._who = np.empty(ROWS_FIRST, np.object_)

    def __len__(self) -> int:
        return self.waiting + self.called

    def join(self, who: Who, tick: int) -> int:
        """One more, at the end; returns the number of their row."""
        if self._rows == self._state.size:
            self._make_room()
        row, number = self._rows, self._next
        self._rows, self._next = row + 1, number + 1
        self._number[row], self._state[row], self._who[row] = number, WAITING, who
        self._told[row], self._told_tick[row] = 0, tick
        self.waiting += 1
        self._untold.append(number)
        return number

    def leave(self, number: int) -> None:
        """They are in, or gone; their row is a hole."""
        row = self._row(number)
        self._count(row, -1)
        self._state[row], self._who[row] = GONE, None

    def call(self, count: int) -> list[Who]:
        """The first who have not been called, so many at most; they are called now."""
        if count <= 0 or not self.waiting:
            return []
        rows = np.flatnonzero(self._state[: self._rows] == WAITING)[:count]
        self._state[rows] = CALLED
        self.waiting -= rows.size
        self.called += rows.size
        called: list[Who] = self._who[rows].tolist()
        return called

    def put_back(self, number: int) -> None:
        """The call was for nothing; they wait again, where they stood."""
        row = self._row(number)
        self._count(row, -1)
        self._state[row] = WAITING
        self._count(row, 1)

    def tell_again(self, number: int) -> None:
        """They have not heard what they were told: they are due at once."""
        self._untold.append(number)

    def due(self, tick: int, most: int) -> tuple[list[Who], Positions]:
        """Whom to tell their position now: everybody who waits and has not heard of it, and `most` others.

        The nearest of those others first. Whoever is called in the tick in which they came learns by being in.
        """
        state = self._state[: self._rows]
        positions = np.cumsum(state != GONE, dtype=np.int32)
        rows = np.concatenate([self._unheard(state), self._changed(tick, positions)[:most]])
        self._told[rows], self._told_tick[rows] = positions[rows], tick
        who: list[Who] = self._who[rows].tolist()
        return who, positions[rows]

    # ---- inside ----------------------------------------------------------------------------------

    def _unheard(self, state: NDArray[np.uint8]) -> Rows:
        numbers, self._untold = np.array(self._untold, np.int64), []
        rows = np.searchsorted(self._number[: self._rows], numbers)
        # Whoever left before they were told may have been squeezed out; another's row is in that place then.
        there = rows < self._rows
        rows = rows[there][self._number[rows[there]] == numbers[there]]
        return np.unique(rows[state[rows] == WAITING])

    def _changed(self, tick: int, positions: Positions) -> Rows:
        every = max(1, self._refresh_ticks // LOOKS)
        begin = tick % every
        mine = slice(begin, self._rows, every)
        ahead = positions[mine]
        rest = self._refresh_ticks * (1 + ahead // self._near)
        due = (self._state[mine] != GONE) & (ahead != self._told[mine]) & (tick - self._told_tick[mine] >= rest)
        return np.flatnonzero(due) * every + begin

    def _row(self, number: int) -> int:
        row = int(np.searchsorted(self._number[: self._rows], number))
        assert row < self._rows, "nobody is in line under this number"
        assert self._number[row] == number, "nobody is in line under this number"
        assert self._state[row] != GONE, "whoever was in line under this number has left"
        return row

    def _count(self, row: int, change: int) -> None:
        if self._state[row] == WAITING:
            self.waiting += change
        else:
            self.called += change

    def _make_room(self) -> None:
        """Squeeze the holes out, in one pass; where there are few, twice as many rows."""
        here = np.flatnonzero(self._state != GONE)
        size = self._state.size if here.size < self._state.size * HOLES_MIN else 2 * self._state.size
        for name in ("_number", "_state", "_told", "_told_tick", "_who"):
            column = getattr(self, name)
            fresh = np.zeros(size, column.dtype)
            fresh[: here.size] = column[here]
            setattr(self, name, fresh)
        self._rows = here.size
