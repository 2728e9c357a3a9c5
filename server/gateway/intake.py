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
from typing import Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

from server.entities import SLOT_MASK, SLOTS
from server.gateway.fetching import (
    CLOSELY,
    MESSAGE_BYTES,
    MESSAGES,
    STREAM,
    STREAM_BYTES,
    Bodies,
    Columns,
    Fetched,
    Found,
    Late,
    Room,
    Sorted,
    fetch,
    sort,
)
from server.outbox import Traffic
from server.players import Player
from server.rations import Rations
from server.session import Session
from server.wires import NONE

log = structlog.get_logger()

# Sockets that are read before the loop has its turn: a millisecond or two.
BATCH = 512
# What comes is left to gather for so long, a third of a tick: to be woken for each message costs more than the message,
# and an epoll that watches an epoll costs more than to look. A tick, which is what Moves and deeds wait for, begins
# with a look; a Ping's answer may come this much later. Whatever it finds, a look takes a quarter of a millisecond to
# bring back into the processor's cache what was driven out since: four times as many took 2 to 4 % of a core more.
GATHER_S = 0.016
# Room for what a client that keeps to its rights says in a second; of one that does not, the rest waits its turn.
CHUNK_BYTES = 4096
ROOM_BYTES = 64 * CHUNK_BYTES
# An edge is told of once: a socket that was read from need not be looked at again just to see that it is empty now.
_EDGES = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET if hasattr(select, "epoll") else 0
_BLOCK = 1024


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
        # Who was ready and not read for lack of room, and who has more than was read: an edge is told of once. In
        # order, and each found at once: when everybody is cut, most of the crowd is in here, and drops out one by one.
        self._left: dict[int, None] = {}
        self._more: dict[int, None] = {}
        # Whether the next look is under way, and how many there were.
        self._looking = False
        self._looks = 0
        self._tick = 0
        self._clients: dict[int, Client] = {}  # by descriptor
        self._columns = Columns.of(_BLOCK)
        # By slot: where the body is.
        self._zones = np.zeros(SLOTS, np.uint8)
        self._room, self._fetched = Room.of(ROOM_BYTES, CHUNK_BYTES, BATCH), Fetched.of(BATCH)
        self._sorted = Sorted.of(BATCH)

    def take(self, client: Client) -> None:
        """Read for this client from now on instead of its transport, if it is in the city and that can be done."""
        session = client.session
        descriptor, player = session.outbox.wire.descriptor, session.player
        if self._epoll is None or descriptor == NONE or session.watched != NONE:
            return
        if player is None or not session.welcomed:
            return
        if descriptor >= self._columns.ways.size:
            self._columns = self._columns.longer(descriptor)
        client.transport.pause_reading()
        session.watched = descriptor
        self._clients[descriptor] = client
        self._columns.rations[descriptor], self._columns.entities[descriptor] = session.ration, player.entity
        self._zones[player.slot] = player.zone
        self._review(client)
        self._epoll.register(descriptor, _EDGES)
        if not self._looking:
            self._looking = True
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
        for late in (self._left, self._more):
            late.pop(descriptor, None)
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
        self._looks += 1
        late = Late(self._looks, np.array(list(self._left), np.int32), np.array(list(self._more), np.int32))
        found = Found.of(BATCH, late)
        fetch(self._epoll.fileno(), late, self._columns, self._room, found, self._fetched)
        ready, read, more, moves, messages = found.counts.tolist()
        self._left = dict.fromkeys(found.ready[read:ready].tolist())
        self._more = dict.fromkeys(found.more[:more].tolist())
        if read:
            self._traffic.received[True] += messages * MESSAGE_BYTES
            self._traffic.received[False] += (moves - messages) * STREAM_BYTES
            self._hand_on(found.ready[:read], moves)
        return int(ready)

    def _hand_on(self, descriptors: NDArray[np.int32], moves: int) -> None:
        """What was fetched from these, so many Moves and what else there is, to whom it is for."""
        fetched, to_post = self._fetched, self._sorted
        paid = self._rations.take_each(fetched.rations[:moves], self._tick)
        bodies = Bodies(self._columns.entities, self._zones, SLOT_MASK)
        sort(descriptors, paid, bodies, fetched, to_post)
        zones, others = to_post.counts.tolist()
        for zone, begin, end in to_post.zones[:zones].tolist():
            self._post(zone, to_post.moves[begin:end].tobytes())
        # Whom each was of, before anybody is told: what one says may be another's end.
        rows = to_post.others[:others].tolist()
        clients = [self._clients.get(descriptor) for descriptor in descriptors[rows].tolist()]
        for row, client in zip(rows, clients, strict=True):
            if client is None:
                continue
            try:
                if fetched.moves[row]:
                    client.session.move(fetched.intents[row].tobytes())
                else:
                    self._give(client, self._room.data[fetched.starts[row] : fetched.stops[row]].tobytes())
            except Exception:
                # As a loop does it with a protocol that fails: the others are told all the same.
                log.exception("a client's message was not taken, and its link is cut")
                client.transport.abort()

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
        way = MESSAGES if session.outbox.websocket else STREAM
        self._columns.ways[session.watched] = CLOSELY if client.unfinished else way

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Read, as long as there is somebody to read for; those who did not fit in as soon as the loop had its turn."""
        ready = 0
        try:
            ready = self.read()
        finally:
            self._looking = bool(self._clients)
            if self._looking:
                loop.call_later(0 if ready >= BATCH else GATHER_S, self._look, loop)
