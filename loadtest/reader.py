"""Reads for thousands of bots at a time: what waits at their sockets is fetched in one go and cut in one go.

An event loop calls each bot for each of its frames, and each call touches a dozen objects that the processor has
forgotten since the last one. Once a bot lives in the city, nearly all that it reads is one frame after the other; so
the reader watches its socket instead, with an epoll of its own that the loop watches. Frames at the head of what was
read are cut out by array operations for all bots together; whatever else there is goes to the bot itself. A connection
that ends is handed back to the loop, which tells the bot as always.
"""

import asyncio
import os
import select
from contextlib import suppress
from time import perf_counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from loadtest.bot import CRYSTALS, DECODE_EVERY, HAPPENED, HEADER_STOP, IDLE, Bot, Desk
from loadtest.purses import NAMES_BEGIN_WITH
from protocol.frames import FRAME_PREFIX, HEADER_BYTES, PAYLOAD_HEADER_AT

# Sockets that are read before the loop has its turn: under two milliseconds.
BATCH = 256
# With fewer than this, array operations take longer than asking each bot.
FEW = 16
# Several frames with everything behind them; what is left over is read the next time.
CHUNK_BYTES = 16384
# Both transports put four bytes in front of a frame, the last two of which are its size.
PREFIX_BYTES = 4
_HEADER_AT = PREFIX_BYTES + PAYLOAD_HEADER_AT
_LEAST_BYTES = PREFIX_BYTES + HEADER_STOP
_MARK = np.frombuffer(FRAME_PREFIX, np.uint8)
_HEADER_PLACES = np.arange(_HEADER_AT, _HEADER_AT + HEADER_BYTES)
# Messages behind a frame that are passed over in one go; more than any frame has.
PASSED_MAX = 8
# A short WebSocket header; and of a payload the kind, the tick at its longest and the first byte of a name.
_SHORT_BYTES, _LOOKED_AT = 2, 8
# By the first byte of a tick, where what comes behind it is; and by its own first byte whether a name may be one that
# tells of somebody's purse: its length says that it is not.
_NAME_AT = np.full(256, 3)
_NAME_AT[[0xCC, 0xCD, 0xCE]] = 4, 5, 7
_NAME_OF_BOOKS = np.zeros(256, np.bool_)
_NAME_OF_BOOKS[list(NAMES_BEGIN_WITH)] = True


class Reads(NamedTuple):
    """What was read, parallel: for whom, what, and when."""

    bots: list[Bot]
    chunks: list[bytes]
    whens: list[float]


