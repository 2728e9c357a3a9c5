"""What clients say, read past their transports: all that waits at their sockets, every few milliseconds, in one go.

A loop that calls a protocol for each message touches a dozen objects that the processor has forgotten since the last
one. So from a client's first message in the city on, its socket is watched here, by an epoll of its own; a compiled
loop reads from all that are ready, and what is exactly one Move, as nine of ten messages are, is paid for and goes to
its zone with all the others. Everything else goes to the client's protocol as if its transport had read it. Where that
is over (at the end of a link, or because a WebSocket has more to say than plain messages), the transport reads on.
What is encrypted only a transport can read.
"""

import asyncio
import select
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

import numpy as np
import structlog
from numba import types
from numpy.typing import NDArray

from protocol.frames import INTENT, MOVE_BYTES, MOVE_PREFIX
from protocol.limits import TCP_PREFIX_BYTES
from server.entities import SLOT_MASK, SLOTS
from server.outbox import Traffic
from server.players import Player
from server.rations import Rations
from server.session import Session
from server.wires import NONE
from world.compiled import B1, I4, I8, NUMBER, U1, U1_2, YES, compiled, group

log = structlog.get_logger()

# Sockets that are read before the loop has its turn: half a millisecond.
BATCH = 256
# What comes is left to gather for so long: to be woken for each message costs more than the message, and an epoll that
# watches an epoll costs more than to look. A tick, which is what a Move waits for, begins with a look; a Ping's answer
# may come this much later.
GATHER_S = 0.004
# Room for what a client that keeps to its rights says in a second; of one that does not, the rest waits its turn.
CHUNK_BYTES = 4096
ROOM_BYTES = 64 * CHUNK_BYTES
# An edge is told of once: a socket that was read from need not be looked at again just to see that it is empty now.
_EDGES = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET if hasattr(select, "epoll") else 0
_BLOCK = 1024
# How the next bytes of a socket are to be read: by its client's protocol alone, or as what may be a Move.
_CLOSELY, _STREAM, _MESSAGES = 0, 1, 2
# A Move is twelve bytes, the first four always the same (protocol/frames.py; the tests compare). It goes behind four
# bytes of length, or behind the header of a WebSocket's frame, which ends with a key of four bytes.
_MOVE_BYTES, _PREFIX_BYTES, _KEY_BYTES, _WS_HEADER_BYTES = 12, 4, 4, 6
_STREAM_BYTES, _MESSAGE_BYTES = 16, 18
_FINAL_BINARY, _MASKED = 0x82, 0x80
_ENTITY_BYTES = 4
_OPENING = MOVE_BYTES.to_bytes(TCP_PREFIX_BYTES) + MOVE_PREFIX
_receive: Any = types.ExternalFunction("recv", types.int64(types.int32, types.int64, types.int64, types.int32))


class Client(Protocol):
    """The protocol of one connection, which is told of everything but plain Moves."""

    transport: asyncio.Transport
    session: Session

    @property
    def unfinished(self) -> bool:
        """Whether it keeps a part of a message, to which the next bytes belong."""

    def data_received(self, data: bytes) -> None:
        """Bytes from the client."""


