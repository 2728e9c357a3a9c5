"""Frames past the transports, over real sockets: in order, to nobody else, and only where nothing speaks against it."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial

import numpy as np
import pytest
import pytest_asyncio
import uvloop

from loadtest.websocket import BINARY, PING, masked
from protocol.codec import encode
from protocol.connection import Framing
from protocol.framing import tcp_frame
from protocol.messages import Hello
from server.delivery import WRITES_PER_PART, Delivery, Viewers
from server.gateway.links import descriptor_of
from server.gateway.websocket import Tap
from server.outbox import Outbox
from server.session import Session
from server.settings import GameSettings
from server.threads import Threads
from server.wires import NO_WIRE, NONE, Pieces, Wires, send
from tests.fakes import FakeDesk
from tests.scenario import Scenario

ROUNDS = 20
WAIT_S = 5
ENDS = ("part", "cut", "lost")
FRAME_BYTES = 3
# Behind a frame in its row: none, for little of what goes there, for all of it.
ROOMS = (0, 5, 80_000)


class Line:
    """A client's outbox over a socket pair, and what has come out at the other end."""

    def __init__(self, wires: Wires, transport: asyncio.Transport, there: socket.socket) -> None:
        self.transport, self.there = transport, there
        wire = wires.wire(descriptor_of(transport))
        self.outbox = Outbox(transport, tcp_frame, lambda code, reason: transport.close(), websocket=False, wire=wire)

    def read(self, most: int = 1 << 20) -> bytes:
        try:
            return self.there.recv(most)
        except BlockingIOError:
            return b""

    def read_all(self) -> bytes:
        return b"".join(iter(self.read, b""))


class Lines:
    """So many of them; `deliver` writes each its own piece, with so much `room` behind each frame in its row."""

    def __init__(self, room: int) -> None:
        self.wires = Wires()
        self.all: list[Line] = []
        self.room = room

    async def open(self) -> Line:
        here, there = socket.socketpair()
        here.setblocking(False)
        there.setblocking(False)
        transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=here)
        self.all.append(Line(self.wires, transport, there))
        return self.all[-1]

    def delivery(self, *pieces: bytes) -> Delivery:
        """The first of each piece is its frame, and lies two bytes into its row; the rest is what goes behind it."""
        viewers = Viewers.of({slot: line.outbox for slot, line in enumerate(self.all[: len(pieces)], 1)})
        rows = np.full((len(pieces), 2 + FRAME_BYTES + self.room), 0xEE, np.uint8)
        for row, piece in zip(rows, pieces, strict=True):
            row[2 : 2 + len(piece[:FRAME_BYTES])] = np.frombuffer(piece[:FRAME_BYTES], np.uint8)
        begins = np.full(len(pieces), 2)
        ends = begins + [len(piece[:FRAME_BYTES]) for piece in pieces]
        extras = np.frombuffer(b"".join(piece[FRAME_BYTES:] for piece in pieces), np.uint8).copy()
        edges = np.cumsum([0, *(len(piece[FRAME_BYTES:]) for piece in pieces)])
        return Delivery(viewers, Pieces(rows, begins, ends, extras, edges), wires=self.wires)

    def deliver(self, *pieces: bytes) -> Delivery:
        delivery = self.delivery(*pieces)
        delivery.write(0, len(pieces))
        return delivery


async def turns() -> None:
    for _ in range(ROUNDS):
        await asyncio.sleep(0)


@asynccontextmanager
async def three_lines(room: int) -> AsyncIterator[Lines]:
    lines = Lines(room)
    for _ in range(3):
        await lines.open()
    yield lines
    for line in lines.all:
        line.transport.abort()
        line.there.close()
    await turns()


@pytest_asyncio.fixture(params=ROOMS)
async def lines(request: pytest.FixtureRequest) -> AsyncIterator[Lines]:
    async with three_lines(request.param) as lines:
        yield lines


@pytest.fixture
def threads() -> Iterator[Threads]:
    threads = Threads(2)
    yield threads
    threads.close()


@pytest.fixture
def no_transport(monkeypatch: pytest.MonkeyPatch, lines: Lines) -> Callable[[], None]:
    """From then on, whatever goes through a transport is an error."""

    def forbid(_: Outbox, data: bytes) -> int:
        raise AssertionError(f"{data!r} went through a transport")

    return lambda: monkeypatch.setattr(Outbox, "send", forbid)


