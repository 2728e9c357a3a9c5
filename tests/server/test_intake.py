"""Reading past the transports, over real sockets: the same messages in the same order, whatever else a client does."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import pairwise
from typing import cast

import numpy as np
import pytest
import pytest_asyncio
import uvloop

from loadtest.websocket import BINARY, masked
from protocol.codec import encode, pack_fields
from protocol.connection import Framing
from protocol.errors import CloseCode
from protocol.frames import pack_intent
from protocol.framing import tcp_frame, ws_frame
from protocol.limits import CLIENT_MESSAGE_BYTES_MAX
from protocol.messages import AnyClientMessage, Do, Hello, Limits, Move, Welcome
from protocol.websocket import ClientFrames
from server.gateway.intake import BATCH, CHUNK_BYTES, ROOM_BYTES, Intake
from server.gateway.links import descriptor_of
from server.outbox import Outbox, Traffic
from server.players import Player
from server.rations import Rations
from server.session import Session
from server.settings import GameSettings
from server.wires import NONE, Wires
from tests.fakes import FakeDesk
from world.tick import MOVE_DTYPE

WELCOME = Welcome(1, "s", 9, "Ada", "r", False, 20, 10, 1, 0.0, [], {}, {}, Limits(1, 1, 1, 1, 1, 1, 1), "test")
GENEROUS = GameSettings(messages_per_s=1000, messages_burst=10_000, flood_messages=10_000)
SPARING = GameSettings(messages_per_s=30, messages_burst=40, flood_messages=300)
WISH = Do(3, "sit", pack_fields({}))
# Longer than the intake lets messages gather, in turns of a loop that has nothing else to do.
PATIENCE_S = 5.0
KEY = 0x81828384


class Line(asyncio.Protocol):
    """One client: its protocol here, which notes what it is handed, and its socket at the other end."""

    def __init__(self, hall: "Hall", here: socket.socket, there: socket.socket, websocket: bool) -> None:
        self.desk, self.there, self.websocket = FakeDesk(), there, websocket
        self._hall, self._here = hall, here
        self._frames = ClientFrames(CLIENT_MESSAGE_BYTES_MAX)
        self.transport: asyncio.Transport
        self.session: Session
        self.handed: list[bytes] = []
        self.odd = b""
        self.lost = False

    async def open(self, entity: int) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self, sock=self._here)
        wire = self._hall.wires.wire(descriptor_of(self.transport))
        frame = ws_frame if self.websocket else tcp_frame
        outbox = Outbox(self.transport, frame, lambda code, reason: self.transport.close(), self.websocket, wire)
        framing = Framing.MESSAGES if self.websocket else Framing.STREAM
        limits, rations = self._hall.limits, self._hall.rations
        self.session = Session(self.desk, outbox, framing, "192.0.2.1", limits, rations)
        self.session.receive(encode(Hello(1, "Ada")) if self.websocket else tcp_frame(encode(Hello(1, "Ada"))))
        self.session.player = Player(entity, "Ada", 0, self.session)
        self.session.welcome(WELCOME)

    @property
    def unfinished(self) -> bool:
        return self._frames.held_bytes > 0 or self.session.unfinished

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.handed.append(data)
        if not self.websocket:
            self.session.receive(data)
            return
        for piece, plain in self._frames.feed(data):
            if plain:
                self.session.receive(piece)
            else:
                self.odd += piece

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True

    def framed(self, message: AnyClientMessage, key: int = KEY) -> bytes:
        payload = encode(message)
        return masked(BINARY, payload, key) if self.websocket else tcp_frame(payload)

    def say(self, *messages: AnyClientMessage) -> None:
        """Each in a packet of its own."""
        for message in messages:
            self.there.sendall(self.framed(message))

    @property
    def intents(self) -> list[bytes]:
        return [intent for _, intent in self.desk.intents]

    @property
    def made_of_it(self) -> tuple[list[bytes], list[Do], bytes, int, list[CloseCode | None]]:
        """Everything that came of what was said, but for whose it was."""
        kept = self._frames.held_bytes + self.session.unfinished
        return self.intents, self.desk.wishes, self.odd, kept, self.desk.ends


class Hall:
    """Lines and an intake that reads for them."""

    def __init__(self, limits: GameSettings = GENEROUS) -> None:
        self.limits = limits
        self.traffic, self.wires, self.rations = Traffic(), Wires(), Rations(limits)
        self.intake = Intake(self.traffic, self.rations, self._post)
        self.lines: list[Line] = []
        # To which zones Moves were posted, in order.
        self.zones: list[int] = []
        self.intake.begin(FakeDesk().tick)

    async def line(self, websocket: bool = False) -> Line:
        """One more, read for here."""
        here, there = socket.socketpair()
        here.setblocking(False)
        self.lines.append(Line(self, here, there, websocket))
        await self.lines[-1].open(entity=len(self.lines))
        self.intake.take(self.lines[-1])
        return self.lines[-1]

    def begin(self, tick: int) -> None:
        """A tick begins."""
        for line in self.lines:
            line.desk.tick = tick
        self.intake.begin(tick)

    def _post(self, zone: int, packed: bytes) -> None:
        for move in np.frombuffer(packed, MOVE_DTYPE):
            entity = int(move["entity"])
            self.lines[entity - 1].desk.intents.append((entity, move.tobytes()[4:]))
            self.zones.append(zone)


@asynccontextmanager
async def open_hall(limits: GameSettings = GENEROUS) -> AsyncIterator[Hall]:
    hall = Hall(limits)
    yield hall
    hall.intake.close()
    for line in hall.lines:
        line.transport.abort()
        line.there.close()
    await until(lambda: all(line.lost for line in hall.lines))


@pytest_asyncio.fixture
async def hall() -> AsyncIterator[Hall]:
    async with open_hall() as hall:
        yield hall


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not reached():  # noqa: ASYNC110 - counted, not told
            await asyncio.sleep(0)


def moves(count: int, first: int = 1) -> list[Move]:
    return [Move(pack_intent(number, number % 256, 0, 2)) for number in range(first, first + count)]


def packed(said: Sequence[Move]) -> list[bytes]:
    return [move.intent for move in said]


@pytest.mark.parametrize("websocket", [False, True])
async def test_a_move_reaches_the_desk_and_nobody_else_is_asked(hall: Hall, websocket: bool) -> None:
    line = await hall.line(websocket)
    line.say(*moves(1))
    assert hall.intake.read() == 1
    assert line.desk.intents == [(1, moves(1)[0].intent)]
    assert hall.zones == [0]
    assert line.handed == []
    assert hall.traffic.received == {websocket: len(line.framed(moves(1)[0])), not websocket: 0}


@pytest.mark.parametrize("key", [0, 1, 0xFF00FF00, 0xFFFFFFFF])
async def test_it_is_unmasked_with_whatever_key(hall: Hall, key: int) -> None:
    line = await hall.line(websocket=True)
    line.there.sendall(line.framed(moves(1)[0], key))
    hall.intake.read()
    assert line.intents == packed(moves(1))
    assert line.handed == []


@pytest.mark.parametrize("websocket", [False, True])
async def test_each_message_goes_to_whom_it_is_for_in_order(hall: Hall, websocket: bool) -> None:
    lines = [await hall.line(websocket) for _ in range(3)]
    for number in range(4):
        for place, line in enumerate(lines):
            line.say(*moves(1, first=10 * place + number))
        assert hall.intake.read() == 3
    for place, line in enumerate(lines):
        assert line.desk.intents == [(place + 1, intent) for intent in packed(moves(4, first=10 * place))]


@pytest.mark.parametrize("websocket", [False, True])
async def test_whatever_is_no_single_move_is_for_the_protocol(hall: Hall, websocket: bool) -> None:
    line = await hall.line(websocket)
    line.say(*moves(2))  # both at once
    hall.intake.read()
    line.say(WISH)
    hall.intake.read()
    line.say(*moves(1, first=3))
    hall.intake.read()
    assert line.intents == packed(moves(3))
    assert line.desk.wishes == [WISH]
    assert line.handed == [b"".join(line.framed(move) for move in moves(2)), line.framed(WISH)]


@pytest.mark.parametrize("websocket", [False, True])
async def test_a_message_in_pieces_is_put_together_and_what_follows_is_read_as_before(
    hall: Hall, websocket: bool
) -> None:
    line = await hall.line(websocket)
    stream = b"".join(line.framed(move) for move in moves(5))
    size = len(stream) // 5
    # What comes third is as long as a Move, but is the end of one and the beginning of the next.
    cuts = [0, size, size + 5, 2 * size + 5, 3 * size + 1, 4 * size, 5 * size]
    for begin, end in pairwise(cuts):
        line.there.sendall(stream[begin:end])
        hall.intake.read()
    assert line.intents == packed(moves(5))
    assert line.handed == [stream[begin:end] for begin, end in pairwise(cuts[1:-1])]


@pytest.mark.parametrize("websocket", [False, True])
async def test_what_only_looks_like_a_move_is_taken_for_what_it_is(hall: Hall, websocket: bool) -> None:
    """Each byte of a Move is changed in turn: what its protocol would make of that is what comes of it."""
    move = moves(1)[0]
    for place in range(len(encode(move)) + (6 if websocket else 4)):
        read, told = await hall.line(websocket), await hall.line(websocket)
        hall.intake.hand_back(told)
        changed = bytearray(read.framed(move))
        changed[place] ^= 1
        read.there.sendall(changed)
        hall.intake.read()
        told.data_received(bytes(changed))
        assert read.made_of_it == told.made_of_it, place


@pytest.mark.parametrize("websocket", [False, True])
async def test_an_end_is_the_transports_to_tell(hall: Hall, websocket: bool) -> None:
    line, other = await hall.line(websocket), await hall.line(websocket)
    line.say(*moves(1))
    line.there.close()
    other.say(*moves(1))
    await until(lambda: line.lost)
    assert line.intents == other.intents == packed(moves(1))
    assert line.session.watched == NONE
    other.say(*moves(1, first=2))
    await until(lambda: other.intents == packed(moves(2)))


async def test_a_link_that_broke_is_the_transports_to_tell(hall: Hall) -> None:
    line = await hall.line()
    line.there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes((1, 0, 0, 0, 0, 0, 0, 0)))
    line.there.close()
    await until(lambda: line.lost)
    assert line.session.watched == NONE


async def test_who_is_handed_back_is_read_by_its_transport(hall: Hall) -> None:
    line = await hall.line()
    hall.intake.hand_back(line)
    line.say(*moves(1))
    await until(lambda: line.intents == packed(moves(1)))
    assert line.handed == [line.framed(moves(1)[0])]
    assert hall.intake.read() == 0


async def test_who_is_dropped_is_read_by_nobody(hall: Hall) -> None:
    line, other = await hall.line(), await hall.line()
    hall.intake.drop(line)
    line.say(*moves(1))
    other.say(*moves(1))
    await until(lambda: other.intents == packed(moves(1)))
    assert line.intents == line.handed == []


async def test_what_was_left_over_is_not_read_from_whom_it_is_not_read_for_any_more(hall: Hall) -> None:
    line = await hall.line()
    wish = line.framed(WISH)
    line.there.sendall(wish * (2 * CHUNK_BYTES // len(wish)))
    hall.intake.read()
    hall.intake.drop(line)
    assert hall.intake.read() == 0
    assert len(b"".join(line.handed)) == CHUNK_BYTES


async def test_whoever_has_no_direct_way_stays_with_its_transport(hall: Hall) -> None:
    line = await hall.line()
    hall.intake.hand_back(line)
    line.session.outbox.wire.cut()
    hall.intake.take(line)
    assert line.session.watched == NONE
    line.say(*moves(1))
    await until(lambda: line.handed == [line.framed(moves(1)[0])])


async def test_a_descriptor_has_a_new_owner_as_soon_as_it_has_none(hall: Hall) -> None:
    gone = await hall.line()
    descriptor = gone.session.watched
    gone.transport.abort()
    await until(lambda: gone.lost)
    next_one = await hall.line()
    assert next_one.session.watched == descriptor
    # Only now does the first one's protocol say that it is over.
    hall.intake.drop(gone)
    next_one.say(*moves(1))
    hall.intake.read()
    assert next_one.intents == packed(moves(1))
    assert gone.intents == []


async def test_one_that_fails_is_cut_and_the_others_are_heard(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [await hall.line() for _ in range(3)]

    def fail(session: Session, player: Player, wish: Do) -> None:
        raise KeyError("a fault of ours")

    monkeypatch.setattr(lines[1].desk, "do", fail)
    for line in lines:
        line.say(WISH)
    await until(lambda: lines[1].lost)
    assert [line.desk.wishes for line in lines] == [[WISH], [], [WISH]]
    assert not lines[0].lost
    assert not lines[2].lost


async def test_who_says_too_much_keeps_nobody_waiting(hall: Hall) -> None:
    """In one look nobody gets more than a chunk; what is left over is not lost."""
    loud, quiet = await hall.line(), await hall.line()
    wish = loud.framed(WISH)
    count = 3 * CHUNK_BYTES // len(wish)
    loud.there.sendall(wish * count)
    quiet.say(*moves(1))
    hall.intake.read()
    assert len(b"".join(loud.handed)) == CHUNK_BYTES
    assert quiet.intents == packed(moves(1))
    await until(lambda: len(loud.desk.wishes) == count)
    assert b"".join(loud.handed) == wish * count


async def test_more_than_a_batch_are_all_read(hall: Hall) -> None:
    lines = [await hall.line() for _ in range(BATCH + 10)]
    for line in lines:
        line.say(*moves(1))
    assert hall.intake.read() == BATCH
    await until(lambda: all(line.intents == packed(moves(1)) for line in lines))
    # And after a time without anything, again.
    assert hall.intake.read() == 0
    for line in lines:
        line.say(*moves(1, first=2))
    await until(lambda: all(line.intents == packed(moves(2)) for line in lines))


async def test_what_does_not_fit_is_read_the_next_time(hall: Hall) -> None:
    lines = [await hall.line() for _ in range(ROOM_BYTES // CHUNK_BYTES + 5)]
    wish = lines[0].framed(WISH)
    said = wish * (CHUNK_BYTES // len(wish))
    for line in lines:
        line.there.sendall(said)
    hall.intake.read()
    await until(lambda: all(b"".join(line.handed) == said for line in lines))


async def test_a_closed_intake_has_handed_everybody_back(hall: Hall) -> None:
    line = await hall.line()
    hall.intake.close()
    line.say(*moves(1))
    await until(lambda: line.handed == [line.framed(moves(1)[0])])
    hall.intake.take(line)
    assert line.session.watched == NONE
    assert hall.intake.read() == 0


@pytest.mark.parametrize("websocket", [False, True])
@pytest.mark.parametrize("moves_per_tick", [1, 3, 8])
async def test_whoever_is_too_fast_is_told_and_dropped_as_ever(websocket: bool, moves_per_tick: int) -> None:
    """Beside one whose every Move its session weighs: what reaches the city, and what comes of it, is the same."""
    async with open_hall(SPARING) as hall:
        read, told = await hall.line(websocket), await hall.line(websocket)
        hall.intake.hand_back(told)
        for tick in range(1001, 1080):
            hall.begin(tick)
            for move in moves(moves_per_tick, first=tick * 10):
                told.data_received(told.framed(move))
                read.say(move)
                hall.intake.read()
        assert read.made_of_it == told.made_of_it
        assert (read.desk.denied, read.desk.offences) == (told.desk.denied, told.desk.offences)
        assert read.desk.dropped == told.desk.dropped
        assert read.session.heard_tick == told.session.heard_tick or read.session.closed
        assert (moves_per_tick == 1) == (read.desk.dropped == 0)
        assert (moves_per_tick == 8) == (read.desk.ends == [CloseCode.FLOOD])


async def test_a_move_is_a_sign_of_life(hall: Hall) -> None:
    line = await hall.line()
    hall.begin(1050)
    assert line.session.heard_tick == 1000
    line.say(*moves(1))
    hall.intake.read()
    assert line.session.heard_tick == 1050


async def test_moves_go_to_the_zone_where_the_body_is(hall: Hall) -> None:
    lines = [await hall.line() for _ in range(3)]
    player = lines[1].session.player
    assert player is not None
    player.zone = 4
    hall.intake.crossed(player)
    for line in lines:
        line.say(*moves(1))
    hall.intake.read()
    assert sorted(hall.zones) == [0, 0, 4]
    assert [line.intents for line in lines] == [packed(moves(1))] * 3


async def test_of_a_session_that_is_over_nothing_is_heard_and_its_ration_is_anothers(hall: Hall) -> None:
    gone, other = await hall.line(), await hall.line()
    gone.session.closed = True  # but its link is not cut yet
    hall.intake.ended(gone.session)
    hall.rations.close(gone.session.ration)
    heir = await hall.line()
    assert heir.session.ration == gone.session.ration
    for line in (gone, other, heir):
        line.say(*moves(1))
    hall.intake.read()
    assert [line.intents for line in (gone, other, heir)] == [[], packed(moves(1)), packed(moves(1))]


@pytest.mark.parametrize(
    "story",
    [
        *(partial(test_each_message_goes_to_whom_it_is_for_in_order, websocket=kind) for kind in (False, True)),
        *(partial(test_an_end_is_the_transports_to_tell, websocket=kind) for kind in (False, True)),
        test_a_link_that_broke_is_the_transports_to_tell,
        test_who_is_handed_back_is_read_by_its_transport,
        test_a_descriptor_has_a_new_owner_as_soon_as_it_has_none,
        test_who_says_too_much_keeps_nobody_waiting,
        test_more_than_a_batch_are_all_read,
        test_a_closed_intake_has_handed_everybody_back,
    ],
)
def test_all_of_it_is_so_on_the_loop_that_a_city_runs_on(story: Callable[[Hall], Awaitable[None]]) -> None:
    async def told() -> None:
        async with open_hall() as hall:
            await story(hall)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(told())