class Intake:
    """Reads for the clients that it was asked to `take`, and posts their Moves where their bodies are.

    `post` gives a zone packed moves, one or more.
    """

    def __init__(self, traffic: Traffic, rations: Rations, post: Callable[[int, bytes], None]) -> None:
        self._traffic, self._rations, self._post = traffic, rations, post
        self._epoll = select.epoll() if hasattr(select, "epoll") else None
        # Who was ready and not read for lack of room, and who has more than was read: an edge is told of once.
        self._left: list[int] = []
        self._more: list[int] = []
        # Whether the next look is under way.
        self._looks = False
        self._tick = 0
        # By descriptor: whose it is, how it is to be read, its session's ration, and whose Moves they are.
        self._clients: dict[int, Client] = {}
        self._ways = np.zeros(_BLOCK, np.uint8)
        self._numbers = np.zeros(_BLOCK, np.int64)
        self._entities = np.zeros(_BLOCK, np.uint32)
        # By slot: where the body is.
        self._zones = np.zeros(SLOTS, np.uint8)
        data = np.zeros(ROOM_BYTES, np.uint8)
        self._room = _Room(data, data.ctypes.data, np.frombuffer(_OPENING, np.uint8).copy())
        starts, stops = np.zeros((2, BATCH), np.int64)
        self._fetched = _Fetched(starts, stops, np.zeros(BATCH, np.bool_), np.zeros((BATCH, INTENT.size), np.uint8))

    def take(self, client: Client) -> None:
        """Read for this client from now on instead of its transport, if it is in the city and that can be done."""
        session = client.session
        descriptor, player = session.outbox.wire.descriptor, session.player
        if self._epoll is None or descriptor == NONE or session.watched != NONE:
            return
        if player is None or not session.welcomed:
            return
        if descriptor >= self._ways.size:
            self._ways = np.append(self._ways, np.zeros(descriptor, np.uint8))
            self._numbers = np.append(self._numbers, np.zeros(descriptor, np.int64))
            self._entities = np.append(self._entities, np.zeros(descriptor, np.uint32))
        client.transport.pause_reading()
        session.watched = descriptor
        self._clients[descriptor] = client
        self._numbers[descriptor], self._entities[descriptor] = session.ration, player.entity
        self._zones[player.slot] = player.zone
        self._review(client)
        self._epoll.register(descriptor, _EDGES)
        if not self._looks:
            self._looks = True
            loop = asyncio.get_running_loop()
            loop.call_later(GATHER_S, self._look, loop)

    def crossed(self, player: Player) -> None:
        """Its body is in another zone from now on."""
        self._zones[player.slot] = player.zone

    def ended(self, session: Session) -> None:
        """It is over, and its ration for somebody else; a transport that is not closing may still read a farewell."""
        if session.watched != NONE:
            self.hand_back(self._clients[session.watched])

    def drop(self, client: Client) -> None:
        """Read no more for this client, if it was read for here; nobody does."""
        descriptor, client.session.watched = client.session.watched, NONE
        # A descriptor that was closed may be somebody else's already.
        if self._clients.get(descriptor) is not client:
            return
        del self._clients[descriptor]
        self._left, self._more = ([each for each in late if each != descriptor] for late in (self._left, self._more))
        if self._epoll is not None:
            with suppress(OSError):  # closed, and forgotten with that
                self._epoll.unregister(descriptor)

    def hand_back(self, client: Client) -> None:
        """Read no more for this client; its transport reads on."""
        if client.session.watched != NONE:
            self.drop(client)
            if not client.transport.is_closing():
                client.transport.resume_reading()

    def close(self) -> None:
        """Read for nobody any more; who is left is handed back."""
        for client in list(self._clients.values()):
            self.hand_back(client)
        epoll, self._epoll = self._epoll, None
        if epoll is not None:
            epoll.close()

    def begin(self, tick: int) -> None:
        """A tick begins, which is what Moves wait for."""
        self._tick = tick
        self.read()

    def read(self) -> int:
        """Read once from as many as one batch holds; returns how many were ready."""
        if self._epoll is None or not self._clients:
            return 0
        ready = self._ready(self._epoll)
        if ready.size:
            fetched, count = self._fetched, _fetch(ready, self._ways, CHUNK_BYTES, self._room, self._fetched)
            full = fetched.stops[:count] - fetched.starts[:count] == CHUNK_BYTES
            self._left = ready[count:].tolist() + self._left
            self._more += ready[:count][full].tolist()
            self._hand_on(ready[:count])
        return ready.size

    def _ready(self, epoll: "select.epoll") -> NDArray[np.int32]:
        """Whose sockets have something: who waited for room first, and last who had a whole chunk read already."""
        told = epoll.poll(0, BATCH)
        # Nobody twice: whether a Move begins there is known of the next read alone.
        ready = list(dict.fromkeys([*self._left, *(descriptor for descriptor, _ in told), *self._more]))
        self._left = ready[BATCH:]
        # Where the end has come with the last words, they are read now and the end the next time.
        self._more = [descriptor for descriptor, events in told if events != select.EPOLLIN]
        return np.array(ready[:BATCH], np.int32)

    def _hand_on(self, descriptors: NDArray[np.int32]) -> None:
        """What was fetched from these, to whom it is for."""
        fetched, count = self._fetched, descriptors.size
        moves, others = fetched.moves[:count], ~fetched.moves[:count]
        others[moves] = ~self._move(descriptors[moves], fetched.intents[:count][moves])
        # Whom each was of, before anybody is told: what one says may be another's end.
        rows = np.flatnonzero(others).tolist()
        clients = [self._clients.get(descriptor) for descriptor in descriptors[rows].tolist()]
        for row, client in zip(rows, clients, strict=True):
            if client is None:
                continue
            try:
                if moves[row]:
                    client.session.move(fetched.intents[row].tobytes())
                else:
                    self._give(client, self._room.data[fetched.starts[row] : fetched.stops[row]].tobytes())
            except Exception:
                # As a loop does it with a protocol that fails: the others are told all the same.
                log.exception("a client's message was not taken, and its link is cut")
                client.transport.abort()

    def _move(self, descriptors: NDArray[np.int32], intents: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Post what these Moves say to the zones; False for those that their sessions have to weigh."""
        over_websocket = int(np.count_nonzero(self._ways[descriptors] == _MESSAGES))
        self._traffic.received[True] += over_websocket * _MESSAGE_BYTES
        self._traffic.received[False] += (descriptors.size - over_websocket) * _STREAM_BYTES
        paid = self._rations.take_each(self._numbers[descriptors], self._tick)
        entities = self._entities[descriptors[paid]]
        packed = np.hstack((entities.astype("<u4").view(np.uint8).reshape(-1, _ENTITY_BYTES), intents[paid]))
        zones = self._zones[entities & SLOT_MASK]
        for zone in set(zones.tolist()):
            self._post(zone, packed[zones == zone].tobytes())
        return paid

    def _give(self, client: Client, data: bytes) -> None:
        """Something that is for its protocol to understand; nothing is the end of it, of which its transport tells."""
        if not data:
            self.hand_back(client)
            return
        client.data_received(data)
        if client.session.watched != NONE:
            self._review(client)

    def _review(self, client: Client) -> None:
        """See how it is to be read from here on."""
        session = client.session
        way = _MESSAGES if session.outbox.websocket else _STREAM
        self._ways[session.watched] = _CLOSELY if client.unfinished else way

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Read, as long as there is somebody to read for; those who did not fit in as soon as the loop had its turn."""
        ready = 0
        try:
            ready = self.read()
        finally:
            self._looks = bool(self._clients)
            if self._looks:
                loop.call_later(0 if ready == BATCH else GATHER_S, self._look, loop)


class _Room(NamedTuple):
    """Where what is read lies, one read after the other, and how a Move begins in a stream."""

    data: NDArray[np.uint8]
    data_at: int
    opening: NDArray[np.uint8]


class _Fetched(NamedTuple):
    """Each read: where it begins and ends in the room, whether it is exactly one Move, and then what that says."""

    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    moves: NDArray[np.bool_]
    intents: NDArray[np.uint8]


_ROOM, _FETCHED = group(_Room, U1, NUMBER, U1), group(_Fetched, I8, I8, B1, U1_2)


@compiled(YES, _ROOM, NUMBER, NUMBER, NUMBER, borrowing=True)
def _is_move(room: _Room, at: int, size: int, way: int) -> bool:
    """Whether so many bytes are exactly one Move; what it says, the last of them, is unmasked where it lies."""
    data, opening, differs = room.data, room.opening, 0
    if way == _STREAM and size == _STREAM_BYTES:
        for k in range(opening.size):
            differs |= data[at + k] ^ opening[k]
        return differs == 0
    if way != _MESSAGES or size != _MESSAGE_BYTES or data[at] != _FINAL_BINARY or data[at + 1] != _MASKED | _MOVE_BYTES:
        return False
    key, payload, prefix = at + 2, at + _WS_HEADER_BYTES, opening.size - _PREFIX_BYTES
    for k in range(_PREFIX_BYTES):
        differs |= data[payload + k] ^ data[key + k] ^ opening[prefix + k]
    for k in range(_PREFIX_BYTES, _MOVE_BYTES if differs == 0 else 0):
        data[payload + k] ^= data[key + k % _KEY_BYTES]
    return differs == 0


@compiled(NUMBER, I4, U1, NUMBER, _ROOM, _FETCHED, borrowing=True)
def _fetch(
    descriptors: NDArray[np.int32], ways: NDArray[np.uint8], chunk_bytes: int, room: _Room, fetched: _Fetched
) -> int:
    """Read once from each of these, while there is room for a chunk; returns how many were read from.

    What ends where it starts gave nothing: it is closed, or broken, or was not ready after all.
    """
    at, intent_bytes = 0, fetched.intents.shape[1]
    for i in range(descriptors.size):
        if room.data.size - at < chunk_bytes:
            return i
        got = max(0, _receive(descriptors[i], room.data_at + at, chunk_bytes, 0))
        fetched.starts[i], fetched.stops[i] = at, at + got
        fetched.moves[i] = _is_move(room, at, got, ways[descriptors[i]])
        at += got
        if fetched.moves[i]:
            for k in range(intent_bytes):
                fetched.intents[i, k] = room.data[at - intent_bytes + k]
    return int(descriptors.size)
