"""The loops of the intake, compiled: see who is ready, read from them, and sort out what is nothing but Moves.

What is read lies in one room, one read after the other. What is exactly one Move, in either framing, is unmasked where
it lies; those that are paid for are packed for their zones, and all else is told by its place.
"""

import platform
import select
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from protocol.frames import INTENT, MOVE_BYTES, MOVE_PREFIX
from protocol.limits import TCP_PREFIX_BYTES
from world.compiled import B1, I4, I8, I8_2, NOTHING, NUMBER, U1, U1_2, U4, U4_2, YES, compiled, group

# How the next bytes of a socket are to be read: by its client's protocol alone, or as what may be a Move.
CLOSELY, STREAM, MESSAGES = 0, 1, 2
# A Move is twelve bytes, the first four always the same (protocol/frames.py; the tests compare). It goes behind four
# bytes of length, or behind the header of a WebSocket's frame, which ends with a key of four bytes.
_MOVE_BYTES, _PREFIX_BYTES, _KEY_BYTES, _WS_HEADER_BYTES = 12, 4, 4, 6
STREAM_BYTES, MESSAGE_BYTES = 16, 18
_FINAL_BINARY, _MASKED = 0x82, 0x80
# Packed moves begin with whose they are.
_ENTITY_BYTES = 4
# What epoll_wait(2) fills in, in words of four bytes: the events, and the descriptor that was registered. On one kind
# of processor there is no gap between the two.
_EVENT_WORDS, _DESCRIPTOR_WORD = (3, 1) if platform.machine().lower() in ("x86_64", "amd64") else (4, 2)
_READABLE = 1
_ZONES_MAX = 256
_OPENING = MOVE_BYTES.to_bytes(TCP_PREFIX_BYTES) + MOVE_PREFIX
_receive: Any = types.ExternalFunction("recv", types.int64(types.int32, types.int64, types.int64, types.int32))
# Where there is no epoll nobody is read for here, but a kernel must be bound to something that is there.
_POLL = "epoll_wait" if hasattr(select, "epoll") else "poll"
_poll: Any = types.ExternalFunction(_POLL, types.int32(types.int32, types.int64, types.int32, types.int32))


class Columns(NamedTuple):
    """By descriptor: the look that found it ready last, how it is read, its ration, and whose Moves they are."""

    looks: NDArray[np.int64]
    ways: NDArray[np.uint8]
    rations: NDArray[np.int64]
    entities: NDArray[np.uint32]

    @classmethod
    def of(cls, size: int) -> "Columns":
        """For so many descriptors."""
        looks, rations = np.zeros((2, size), np.int64)
        return cls(looks, np.zeros(size, np.uint8), rations, np.zeros(size, np.uint32))

    def longer(self, more: int) -> "Columns":
        """The same with room for so many more."""
        return Columns._make(np.append(column, np.zeros(more, column.dtype)) for column in self)


class Late(NamedTuple):
    """The number of this look, and who was found ready before: who is to be read from, and who once more after that."""

    look: int
    first: NDArray[np.int32]
    again: NDArray[np.int32]


class Room(NamedTuple):
    """Where reads of up to `chunk_bytes` lie, one by one; what the epoll tells; how a Move in a stream begins.

    `data_at` and `events_at` are addresses.
    """

    data: NDArray[np.uint8]
    data_at: int
    chunk_bytes: int
    events: NDArray[np.uint32]
    events_at: int
    opening: NDArray[np.uint8]

    @classmethod
    def of(cls, size: int, chunk_bytes: int, batch: int) -> "Room":
        """Of so many bytes, and for what is told of so many descriptors at a time."""
        data, events = np.zeros(size, np.uint8), np.zeros((batch, _EVENT_WORDS), np.uint32)
        opening = np.frombuffer(_OPENING, np.uint8).copy()
        return cls(data, data.ctypes.data, chunk_bytes, events, events.ctypes.data, opening)


