"""The loops of the reader, compiled: see who is ready, fetch what waits there, and cut it into frames and the rest.

What was fetched lies in one room, one read after the other. A frame is taken apart where it lies and leaves a row:
whose it is, when it was read, its size and its header. One in so many is a sample, all of which is looked at here; what
is not as it should be, an audit says (loadtest/audit.py). Messages that are for nobody to act on are counted and passed
over. Where either loop meets anything else, it stops, and the rest is the bot's own.
"""

import platform
import select
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from world.compiled import B1, I4, I8, I8_2, NOTHING, NUMBER, U1, U1_2, U4_2, YES, compiled, group, numbers

# A frame's payload: 93 10 c4 1c, a header, records (protocol/frames.py; tests/loadtest/test_cutting.py compares).
HEAD_AT, HEAD_BYTES = 4, 28
LEAST_BYTES = HEAD_AT + HEAD_BYTES
# Behind those c5 and the records' size, two bytes; each record is entity, dx, dy, dz, heading, animation.
RECORDS_AT, RECORD_BYTES, RECORDS_MAX = LEAST_BYTES + 3, 12, 32
ANIMATIONS, SIGHT_CM = 11, 32767
# No shorter payload is cut, and how far beyond the end of what was fetched the loops may look.
_LOOKED_AT = 8
SLACK_BYTES = 16
# Of messages that are passed over, one in this many is decoded just to see that it can be.
DECODE_EVERY = 50
# What a kind of message is to a reader; 0 is for the bot itself.
IDLE_ALWAYS, IDLE_UNLESS_HUNTED, IDLE_UNLESS_OF_BOOKS = 1, 2, 3

_FRAME = 16
_WS_BINARY, _WS_MEDIUM = 0x82, 126
# Time as time.perf_counter() tells it on Linux, where alone there is an epoll to be read by.
_CLOCK_MONOTONIC = 1
# What epoll_wait(2) fills in, in words of four bytes: the events, and the descriptor that was registered. On one kind
# of processor there is no gap between the two.
_EVENT_WORDS, _DESCRIPTOR_WORD = (3, 1) if platform.machine().lower() in ("x86_64", "amd64") else (4, 2)
_READABLE = 1
# Where there is no epoll nobody is read for here, but a kernel must be bound to something that is there.
_POLL = "epoll_wait" if hasattr(select, "epoll") else "poll"
_poll: Any = types.ExternalFunction(_POLL, types.int32(types.int32, types.int64, types.int32, types.int32))
_receive: Any = types.ExternalFunction("recv", types.int64(types.int32, types.int64, types.int64, types.int32))
_tell_time: Any = types.ExternalFunction("clock_gettime", types.int32(types.int32, types.int64))


class Room(NamedTuple):
    """Where reads of up to `chunk_bytes` lie, one by one, with SLACK_BYTES behind them; what the epoll and clock tell.

    The clock is the steady one, in seconds and nanoseconds. What ends in `_at` is an address.
    """

    data: NDArray[np.uint8]
    data_at: int
    chunk_bytes: int
    clock: NDArray[np.int64]
    clock_at: int
    events: NDArray[np.uint32]
    events_at: int

    @classmethod
    def of(cls, size: int, chunk_bytes: int, batch: int) -> "Room":
        """Of so many bytes, and for what is told of so many descriptors at a time."""
        data, clock = np.zeros(size + SLACK_BYTES, np.uint8), np.zeros(2, np.int64)
        events = np.zeros((batch, _EVENT_WORDS), np.uint32)
        return cls(data, data.ctypes.data, chunk_bytes, clock, clock.ctypes.data, events, events.ctypes.data)


class Wires(NamedTuple):
    """By descriptor: the look that found it ready last, and the seat it is of, which is below 0 if it is of none."""

    looks: NDArray[np.int64]
    seats: NDArray[np.int32]


class Waiting(NamedTuple):
    """The number of this look, and who was found ready before: who is to be read from, and who once more after that."""

    look: int
    first: NDArray[np.int32]
    again: NDArray[np.int32]


class Ready(NamedTuple):
    """Descriptors that are ready, each once, and those that will be even if nothing comes.

    `counts` are how many are ready, how many of those were read from, and how many have more.
    """

    ready: NDArray[np.int32]
    more: NDArray[np.int32]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, batch: int, waiting: Waiting) -> "Ready":
        """Room for those who are waiting and for what is told of so many more."""
        ready, more = np.empty((2, waiting.first.size + 2 * batch + waiting.again.size), np.int32)
        return cls(ready, more, np.zeros(3, np.int64))


class Fetched(NamedTuple):
    """Each read: where it begins and ends in the room, and when it was made, in nanoseconds of the steady clock."""

    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    whens: NDArray[np.int64]


class Seats(NamedTuple):
    """By seat: how a frame begins, whether part of a message is kept, frames until one is sampled and between two.

    `owns` is its own entity, and `heights_cm` how high others may stand above it or below.
    """

    begins: NDArray[np.uint8]
    unfinished: NDArray[np.bool_]
    until_sample: NDArray[np.int64]
    sample_every: NDArray[np.int64]
    hunts: NDArray[np.bool_]
    owns: NDArray[np.int64]
    heights_cm: NDArray[np.int64]


