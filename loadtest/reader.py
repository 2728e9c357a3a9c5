"""Reads for thousands of bots at a time: what waits at their sockets is fetched in one go and cut in one go.

An event loop calls each bot for each of its frames, and each call touches a dozen objects that the processor has
forgotten since the last one. Once a bot lives in the city, nearly all that it reads is one frame after the other; so
the reader watches its socket instead, with an epoll of its own that it looks at every few milliseconds. Compiled loops
(loadtest/cutting.py) read from all that are ready and cut what they read into frames; whatever else there is goes to
the bot itself. A connection that ends is handed back to the loop, which tells the bot as always.
"""

import asyncio
import os
import select
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from loadtest.arrivals import Headers
from loadtest.bot import CRYSTALS, HAPPENED, IDLE, Bot, Desk
from loadtest.cutting import (
    HEAD_BYTES,
    IDLE_ALWAYS,
    IDLE_UNLESS_HUNTED,
    IDLE_UNLESS_OF_BOOKS,
    LEAST_BYTES,
    Cut,
    Fetched,
    Kinds,
    Ready,
    Room,
    Seats,
    Waiting,
    Wires,
    cut,
    fetch,
)
from loadtest.purses import NAMES_BEGIN_WITH

# Sockets that are read before the loop has its turn: a millisecond or two.
BATCH = 256
# What comes is left to gather for so long, as on its way from another machine it would in the network card: to be woken
# for each frame costs both sides more than the frame. It is part of every delay that is measured.
GATHER_S = 0.004
# Several frames with everything behind them; what is left over is read the next time.
CHUNK_BYTES = 16384
# A frame for each of a batch, with everything behind them, fits into the processor's cache.
ROOM_BYTES = 16 * CHUNK_BYTES
FRAMES_MAX = ROOM_BYTES // LEAST_BYTES
# Of one batch. The next one goes on with the sample.
LOOKS_MAX = BATCH
NOBODY = -1
# An edge is told of once: a socket that was read from need not be looked at again just to see that it is empty now.
_EDGES = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET if hasattr(select, "epoll") else 0