class Reader:
    """Reads for bots that it was asked to `take`, in whatever loop that was; of `seats` bots at most."""

    def __init__(self, seats: int, desk: Desk) -> None:
        self._arrivals, self._desk = desk.arrivals, desk
        self._epoll = select.epoll() if hasattr(select, "epoll") else None
        self._loop: asyncio.AbstractEventLoop | None = None
        # By file descriptor, and the descriptor of each seat.
        self._bots: dict[int, Bot] = {}
        self._wire_of: dict[int, int] = {}
        # By seat: how a frame begins, whether half a message is being kept, frames until one is looked at closely.
        self._begins = np.zeros((seats, 2), np.uint8)
        self._unfinished = np.zeros(seats, np.bool_)
        self._until_sample = np.zeros(seats, np.int64)
        # Who wants to know where crystals lie; and by kind, whether a message of it is passed over.
        self._hunts = np.zeros(seats, np.bool_)
        self._passed = np.zeros(256, np.bool_)
        self._passed[list(IDLE)] = True
        # Bytes of the frames that were cut here, by seat; of everything else bots count them themselves.
        self.down = np.zeros(seats, np.int64)

    def take(self, bot: Bot) -> None:
        """Read for this bot from now on, where that can be done for it: what is encrypted its transport must read."""
        wire = bot.descriptor
        if self._epoll is None or wire is None:
            return
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self._epoll.fileno(), self._read)
        bot.stop_reading()
        seat = bot.index
        self._bots[wire], self._wire_of[seat] = bot, wire
        self._begins[seat], self._hunts[seat] = tuple(bot.frames_begin_with), bot.hunts
        self._unfinished[seat], self._until_sample[seat] = bot.unfinished, bot.sample_every
        self._epoll.register(wire, select.EPOLLIN)

    def drop(self, bot: Bot) -> None:
        """Read no more for this bot, if it was read for here."""
        wire = self._wire_of.get(bot.index)
        if self._epoll is None or wire is None or self._bots.get(wire) is not bot:
            return
        del self._wire_of[bot.index], self._bots[wire]
        with suppress(OSError):  # closed already, and forgotten with that
            self._epoll.unregister(wire)

    def close(self) -> None:
        """Read for nobody any more; who is left is handed back."""
        for bot in list(self._bots.values()):
            self._hand_back(bot)
        if self._epoll is not None:
            if self._loop is not None:
                self._loop.remove_reader(self._epoll.fileno())
            self._epoll.close()
            self._epoll = None

    def _hand_back(self, bot: Bot) -> None:
        self.drop(bot)
        bot.read_on()

    def _read(self) -> None:
        if self._epoll is None:
            return
        bots, chunks, whens = reads = Reads([], [], [])
        for wire, _ in self._epoll.poll(0, BATCH):
            bot = self._bots.get(wire)
            if bot is None:
                continue
            try:
                data = os.read(wire, CHUNK_BYTES)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if data:
                bots.append(bot)
                chunks.append(data)
                whens.append(perf_counter())
            else:
                # Its end, which the loop finds there, too, and tells the bot.
                self._hand_back(bot)
        if len(bots) >= FEW:
            self._take_frames(reads)
        else:
            for bot, data in zip(bots, chunks, strict=True):
                self._give(bot, data)

    def _give(self, bot: Bot, data: bytes) -> None:
        bot.data_received(data)
        self._unfinished[bot.index] = bot.unfinished

    def _take_frames(self, reads: Reads) -> None:
        """Take the frame that each read begins with, and pass over what is of no use; the rest goes to the bots."""
        bots, chunks, whens = reads
        # With enough behind the last one that nothing is looked for beyond the end.
        every = np.frombuffer(b"".join((*chunks, bytes(_LEAST_BYTES))), np.uint8)
        sizes = np.fromiter(map(len, chunks), np.int64, len(chunks))
        starts = np.cumsum(sizes) - sizes
        seats = np.fromiter((bot.index for bot in bots), np.int64, len(bots))
        heads = every[starts[:, None] + np.arange(_HEADER_AT)]
        payloads = heads[:, 2].astype(np.int64) << 8 | heads[:, 3]
        stops = payloads + PREFIX_BYTES
        plain = ~self._unfinished[seats]
        whole = (heads[:, :2] == self._begins[seats]).all(axis=1) & (heads[:, PREFIX_BYTES:] == _MARK).all(axis=1)
        whole &= (stops <= sizes) & (stops >= _LEAST_BYTES) & plain
        rows = np.flatnonzero(whole)
        log, took = self._arrivals, seats[rows]
        log.heads.append(every[starts[rows, None] + _HEADER_PLACES].tobytes())
        log.whens.extend(whens[row] for row in rows.tolist())
        log.sizes.extend(payloads[rows].tolist())
        log.whose.extend(took.tolist())
        self._sample(rows, took, reads, stops)
        at = starts + np.where(whole, stops, 0)
        self._pass_over(reads, _Stream(every, seats, starts, at, starts + sizes), np.flatnonzero(plain))
        self.down[seats] += at - starts
        for row in np.flatnonzero(at < starts + sizes).tolist():
            self._give(bots[row], chunks[row][int(at[row] - starts[row]) :])

    def _sample(
        self, rows: NDArray[np.int64], seats: NDArray[np.int64], reads: Reads, stops: NDArray[np.int64]
    ) -> None:
        """Have every so many frames of each bot looked at closely."""
        self._until_sample[seats] -= 1
        for row in rows[self._until_sample[seats] <= 0].tolist():
            bot = reads.bots[row]
            self._until_sample[bot.index] = bot.sample_every
            bot.look_at(reads.chunks[row][PREFIX_BYTES : int(stops[row])])

    def _pass_over(self, reads: Reads, stream: "_Stream", rows: NDArray[np.int64]) -> None:
        """Move on where each of these stands, past messages that are for nobody to act on; a sample is decoded."""
        every, seats, starts, at, ends = stream
        for _ in range(PASSED_MAX):
            rows = rows[at[rows] + _SHORT_BYTES < ends[rows]]
            if not rows.size:
                return
            head = every[at[rows, None] + np.arange(PREFIX_BYTES)].astype(np.int64)
            websocket = self._begins[seats[rows], 0] != 0
            short = websocket & (head[:, 1] < 126)
            framed = np.where(short, head[:, 0] == 0x82, (head[:, :2] == self._begins[seats[rows]]).all(axis=1))
            size = np.where(short, head[:, 1], head[:, 2] << 8 | head[:, 3])
            begin = at[rows] + np.where(short, _SHORT_BYTES, PREFIX_BYTES)
            begun = every[np.minimum(begin, every.size - _LOOKED_AT)[:, None] + np.arange(_LOOKED_AT)]
            idle = framed & (size >= _LOOKED_AT) & (begin + size <= ends[rows]) & (begun[:, 0] & 0xF0 == 0x90)
            idle &= self._passed[begun[:, 1]] & ~((begun[:, 1] == CRYSTALS) & self._hunts[seats[rows]])
            name = begun[np.arange(rows.size), _NAME_AT[begun[:, 2]]]
            idle &= (begun[:, 1] != HAPPENED) | ~_NAME_OF_BOOKS[name]
            rows, begin, size, kind = rows[idle], begin[idle], size[idle], begun[idle, 1]
            at[rows] = begin + size
            self._count(reads, _Passed(rows, begin - starts[rows], size, kind))

    def _count(self, reads: Reads, passed: "_Passed") -> None:
        """Count messages by kind, and decode one in so many of each, to see that it can be."""
        for kind in np.unique(passed.kind).tolist():
            which = np.flatnonzero(passed.kind == kind)
            before = self._desk.kinds[kind]
            self._desk.kinds[kind] = after = before + which.size
            if after // DECODE_EVERY > before // DECODE_EVERY:
                row, begin, size = (int(column[which[0]]) for column in passed[:3])
                reads.bots[row].look_at(reads.chunks[row][begin : begin + size])


class _Stream(NamedTuple):
    """What was read, one chunk after the other: whose each is, where it begins, is to be read on, and ends."""

    every: NDArray[np.uint8]
    seats: NDArray[np.int64]
    starts: NDArray[np.int64]
    at: NDArray[np.int64]
    ends: NDArray[np.int64]


class _Passed(NamedTuple):
    """Messages that were passed over: the read each was in, where its payload begins there, its size and kind."""

    row: NDArray[np.int64]
    begin: NDArray[np.int64]
    size: NDArray[np.int64]
    kind: NDArray[np.uint8]