async def test_each_gets_its_own_piece_without_its_transport(lines: Lines, no_transport: Callable[[], None]) -> None:
    no_transport()
    delivery = lines.deliver(b"one", b"two and more", b"3")
    assert [line.read_all() for line in lines.all] == [b"one", b"two and more", b"3"]
    assert delivery.behind == []


async def test_a_slice_writes_to_those_in_it(lines: Lines) -> None:
    delivery = lines.delivery(b"one", b"two", b"three")
    delivery.write(1, 2)
    assert [line.read_all() for line in lines.all] == [b"", b"two", b""]
    delivery.write(2, 128)
    assert [line.read_all() for line in lines.all] == [b"", b"", b"three"]


async def test_in_several_threads_each_gets_its_own_piece(lines: Lines, threads: Threads) -> None:
    while len(lines.all) < 2 * WRITES_PER_PART + 3:
        await lines.open()
    pieces = [b"%d" % number * (number % 40 + 1) for number in range(len(lines.all))]
    full = lines.all[WRITES_PER_PART]
    blocked = b"-" * 4_000_000
    assert full.outbox.write(blocked) > 0
    for _ in range(3):
        delivery = lines.delivery(*pieces)
        delivery.threads = threads
        delivery.write(0, len(pieces))
        assert delivery.behind == [WRITES_PER_PART + 1]
    assert [line.read_all() for line in lines.all if line is not full] == [
        piece * 3 for line, piece in zip(lines.all, pieces, strict=True) if line is not full
    ]
    got = b""
    while len(got) < len(blocked) + 3 * len(pieces[WRITES_PER_PART]):
        got += full.read()
        await asyncio.sleep(0)
    assert got == blocked + 3 * pieces[WRITES_PER_PART]


async def test_what_a_socket_does_not_take_follows_in_order(lines: Lines) -> None:
    slow, quick, _ = lines.all
    sent, size = b"", 70_000
    for number in range(12):
        piece = bytes([number]) * size
        delivery = lines.deliver(piece, b"x")
        sent += piece
    assert delivery.behind == [1]
    assert not slow.outbox.wire.is_open
    assert quick.outbox.wire.is_open
    slow.outbox.write(b"and a word")
    got = b""
    while len(got) < len(sent) + 10:
        got += slow.read()
        await asyncio.sleep(0)
    assert got == sent + b"and a word"
    assert quick.read_all() == b"x" * 12
    # Nothing is kept any more: the next piece goes through the transport once, and those after it do not.
    assert slow.outbox.backlog_bytes() == 0
    assert lines.deliver(b"on").behind == []
    assert slow.outbox.wire.is_open
    lines.deliver(b"wards")
    assert slow.read_all() == b"onwards"


async def test_nothing_overtakes_what_a_transport_keeps(lines: Lines) -> None:
    line = lines.all[0]
    big = bytes(4_000_000)
    assert line.outbox.write(big) > 0
    line.read(100_000)
    lines.deliver(b"behind it")
    got = 100_000
    while got < len(big):
        got += len(line.read(min(65536, len(big) - got)))
        await asyncio.sleep(0)
    await turns()
    assert line.read_all() == b"behind it"


@pytest.mark.parametrize("end", ENDS)
async def test_what_was_meant_for_one_who_is_gone_reaches_nobody_who_comes_after(lines: Lines, end: str) -> None:
    gone = lines.all[0]
    delivery = lines.delivery(b"for you alone")
    descriptor = gone.outbox.wire.descriptor
    match end:
        case "part":
            gone.outbox.part(1000, "")
        case "cut":
            gone.outbox.cut()
        case _:
            gone.outbox.wire.cut()
            gone.transport.abort()
    await turns()
    # The system gives out the lowest number that is free.
    next_one = await lines.open()
    assert next_one.outbox.wire.descriptor == descriptor
    assert next_one.outbox.wire.is_open
    delivery.write(0, 1)
    await turns()
    assert next_one.read_all() == b""
    assert delivery.behind == []


async def test_a_broken_link_is_found_and_breaks_nothing(lines: Lines) -> None:
    lines.all[1].there.close()
    for _ in range(3):
        lines.deliver(b"one", b"two", b"three")
        await turns()
    assert lines.all[1].transport.is_closing()
    assert [lines.all[i].read_all() for i in (0, 2)] == [b"one" * 3, b"three" * 3]


async def test_a_way_that_was_cut_stays_shut(lines: Lines) -> None:
    outbox = lines.all[0].outbox
    outbox.wire.cut()
    outbox.write(b"a word")
    assert not outbox.wire.is_open
    lines.deliver(b" and a frame")
    assert lines.all[0].read_all() == b"a word and a frame"