class Kinds(NamedTuple):
    """By kind of message: what it is to a reader, how many were passed over, and how many until one is decoded.

    By the first byte of its name: whether what happened may be of somebody's purse.
    """

    uses: NDArray[np.uint8]
    passed: NDArray[np.int64]
    until_decoded: NDArray[np.int64]
    of_books: NDArray[np.bool_]


class Cut(NamedTuple):
    """What came of it: by read, where its rest begins; by frame, its read, the size of its payload and its header.

    `looks` are what is to be looked at closely: its read, and where its payload begins and ends. `counts` has how many
    frames and how many looks there are.
    """

    rests: NDArray[np.int64]
    reads: NDArray[np.int64]
    sizes: NDArray[np.int64]
    heads: NDArray[np.uint8]
    looks: NDArray[np.int64]
    counts: NDArray[np.int64]


_ROOM, _FETCHED = group(Room, U1, NUMBER, NUMBER, I8, NUMBER, U4_2, NUMBER), group(Fetched, I8, I8, I8)
_WIRES, _WAITING, _READY = group(Wires, I8, I4), group(Waiting, NUMBER, I4, I4), group(Ready, I4, I4, I8)
_SEATS, _KINDS = group(Seats, U1_2, B1, I8, I8, B1, I8, I8), group(Kinds, U1, I8, I8, B1)


@compiled(NUMBER, I4, NUMBER, _WIRES, NUMBER, NUMBER, borrowing=True)
def _add(ready: NDArray[np.int32], count: int, wires: Wires, look: int, wire: int) -> int:
    """Put a descriptor that is of a seat among those that are ready, if it is not; returns how many they are then."""
    if wires.seats[wire] < 0 or wires.looks[wire] == look:
        return count
    wires.looks[wire] = look
    ready[count] = wire
    return count + 1


@compiled(NOTHING, NUMBER, _WAITING, _WIRES, _ROOM, _READY, _FETCHED, borrowing=True)
def fetch(epoll: int, waiting: Waiting, wires: Wires, room: Room, found: Ready, fetched: Fetched) -> None:
    """See who is ready, and read once from each, while there is room for a chunk.

    What ends where it starts gave nothing: it is closed, or broken, or was not ready after all.
    """
    ready, more, counts = found
    count = has_more = 0
    for wire in waiting.first:
        count = _add(ready, count, wires, waiting.look, wire)
    for i in range(max(0, _poll(epoll, room.events_at, room.events.shape[0], 0))):
        wire = int(room.events[i, _DESCRIPTOR_WORD])
        count = _add(ready, count, wires, waiting.look, wire)
        # Where the end has come with the last words, they are read now and the end the next time.
        if room.events[i, 0] != _READABLE:
            more[has_more] = wire
            has_more += 1
    for wire in waiting.again:
        before, count = count, _add(ready, count, wires, waiting.look, wire)
        if count == before and wires.seats[wire] >= 0:
            more[has_more] = wire
            has_more += 1
    at = read = 0
    while read < min(count, fetched.starts.size) and at + room.chunk_bytes + SLACK_BYTES <= room.data.size:
        got = max(0, _receive(ready[read], room.data_at + at, room.chunk_bytes, 0))
        _tell_time(_CLOCK_MONOTONIC, room.clock_at)
        fetched.starts[read], fetched.stops[read] = at, at + got
        fetched.whens[read] = room.clock[0] * 1_000_000_000 + room.clock[1]
        at += got
        if got == room.chunk_bytes:
            more[has_more] = ready[read]
            has_more += 1
        read += 1
    counts[0], counts[1], counts[2] = count, read, has_more


@compiled(numbers(2), U1, NUMBER, NUMBER, U1_2, NUMBER, borrowing=True)
def _piece(data: NDArray[np.uint8], at: int, stop: int, begins: NDArray[np.uint8], seat: int) -> tuple[int, int]:
    """Where the payload of the message at `at` begins and ends; `stop` twice unless it is a whole one to be cut."""
    begin = end = stop
    if data[at] == _WS_BINARY and data[at + 1] < _WS_MEDIUM and begins[seat, 0] == _WS_BINARY:
        begin = at + 2
        end = begin + int(data[at + 1])
    elif data[at] == begins[seat, 0] and data[at + 1] == begins[seat, 1]:
        begin = at + 4
        end = begin + (int(data[at + 2]) << 8) + int(data[at + 3])
    if end > stop or end - begin < _LOOKED_AT:
        return stop, stop
    return begin, end


@compiled(YES, U1, NUMBER, NUMBER, borrowing=True)
def _is_frame(data: NDArray[np.uint8], begin: int, end: int) -> bool:
    """Whether a payload is a frame's."""
    marked = data[begin] == 0x93 and data[begin + 1] == _FRAME and data[begin + 2] == 0xC4
    return bool(marked and data[begin + 3] == HEAD_BYTES and end - begin >= LEAST_BYTES)