class Found(NamedTuple):
    """Descriptors that are ready, each once, and those that will be even if nothing comes.

    `counts` are how many are ready, how many of those were read from, how many have more, how many Moves that was, and
    how many of these over WebSocket.
    """

    ready: NDArray[np.int32]
    more: NDArray[np.int32]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, batch: int, late: Late) -> "Found":
        """Room for those who are late and for what is told of so many more."""
        ready, more = np.empty((2, late.first.size + 2 * batch + late.again.size), np.int32)
        return cls(ready, more, np.zeros(5, np.int64))


class Fetched(NamedTuple):
    """Each read: where it begins and ends in the room, whether it is exactly one Move, and then what that says.

    `rations` are those of the Moves alone, in order.
    """

    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    rations: NDArray[np.int64]
    moves: NDArray[np.bool_]
    intents: NDArray[np.uint8]

    @classmethod
    def of(cls, batch: int) -> "Fetched":
        """For so many reads."""
        starts, stops, rations = np.zeros((3, batch), np.int64)
        return cls(starts, stops, rations, np.zeros(batch, np.bool_), np.zeros((batch, INTENT.size), np.uint8))


class Bodies(NamedTuple):
    """Whose Moves they are, by descriptor, and where bodies are, by slot, which is this much of an entity."""

    entities: NDArray[np.uint32]
    zones: NDArray[np.uint8]
    slot_mask: int


class Sorted(NamedTuple):
    """Packed moves zone by zone; for each zone its number and which of them are its own; and which reads are others.

    `counts` are how many zones, and how many others.
    """

    moves: NDArray[np.uint8]
    zones: NDArray[np.int64]
    others: NDArray[np.int64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, batch: int) -> "Sorted":
        """For so many reads."""
        moves, zones = np.zeros((batch, _ENTITY_BYTES + INTENT.size), np.uint8), np.zeros((_ZONES_MAX, 3), np.int64)
        return cls(moves, zones, np.zeros(batch, np.int64), np.zeros(2, np.int64))


_COLUMNS, _LATE = group(Columns, I8, U1, I8, U4), group(Late, NUMBER, I4, I4)
_ROOM, _FOUND = group(Room, U1, NUMBER, NUMBER, U4_2, NUMBER, U1), group(Found, I4, I4, I8)
_FETCHED = group(Fetched, I8, I8, I8, B1, U1_2)


@compiled(YES, _ROOM, NUMBER, NUMBER, NUMBER, borrowing=True)
def _is_move(room: Room, at: int, size: int, way: int) -> bool:
    """Whether so many bytes are exactly one Move; what it says, the last of them, is unmasked where it lies."""
    data, opening, differs = room.data, room.opening, 0
    if way == STREAM and size == STREAM_BYTES:
        for k in range(opening.size):
            differs |= data[at + k] ^ opening[k]
        return differs == 0
    if way != MESSAGES or size != MESSAGE_BYTES or data[at] != _FINAL_BINARY or data[at + 1] != _MASKED | _MOVE_BYTES:
        return False
    key, payload, prefix = at + 2, at + _WS_HEADER_BYTES, opening.size - _PREFIX_BYTES
    for k in range(_PREFIX_BYTES):
        differs |= data[payload + k] ^ data[key + k] ^ opening[prefix + k]
    for k in range(_PREFIX_BYTES, _MOVE_BYTES if differs == 0 else 0):
        data[payload + k] ^= data[key + k % _KEY_BYTES]
    return differs == 0


@compiled(NUMBER, I4, NUMBER, _COLUMNS, NUMBER, NUMBER, borrowing=True)
def _add(ready: NDArray[np.int32], count: int, columns: Columns, look: int, descriptor: int) -> int:
    """Put a descriptor among those that are ready, if it is not; returns how many they are then."""
    if columns.looks[descriptor] == look:
        return count
    columns.looks[descriptor] = look
    ready[count] = descriptor
    return count + 1


