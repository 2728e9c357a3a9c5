"""Reading for many bots at once, from real sockets: each gets what it would have got by itself."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from time import perf_counter

import pytest
import pytest_asyncio

from loadtest.arrivals import Arrivals, Rules
from loadtest.audit import Audit
from loadtest.bot import Bot, Desk, Stage
from loadtest.faults import FaultKind, Faults
from loadtest.links import TcpBot, WebSocketBot
from loadtest.purses import Purses
from loadtest.reader import BATCH, CHUNK_BYTES, Reader
from loadtest.receipts import Receipts
from protocol.codec import encode, kind_of
from protocol.crystals import CRYSTAL_ROW
from protocol.frames import HEADER_BYTES, HEADER_DTYPE, PAYLOAD_HEADER_AT
from protocol.framing import tcp_frame, ws_frame
from protocol.messages import AnyServerMessage, Closing, Crowd, Crystals, Denied, Goodbye, Happened, Profile, Profiles
from tests.loadtest.said import HeldNews, frame, record, welcome

# More than one batch.
CROWD = BATCH + 32
# Each reads one batch.
ROUNDS = 50
NEIGHBOURS = [record(entity, dx=entity) for entity in range(2, 34)]


class SeatedTcpBot(TcpBot):
    """One that has said Hello, and notes what it heeds."""

    heeded: dict[int, list[AnyServerMessage]]

    def _open(self) -> None:
        """It is in."""

    def _heed(self, message: AnyServerMessage) -> None:
        self.heeded.setdefault(self.index, []).append(message)
        if isinstance(message, Goodbye):
            super()._heed(message)


class SeatedWebSocketBot(WebSocketBot):
    """One that has been upgraded, and has said Hello, and notes what it heeds."""

    heeded: dict[int, list[AnyServerMessage]]

    def _open(self) -> None:
        self._upgraded = True

    def _heed(self, message: AnyServerMessage) -> None:
        self.heeded.setdefault(self.index, []).append(message)
        if isinstance(message, Goodbye):
            super()._heed(message)


class Hall:
    """Bots over socket pairs that the reader reads for, and the servers' ends of these."""

    def __init__(self, websocket: bool, bots: int) -> None:
        self.frame_of = ws_frame if websocket else tcp_frame
        self.faults = Faults()
        self.arrivals = Arrivals(bots, Rules(), self.faults)
        self.news = HeldNews()
        self.desk = Desk(self.arrivals, Purses(bots, self.faults, Receipts()), self.faults, self.news)
        self.reader = Reader(bots, self.desk, gather_s=0)
        self.kind = SeatedWebSocketBot if websocket else SeatedTcpBot
        self.bots: list[Bot] = []
        self.heeded: dict[int, list[AnyServerMessage]] = {}
        self.servers: list[socket.socket] = []

    async def seat(self, audit: type[Audit] = Audit) -> None:
        """One more bot, welcomed and read for."""
        bot = self.kind(len(self.bots), "Bot", self.desk, audit(len(self.bots), Rules(), self.faults))
        bot.heeded = self.heeded
        here, there = socket.socketpair()
        here.setblocking(False)
        await asyncio.get_running_loop().create_connection(lambda: bot, sock=here)
        bot._welcomed(welcome())
        bot.stage = Stage.LIVING
        self.bots.append(bot)
        self.servers.append(there)
        self.reader.take(bot)

    def say(self, bot: int, *payloads: bytes) -> None:
        """What its server says, each payload in a frame of its own."""
        self.servers[bot].sendall(b"".join(map(self.frame_of, payloads)))

    async def heard(self) -> None:
        """Let the loop go round often enough to read all that was said: what was sent is there at once."""
        for _ in range(ROUNDS):
            await asyncio.sleep(0)

    def ticks(self) -> dict[int, list[int]]:
        """The ticks of the frames of each bot that nobody has settled yet, in the order in which they came."""
        found: dict[int, list[int]] = {}
        headers = self.arrivals.take()
        if headers is not None:
            for bot, tick in zip(headers.bots.tolist(), headers.heads.view(HEADER_DTYPE)["tick"][:, 0], strict=True):
                found.setdefault(bot, []).append(int(tick))
        return found


@pytest_asyncio.fixture(params=["ws", "tcp"])
async def hall(request: pytest.FixtureRequest) -> AsyncIterator[Hall]:
    hall = Hall(request.param == "ws", CROWD)
    for _ in range(CROWD):
        await hall.seat()
    yield hall
    hall.reader.close()
    for bot in hall.bots:
        bot.abort()
    for server in hall.servers:
        server.close()
    await hall.heard()


async def test_a_frame_for_each_of_a_crowd_arrives_at_each(hall: Hall) -> None:
    payload = frame(7, records=NEIGHBOURS)
    for bot in range(CROWD):
        hall.say(bot, payload)
    began_s = perf_counter()
    await hall.heard()
    headers = hall.arrivals.take()
    assert headers is not None
    assert sorted(headers.bots.tolist()) == list(range(CROWD))
    assert set(headers.sizes.tolist()) == {len(payload)}
    assert {head.tobytes() for head in headers.heads} == {payload[PAYLOAD_HEADER_AT : PAYLOAD_HEADER_AT + HEADER_BYTES]}
    assert began_s <= headers.whens.min() <= headers.whens.max() <= perf_counter()
    down = hall.reader.down + [bot.bytes_down for bot in hall.bots]
    assert set(down.tolist()) == {len(hall.frame_of(payload))}