@compiled(NUMBER, U1, NUMBER, borrowing=True)
def _first_of_name(data: NDArray[np.uint8], begin: int) -> int:
    """The first byte of the name of what happened: it comes behind a tick, which is one to five bytes."""
    tick = data[begin + 2]
    if tick == 0xCC:
        return int(data[begin + 4])
    if tick == 0xCD:
        return int(data[begin + 5])
    if tick == 0xCE:
        return int(data[begin + 7])
    return int(data[begin + 3])


@compiled(YES, U1, NUMBER, _KINDS, YES, borrowing=True)
def _is_idle(data: NDArray[np.uint8], begin: int, kinds: Kinds, hunts: bool) -> bool:
    """Whether a payload is a message that its bot has no use for."""
    if data[begin] & 0xF0 != 0x90:
        return False
    use = kinds.uses[data[begin + 1]]
    if use == IDLE_UNLESS_HUNTED:
        return not hunts
    if use == IDLE_UNLESS_OF_BOOKS:
        return not kinds.of_books[_first_of_name(data, begin)]
    return bool(use == IDLE_ALWAYS)


@compiled(YES, I8, NUMBER, NUMBER, borrowing=True)
def _is_due(until: NDArray[np.int64], place: int, every: int) -> bool:
    """Count down; whether it was the last time, and from there again."""
    until[place] -= 1
    if until[place] > 0:
        return False
    until[place] = every
    return True


@compiled(NUMBER, U1, NUMBER, NUMBER, borrowing=True)
def _number(data: NDArray[np.uint8], at: int, count: int) -> int:
    """So many bytes as a number, the lowest first."""
    value = 0
    for k in range(count):
        value |= int(data[at + k]) << 8 * k
    return value


@compiled(YES, U1, NUMBER, NUMBER, NUMBER, borrowing=True)
def _is_told_before(data: NDArray[np.uint8], first: int, at: int, entity: int) -> bool:
    """Whether one of the records from `first` up to `at` is of this entity."""
    found = False
    for other in range(first, at, RECORD_BYTES):
        found |= _number(data, other, 4) == entity
    return found


@compiled(YES, U1, NUMBER, NUMBER, NUMBER, NUMBER, borrowing=True)
def is_sound(data: NDArray[np.uint8], begin: int, end: int, own: int, height_cm: int) -> bool:
    """Whether a frame's records are what they should be: at most 32, of others, each once, in sight, in known poses."""
    first = begin + RECORDS_AT
    size = end - first
    if size < 0 or size % RECORD_BYTES or size > RECORDS_MAX * RECORD_BYTES:
        return False
    if data[first - 3] != 0xC5 or int(data[first - 2]) << 8 | int(data[first - 1]) != size:
        return False
    for at in range(first, end, RECORD_BYTES):
        entity = _number(data, at, 4)
        if entity in (0, own) or _is_told_before(data, first, at, entity):
            return False
        # Of two's complement in two bytes.
        dx = (_number(data, at + 4, 2) ^ 0x8000) - 0x8000
        dy = (_number(data, at + 6, 2) ^ 0x8000) - 0x8000
        dz = (_number(data, at + 8, 2) ^ 0x8000) - 0x8000
        if dx * dx + dz * dz > SIGHT_CM * SIGHT_CM or abs(dy) > height_cm or data[at + 11] >= ANIMATIONS:
            return False
    return True


@compiled(NOTHING, U1, I4, _FETCHED, _SEATS, _KINDS, group(Cut, I8, I8, I8, U1_2, I8_2, I8), borrowing=True)
def cut(
    data: NDArray[np.uint8], whose: NDArray[np.int32], fetched: Fetched, seats: Seats, kinds: Kinds, found: Cut
) -> None:
    """Cut each read, which is of the seat in `whose`, as far as it is frames and messages of no use."""
    frames = looks = 0
    for i in range(whose.size):
        at, stop, seat = fetched.starts[i], fetched.stops[i], int(whose[i])
        while at < stop and not seats.unfinished[seat]:
            begin, end = _piece(data, at, stop, seats.begins, seat)
            if begin < end and _is_frame(data, begin, end) and frames < found.reads.size:
                found.reads[frames], found.sizes[frames] = i, end - begin
                for k in range(HEAD_BYTES):
                    found.heads[frames, k] = data[begin + HEAD_AT + k]
                frames += 1
                look = _is_due(seats.until_sample, seat, seats.sample_every[seat]) and not is_sound(
                    data, begin, end, seats.owns[seat], seats.heights_cm[seat]
                )
            elif begin < end and _is_idle(data, begin, kinds, seats.hunts[seat]):
                kinds.passed[data[begin + 1]] += 1
                look = _is_due(kinds.until_decoded, int(data[begin + 1]), DECODE_EVERY)
            else:
                break
            if look and looks < found.looks.shape[0]:
                found.looks[looks, 0], found.looks[looks, 1], found.looks[looks, 2] = i, begin, end
                looks += 1
            at = end
        found.rests[i] = at
    found.counts[0], found.counts[1] = frames, looks