class Http(asyncio.Protocol):
    """In place of aiohttp: notes what it was handed."""

    def __init__(self) -> None:
        self.handed = b""

    def data_received(self, data: bytes) -> None:
        self.handed += data


def session_of(line: Line) -> Session:
    return Session(FakeDesk(), line.outbox, Framing.MESSAGES, "127.0.0.1", GameSettings())


async def test_a_control_frame_ends_it_for_aiohttp_may_answer(lines: Lines) -> None:
    line, http = lines.all[0], Http()
    tap = Tap(http, {}, Scenario().city.gateway)
    tap.data_received(b"GET / HTTP/1.1\r\n\r\n")
    tap.attach(session_of(line))
    tap.data_received(masked(BINARY, encode(Hello(1, "Ada")), 7))
    assert line.outbox.wire.is_open
    tap.data_received(masked(PING, b"there?", 7))
    assert http.handed.endswith(masked(PING, b"there?", 7))
    assert not line.outbox.wire.is_open


async def test_a_lost_link_ends_it_before_aiohttp_has_told_anybody(lines: Lines) -> None:
    line = lines.all[0]
    tap = Tap(Http(), {}, Scenario().city.gateway)
    tap.attach(session_of(line))
    tap.connection_lost(None)
    assert not line.outbox.wire.is_open
    assert line.outbox.wire.descriptor == NONE


async def test_a_session_that_has_lost_its_link_ends_it(lines: Lines) -> None:
    line = lines.all[0]
    session_of(line).lost()
    assert line.outbox.wire.descriptor == NONE


async def test_a_closing_transport_has_no_descriptor(lines: Lines) -> None:
    lines.all[0].transport.close()
    assert descriptor_of(lines.all[0].transport) == NONE


def test_there_is_a_wire_for_every_descriptor_however_large() -> None:
    wires = Wires()
    near, far = wires.wire(3), wires.wire(100_000)
    near.turn(is_open=True)
    far.turn(is_open=True)
    assert (wires.open[3], wires.open[100_000]) == (near.serial, far.serial)
    assert near.serial != far.serial


def test_where_there_is_no_wire_nothing_is_tried() -> None:
    NO_WIRE.turn(is_open=True)
    assert not NO_WIRE.is_open
    rows, begins, edges = np.zeros((3, 1), np.uint8), np.zeros(3, np.int64), np.zeros(4, np.int64)
    pieces = Pieces(rows, begins, begins + 1, np.zeros(0, np.uint8), edges)
    ways = np.array([(NONE, NO_WIRE.serial), (10**6, 1), (5, 7)])
    left = send(pieces, ways, 0, Wires().open)
    assert (left.viewers.tolist(), left.taken.tolist()) == ([0, 1, 2], [0, 0, 0])


def test_python_goes_on_while_the_system_sends() -> None:
    here, there = socket.socketpair()
    # Were it not so, nobody would read what fills the socket until the send gives up.
    here.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", WAIT_S, 0))
    there.settimeout(WAIT_S)
    wires, size = Wires(), 4_000_000
    wire = wires.wire(here.fileno())
    wire.turn(is_open=True)
    nothing, ways = np.zeros(1, np.int64), np.array([(wire.descriptor, wire.serial)])
    pieces = Pieces(np.ones((1, size), np.uint8), nothing, nothing + size, np.zeros(0, np.uint8), np.zeros(2, np.int64))
    with here, there, ThreadPoolExecutor(1) as thread:
        sending = thread.submit(send, pieces, ways, 0, wires.open)
        got = 0
        while got < size:
            got += len(there.recv(size))
        assert sending.result(WAIT_S).viewers.size == 0


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize(
    "story",
    [
        test_what_a_socket_does_not_take_follows_in_order,
        test_nothing_overtakes_what_a_transport_keeps,
        *(partial(test_what_was_meant_for_one_who_is_gone_reaches_nobody_who_comes_after, end=end) for end in ENDS),
        test_a_broken_link_is_found_and_breaks_nothing,
        test_a_closing_transport_has_no_descriptor,
    ],
)
def test_all_of_it_is_so_on_the_loop_that_a_city_runs_on(story: Callable[[Lines], Awaitable[None]], room: int) -> None:
    async def told() -> None:
        async with three_lines(room) as lines:
            await story(lines)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(told())