@pytest.mark.parametrize("bots", [3, CROWD], ids=["few", "many"])
async def test_what_is_cut_anywhere_and_what_comes_behind_a_frame_is_taken_in_order(hall: Hall, bots: int) -> None:
    stream = b"".join(
        map(hall.frame_of, (frame(2), frame(4, records=NEIGHBOURS), encode(Goodbye(1000, "so long", None)), frame(6)))
    )
    for cut in range(0, len(stream), 7):
        for bot in range(bots):
            hall.servers[bot].sendall(stream[cut : cut + 7])
        if cut % 49 == 0:
            await hall.heard()
    await hall.heard()
    assert hall.ticks() == {bot: [2, 4, 6] for bot in range(bots)}
    endings = [bot.ending for bot in hall.bots[:bots]]
    assert all(ending is not None and ending.reason == "so long" for ending in endings)
    assert hall.faults.total == 0


async def test_what_is_for_nobody_to_act_on_is_counted_and_everything_else_heeded(hall: Hall) -> None:
    said = {"entity": 3, "text": "hello, all of you"}
    idle: list[AnyServerMessage] = [
        Profiles([Profile(9, 1, "Ann", bytes(12))]),
        Crowd(70_000, 0, 0, 1000, 16, 16, bytes(256)),
        *[Happened(tick, name, said) for tick in (5, 200, 300, 70_000) for name in ("said", "a_name_of_16_let")],
    ]
    heeded: list[AnyServerMessage] = [
        Happened(70_000, "crystal_gained", {"crystal": 1, "balance": 2}, 1),
        Denied(1, "say", "rate", None, "too fast", 2),
        Closing(3.0, "the city is closing"),
    ]
    hunter = hall.bots[8]
    hunter.hunts = True
    hall.reader.drop(hunter)
    hall.reader.take(hunter)
    crystals = Crystals(5, 0, 0, 0, bytes(CRYSTAL_ROW.size))
    for bot in range(CROWD):
        hall.say(bot, frame(4, records=NEIGHBOURS), *map(encode, (*idle, *heeded, crystals)), frame(6))
    await hall.heard()
    assert hall.ticks() == {bot: [4, 6] for bot in range(CROWD)}
    counts = Counter(kind_of(encode(each)) for each in (*idle, *heeded, crystals))
    assert hall.desk.kinds == {kind: CROWD * count for kind, count in counts.items()}
    assert hall.heeded == {bot.index: [*heeded, *[crystals] * (bot is hunter)] for bot in hall.bots}


async def test_more_than_is_read_at_once_waits_for_the_next_time(hall: Hall) -> None:
    count = 2 * CHUNK_BYTES // len(frame(1, records=NEIGHBOURS)) + 3
    for bot in range(CROWD):
        hall.say(bot, *[frame(tick, records=NEIGHBOURS) for tick in range(1, count)])
    await hall.heard()
    assert hall.ticks() == {bot: list(range(1, count)) for bot in range(CROWD)}


async def test_a_frame_that_breaks_the_wire_is_found_by_the_sample(hall: Hall) -> None:
    frames = 2 * hall.bots[0].audit.every
    for tick in range(1, frames + 1):
        for bot in range(CROWD):
            hall.say(bot, frame(tick, records=[*NEIGHBOURS[1:], NEIGHBOURS[1]] if bot == 5 else NEIGHBOURS))
        await asyncio.sleep(0)
    await hall.heard()
    hall.arrivals.settle()
    assert set(hall.faults.counts) == {FaultKind.DUPLICATE_RECORD}
    assert 1 <= hall.faults.total <= 4
    assert set(hall.arrivals.frames.tolist()) == {frames}


async def test_each_is_told_that_its_connection_has_ended(hall: Hall) -> None:
    for bot in range(CROWD):
        hall.say(bot, frame(3, records=NEIGHBOURS))
        hall.servers[bot].close()
    await hall.heard()
    assert hall.ticks() == {bot: [3] for bot in range(CROWD)}
    assert sorted(bot.index for bot in hall.news.lost) == list(range(CROWD))


async def test_whoever_is_dropped_reads_for_itself_again_or_not_at_all(hall: Hall) -> None:
    back, deaf = hall.bots[:2]
    hall.reader.drop(back)
    back.read_on()
    hall.reader.drop(deaf)
    for bot in range(CROWD):
        hall.say(bot, frame(9, records=NEIGHBOURS))
    await hall.heard()
    assert hall.ticks() == {bot: [9] for bot in range(CROWD) if bot != deaf.index}


async def test_a_bot_that_was_cut_leaves_nothing_behind(hall: Hall) -> None:
    for cut in hall.bots[: CROWD // 2]:
        cut.abort()
    await hall.heard()
    for lost in hall.news.lost:
        hall.reader.drop(lost)
    for bot in range(CROWD):
        with suppress(BrokenPipeError):
            hall.say(bot, frame(5, records=NEIGHBOURS))
    await hall.heard()
    assert hall.ticks() == {bot: [5] for bot in range(CROWD // 2, CROWD)}