class Reader:
    """Reads for bots that it was asked to `take`, in whatever loop that was; of `seats` bots at most."""

    def __init__(self, seats: int, desk: Desk, gather_s: float = GATHER_S) -> None:
        self._gather_s = gather_s
        self._arrivals, self._desk = desk.arrivals, desk
        self._epoll = select.epoll() if hasattr(select, "epoll") else None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bots: list[Bot | None] = [None] * seats
        # The descriptor of each seat's socket; by descriptor, what is known of it.
        self._wire_of = np.full(seats, NOBODY, np.int32)
        self._wires = Wires(np.zeros(seats + 1024, np.int64), np.full(seats + 1024, NOBODY, np.int32))
        # Who was ready and not read for lack of room, and who has more than was read.
        self._left, self._more = np.empty((2, 0), np.int32)
        self._looks = 0
        self._seats = Seats(
            np.zeros((seats, 2), np.uint8),
            np.zeros(seats, np.bool_),
            np.zeros(seats, np.int64),
            np.zeros(seats, np.int64),
            np.zeros(seats, np.bool_),
            *np.zeros((2, seats), np.int64),
        )
        self._kinds = _kinds()
        self._room = Room.of(ROOM_BYTES, CHUNK_BYTES, BATCH)
        self._fetched = Fetched(*np.zeros((3, BATCH), np.int64))
        self._cut = Cut(
            np.zeros(BATCH, np.int64),
            np.zeros(FRAMES_MAX, np.int64),
            np.zeros(FRAMES_MAX, np.int64),
            np.zeros((FRAMES_MAX, HEAD_BYTES), np.uint8),
            np.zeros((LOOKS_MAX, 3), np.int64),
            np.zeros(2, np.int64),
        )
        # Bytes of what was cut here, by seat; of everything else bots count them themselves.
        self.down = np.zeros(seats, np.int64)

    def take(self, bot: Bot) -> None:
        """Read for this bot from now on, where that can be done for it: what is encrypted its transport must read."""
        wire, seat, seats = bot.descriptor, bot.index, self._seats
        if self._epoll is None or wire is None:
            return
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._loop.call_soon(self._read, self._loop)
        bot.stop_reading()
        if wire >= self._wires.seats.size:
            looks, owners = self._wires
            self._wires = Wires(
                np.append(looks, np.zeros(wire, np.int64)), np.append(owners, np.full(wire, NOBODY, np.int32))
            )
        self._bots[seat], self._wire_of[seat], self._wires.seats[wire] = bot, wire, seat
        seats.begins[seat], seats.hunts[seat] = tuple(bot.frames_begin_with), bot.hunts
        seats.unfinished[seat] = bot.unfinished
        seats.until_sample[seat] = seats.sample_every[seat] = bot.audit.every
        seats.owns[seat], seats.heights_cm[seat] = bot.audit.entity, int(bot.audit.height_cm)
        self._epoll.register(wire, _EDGES)

    def drop(self, bot: Bot) -> None:
        """Read no more for this bot, if it was read for here."""
        seat = bot.index
        if self._epoll is None or self._bots[seat] is not bot:
            return
        wire = int(self._wire_of[seat])
        self._bots[seat], self._wire_of[seat], self._wires.seats[wire] = None, NOBODY, NOBODY
        with suppress(OSError):  # closed already, and forgotten with that
            self._epoll.unregister(wire)

    def close(self) -> None:
        """Read for nobody any more; who is left is handed back."""
        for bot in self._bots:
            if bot is not None:
                self._hand_back(bot)
        epoll, self._epoll = self._epoll, None
        if epoll is not None:
            epoll.close()

    def _hand_back(self, bot: Bot) -> None:
        self.drop(bot)
        bot.read_on()

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        """Read from as many as one batch holds; from the others as soon as the loop has had its turn."""
        ready = 0
        try:
            ready = self._read_batch()
        finally:
            # Whatever one bot makes of what it is given, the others are read for.
            if self._epoll is not None:
                loop.call_later(0 if ready >= BATCH else self._gather_s, self._read, loop)

    def _read_batch(self) -> int:
        """Returns how many were ready."""
        if self._epoll is None:
            return 0
        self._looks += 1
        waiting = Waiting(self._looks, self._left, self._more)
        told, found = Ready.of(BATCH, waiting), self._cut
        fetch(self._epoll.fileno(), waiting, self._wires, self._room, told, self._fetched)
        ready, read, more = told.counts.tolist()
        self._left, self._more = told.ready[read:ready], told.more[:more]
        whose = self._wires.seats[told.ready[:read]]
        cut(self._room.data, whose, self._fetched, self._seats, self._kinds, found)
        frames, looks = found.counts.tolist()
        if frames:
            self._note(frames, whose)
        for row, begin, end in found.looks[:looks].tolist():
            self._look(whose[row], begin, end)
        self._count()
        starts, stops, _ = (column[: whose.size] for column in self._fetched)
        rests = found.rests[: whose.size]
        self.down[whose] += rests - starts
        for row in np.flatnonzero(rests < stops).tolist():
            self._give(whose[row], self._room.data[rests[row] : stops[row]].tobytes())
        for row in np.flatnonzero(starts == stops).tolist():
            self._read_again(whose[row])
        return int(ready)

    def _note(self, frames: int, whose: NDArray[np.int32]) -> None:
        """Have the headers of so many frames checked, which are of the seats that each read is of."""
        found, reads = self._cut, self._cut.reads[:frames]
        whens = self._fetched.whens[reads].astype(np.float64) * 1e-9
        bots = whose[reads].astype(np.int64)
        self._arrivals.came(Headers(bots, whens, found.sizes[:frames].copy(), found.heads[:frames].copy()))

    def _look(self, seat: int, begin: int, end: int) -> None:
        bot = self._bots[seat]
        if bot is not None:
            bot.look_at(self._room.data[begin:end].tobytes())

    def _count(self) -> None:
        """Count what was passed over with what bots have read themselves."""
        passed = self._kinds.passed
        for kind in np.flatnonzero(passed).tolist():
            self._desk.kinds[kind] += int(passed[kind])
        passed[:] = 0

    def _give(self, seat: int, data: bytes) -> None:
        """Have a bot read what is not for here to understand."""
        bot = self._bots[seat]
        if bot is not None:
            bot.data_received(data)
            self._seats.unfinished[seat] = bot.unfinished

    def _read_again(self, seat: int) -> None:
        """Nothing was read for a bot: there was nothing after all, or it is the end, of which the loop tells it."""
        bot = self._bots[seat]
        if bot is None:
            return
        try:
            data = os.read(int(self._wire_of[seat]), CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._give(seat, data)
        else:
            self._hand_back(bot)


def _kinds() -> Kinds:
    """What is of no use to a bot that hunts no crystals and was given nothing."""
    uses = np.zeros(256, np.uint8)
    uses[list(IDLE)] = IDLE_ALWAYS
    uses[CRYSTALS], uses[HAPPENED] = IDLE_UNLESS_HUNTED, IDLE_UNLESS_OF_BOOKS
    of_books = np.zeros(256, np.bool_)
    of_books[list(NAMES_BEGIN_WITH)] = True
    return Kinds(uses, np.zeros(256, np.int64), np.ones(256, np.int64), of_books)