@compiled(NOTHING, NUMBER, _LATE, _COLUMNS, _ROOM, _FOUND, _FETCHED, borrowing=True)
def fetch(epoll: int, late: Late, columns: Columns, room: Room, found: Found, fetched: Fetched) -> None:
    """See who is ready, and read once from each, while there is room for a chunk.

    What ends where it starts gave nothing: it is closed, or broken, or was not ready after all.
    """
    ready, more, counts = found
    chunk_bytes = room.chunk_bytes
    count = has_more = 0
    for descriptor in late.first:
        count = _add(ready, count, columns, late.look, descriptor)
    for i in range(max(0, _poll(epoll, room.events_at, room.events.shape[0], 0))):
        descriptor = int(room.events[i, _DESCRIPTOR_WORD])
        count = _add(ready, count, columns, late.look, descriptor)
        # Where the end has come with the last words, they are read now and the end the next time.
        if room.events[i, 0] != _READABLE:
            more[has_more] = descriptor
            has_more += 1
    for descriptor in late.again:
        before, count = count, _add(ready, count, columns, late.look, descriptor)
        if count == before:
            more[has_more] = descriptor
            has_more += 1
    at = read = moves = messages = 0
    while read < min(count, fetched.starts.size) and at + chunk_bytes <= room.data.size:
        descriptor = ready[read]
        got = max(0, _receive(descriptor, room.data_at + at, chunk_bytes, 0))
        way = columns.ways[descriptor]
        is_move = _is_move(room, at, got, way)
        fetched.starts[read], fetched.stops[read], fetched.moves[read] = at, at + got, is_move
        at += got
        if is_move:
            for k in range(fetched.intents.shape[1]):
                fetched.intents[read, k] = room.data[at - fetched.intents.shape[1] + k]
            fetched.rations[moves] = columns.rations[descriptor]
            messages += way == MESSAGES
            moves += 1
        elif got == chunk_bytes:
            more[has_more] = descriptor
            has_more += 1
        read += 1
    counts[0], counts[1], counts[2], counts[3], counts[4] = count, read, has_more, moves, messages


@compiled(NOTHING, U1_2, NUMBER, NUMBER, U1_2, NUMBER, borrowing=True)
def _pack(moves: NDArray[np.uint8], place: int, entity: int, intents: NDArray[np.uint8], read: int) -> None:
    """Whose it is, the lowest byte first, and what it says."""
    for k in range(_ENTITY_BYTES):
        moves[place, k] = entity >> 8 * k & 0xFF
    for k in range(intents.shape[1]):
        moves[place, _ENTITY_BYTES + k] = intents[read, k]


@compiled(NUMBER, I8_2, borrowing=True)
def _leave_out_empty(zones: NDArray[np.int64]) -> int:
    """Move the rows of zones that have any to the front; returns how many those are."""
    some = 0
    for zone in range(zones.shape[0]):
        if zones[zone, 2] > zones[zone, 1]:
            for k in range(zones.shape[1]):
                zones[some, k] = zones[zone, k]
            some += 1
    return some


@compiled(NOTHING, I4, B1, group(Bodies, U4, U1, NUMBER), _FETCHED, group(Sorted, U1_2, I8_2, I8, I8), borrowing=True)
def sort(
    descriptors: NDArray[np.int32], paid: NDArray[np.bool_], bodies: Bodies, fetched: Fetched, to_post: Sorted
) -> None:
    """Pack the Moves that are paid for, of what was read from these, zone by zone; `paid` is of the Moves alone."""
    entities, zones_of, slot_mask = bodies
    moves, zones, others, counts = to_post
    # How many there are for each zone; then, in its row, its number, where its own begin, and where the next one goes.
    zones[:] = 0
    move = other = 0
    for read in range(descriptors.size):
        move += fetched.moves[read]
        if fetched.moves[read] and paid[move - 1]:
            zones[zones_of[entities[descriptors[read]] & slot_mask], 2] += 1
        else:
            others[other] = read
            other += 1
    at = 0
    for zone in range(zones.shape[0]):
        size = zones[zone, 2]
        zones[zone, 0], zones[zone, 1], zones[zone, 2] = zone, at, at
        at += size
    move = 0
    for read in range(descriptors.size):
        move += fetched.moves[read]
        if fetched.moves[read] and paid[move - 1]:
            entity = entities[descriptors[read]]
            zone = zones_of[entity & slot_mask]
            _pack(moves, zones[zone, 2], entity, fetched.intents, read)
            zones[zone, 2] += 1
    counts[0], counts[1] = _leave_out_empty(zones), other
