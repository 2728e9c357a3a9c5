"""A bot's connection, byte by byte: both framings, whole and cut anywhere, honest and not."""

import asyncio
from random import Random

import pytest
from msgspec import structs

from loadtest import websocket as ws
from loadtest.arrivals import Arrivals, Rules
from loadtest.audit import Audit, Witness
from loadtest.bot import ABNORMAL, Bot, Desk, Ending, Stage
from loadtest.crystals import Crystal
from loadtest.faults import FaultKind, Faults
from loadtest.links import TcpBot, WebSocketBot
from loadtest.purses import Purses
from loadtest.receipts import Receipts
from protocol import messages as m
from protocol.codec import decode_client, encode
from protocol.crystals import CRYSTAL_ROW
from protocol.frames import FRAME_PREFIX
from protocol.framing import tcp_frame, ws_frame
from tests.loadtest.said import HeldNews, HeldTransport, frame, record, welcome
from tests.loadtest.test_websocket import unmasked

CROWD = [record(entity) for entity in range(2, 34)]


class Wire:
    """One bot, what it is told and what it says, over either framing."""

    def __init__(self, transport: str, witness: bool = False) -> None:
        self.transport = transport
        self.faults = Faults()
        self.arrivals = Arrivals(1, Rules(), self.faults)
        self.news = HeldNews()
        self.purses = Purses(1, self.faults, Receipts())
        self.desk = Desk(self.arrivals, self.purses, self.faults, self.news)
        self.held = HeldTransport()
        audit = (Witness if witness else Audit)(0, Rules(), self.faults)
        self.bot: Bot
        if transport == "tcp":
            self.bot = TcpBot(0, "Ann", self.desk, audit)
        else:
            self.bot = WebSocketBot(0, "Ann", self.desk, audit).aim("127.0.0.1:7400", "/play", Random(1))
        self.bot.connection_made(self.held)

    def framed(self, payload: bytes) -> bytes:
        return tcp_frame(payload) if self.transport == "tcp" else ws_frame(payload)

    def hear(self, data: bytes, step: int | None = None) -> None:
        for at in range(0, len(data), step or len(data)):
            self.bot.data_received(data[at : at + (step or len(data))])

    def upgrade(self, step: int | None = None) -> None:
        if isinstance(self.bot, WebSocketBot):
            request = self.held.written.pop(0).decode()
            key = request.split("Sec-WebSocket-Key: ")[1].split("\r\n")[0]
            self.hear(f"HTTP/1.1 101 Hello\r\nSec-WebSocket-Accept: {ws.accept_of(key)}\r\n\r\n".encode(), step)

    def enter(self) -> None:
        self.upgrade()
        self.hear(self.framed(encode(welcome())))
        self.hear(self.framed(frame(2, records=CROWD)))

    def said(self) -> list[m.AnyClientMessage]:
        written, self.held.written = self.held.written, []
        if self.transport == "tcp":
            return [decode_client(data[4:]) for data in written]
        return [decode_client(payload) for opcode, payload in map(unmasked, written) if opcode == ws.BINARY]


@pytest.fixture(params=["ws", "tcp"])
def wire(request: pytest.FixtureRequest) -> Wire:
    return Wire(request.param)


def test_a_bot_says_hello_and_joins_with_its_first_frame(wire: Wire) -> None:
    wire.upgrade()
    assert wire.said() == [m.Hello(1, name="Ann", client="futurecity-loadtest")]
    wire.hear(wire.framed(encode(welcome(5))))
    assert [each.entity for each in wire.news.welcomes] == [5]
    assert wire.news.joined == []
    wire.hear(wire.framed(frame(2)))
    assert wire.news.joined == [wire.bot]
    assert wire.bot.alive
    assert wire.bot.joined_s is not None


async def test_a_bot_that_waits_keeps_its_place_by_pings_and_by_its_ticket(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loadtest.bot.PING_S", 0.0)
    wire.upgrade()
    wire.said()
    wire.hear(wire.framed(encode(m.Queued("q7", 3, None))) + wire.framed(encode(m.Queued("q8", 2, 4.0))))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert {type(message) for message in wire.said()} == {m.Ping}
    assert wire.bot.queued == m.Queued("q8", 2, 4.0)
    assert wire.purses[0].resume == "q8"
    wire.hear(wire.framed(encode(welcome())) + wire.framed(encode(m.Closing(30.0, "an update"))))
    assert wire.bot.closing == m.Closing(30.0, "an update")
    assert wire.purses[0].resume == "back-1"
    assert wire.faults.counts == {}


def test_a_bot_that_comes_back_says_what_it_heard_last(wire: Wire) -> None:
    wire.enter()
    for serial in (1, 2):
        wire.hear(wire.framed(encode(m.Denied(1, "say", "no", None, "not now", serial))))
    wire.said()
    wire.bot._greet()
    (hello,) = wire.said()
    assert isinstance(hello, m.Hello)
    assert (hello.resume, hello.heard) == ("back-1", 2)
    wire.hear(wire.framed(encode(m.Denied(1, "say", "no", None, "not now", 4))))
    assert wire.faults.counts == {FaultKind.SERIAL_SKIPPED: 1}


@pytest.mark.parametrize("step", [1, 2, 3, 7, 100, None])
def test_messages_may_be_cut_anywhere(wire: Wire, step: int | None) -> None:
    wire.upgrade(step)
    said = [encode(welcome()), frame(2), frame(4, records=CROWD), encode(m.Profiles([])), frame(6, records=CROWD)]
    wire.hear(b"".join(map(wire.framed, said)), step)
    wire.arrivals.settle()
    assert wire.faults.counts == {}
    assert (wire.bot.frames, wire.arrivals.tick[0]) == (3, 6)
    assert wire.bot.bytes_down >= sum(map(len, said))


def test_many_frames_may_come_in_one_read(wire: Wire) -> None:
    wire.enter()
    wire.hear(b"".join(wire.framed(frame(tick, records=CROWD)) for tick in range(4, 104, 2)))
    wire.arrivals.settle()
    assert (wire.bot.frames, wire.faults.total) == (51, 0)


def test_moves_count_up_from_one(wire: Wire) -> None:
    wire.enter()
    wire.said()
    wire.bot.move(64, 2)
    wire.bot.move(65, 1, jump=True)
    assert wire.said() == [m.Move(bytes([1, 0, 0, 0, 64, 64, 2, 0])), m.Move(bytes([2, 0, 0, 0, 65, 65, 1, 1]))]
    assert wire.arrivals.sent[0] == 2


def test_a_bot_that_is_not_in_the_city_is_silent(wire: Wire) -> None:
    wire.upgrade()
    wire.said()
    wire.bot.move(0, 1)
    wire.bot.do("say", {"text": "hi"})
    assert wire.said() == []


def test_a_bot_does_not_add_to_a_buffer_that_is_full(wire: Wire) -> None:
    wire.enter()
    wire.said()
    wire.bot.pause_writing()
    wire.bot.move(0, 1)
    wire.bot.do("say", {"text": "hi"})
    assert wire.said() == []
    wire.bot.resume_writing()
    wire.bot.move(0, 1)
    assert len(wire.said()) == 1


def test_deeds_have_numbers_and_denials_are_counted(wire: Wire) -> None:
    wire.enter()
    wire.said()
    wire.bot.do("say", {"text": "hi"})
    assert isinstance(deed := wire.said()[0], m.Do)
    assert (deed.number, deed.deed) == (1, "say")
    wire.hear(wire.framed(encode(m.Denied(1, "say", "rate", None, "slow down"))))
    assert wire.desk.denied == {"say: rate": 1}


def test_a_confirmation_reaches_the_purse_and_news_of_others_does_not(wire: Wire) -> None:
    wire.enter()
    wire.bot.do("pick_up_crystal", {"crystal": 7})
    gained = {"receipt": "1.0.pick.7", "crystal": 7, "value": 3, "balance": 103, "number": 1}
    others = m.Happened(4, "crystal_taken", {"entity": 9, "crystal": 8})
    wire.hear(wire.framed(encode(others)) + wire.framed(encode(m.Happened(4, "crystal_gained", gained))))
    assert (wire.purses.settled, wire.purses.waiting, wire.purses[0].balance) == (1, 0, 103)
    assert wire.faults.total == 0


def test_a_refused_deed_is_waited_for_no_more(wire: Wire) -> None:
    wire.enter()
    wire.bot.do("pick_up_crystal", {"crystal": 7})
    wire.hear(wire.framed(encode(m.Denied(1, "pick_up_crystal", "taken", "crystal", "too late"))))
    assert (wire.purses.waiting, wire.desk.denied) == (0, {"pick_up_crystal: taken": 1})


@pytest.mark.parametrize("fields", [{}, {"number": 1}, {"number": 1, "balance": 2, "crystal": 7, "receipt": "1"}])
def test_a_confirmation_that_lacks_something_is_a_fault(wire: Wire, fields: dict[str, object]) -> None:
    wire.enter()
    wire.bot.do("pick_up_crystal", {"crystal": 7})
    wire.hear(wire.framed(encode(m.Happened(4, "crystal_gained", fields))))
    assert wire.faults.total == 1
    assert wire.purses.settled == ("crystal" in fields)


def crystals(*numbers: int) -> bytes:
    return encode(m.Crystals(4, 100, 0, 0, b"".join(CRYSTAL_ROW.pack(number, 5, 0, 0, 0, 1) for number in numbers)))


def test_crystals_are_read_by_whoever_hunts_them_alone(wire: Wire) -> None:
    wire.enter()
    wire.hear(wire.framed(crystals(7)))
    assert wire.bot.crystals == ()
    wire.bot.hunts = True
    wire.hear(wire.framed(crystals(7)))
    assert list(wire.bot.crystals) == [Crystal(7, 105, 0, 0, 0, 1)]
    wire.hear(wire.framed(crystals()))
    assert list(wire.bot.crystals) == []


def test_a_witness_looks_at_all_crystals_and_everybody_at_some() -> None:
    for witness, found in ((True, 50), (False, 1)):
        wire = Wire("tcp", witness)
        wire.enter()
        for _ in range(50):
            wire.hear(wire.framed(crystals(0)))
        assert wire.faults.counts == {FaultKind.BAD_CRYSTAL: found}


def test_crystals_that_are_not_whole_break_the_wire(wire: Wire) -> None:
    wire.enter()
    wire.bot.hunts = True
    wire.hear(wire.framed(encode(m.Crystals(4, 0, 0, 0, bytes(13)))))
    assert (wire.faults.counts, wire.held.aborted) == ({FaultKind.BAD_MESSAGE: 1}, True)


def test_a_seat_comes_back_as_who_it_was(wire: Wire) -> None:
    wire.purses.welcomed(0, structs.replace(welcome(), account="player:1", token="guest"))
    wire.held.written.clear()
    wire.bot.connection_made(wire.held)
    wire.upgrade()
    assert wire.said() == [m.Hello(1, "Ann", "guest", "back-1", "futurecity-loadtest")]


def test_a_server_that_invents_reasons_does_not_fill_the_memory(wire: Wire) -> None:
    wire.enter()
    for number in range(200):
        wire.hear(wire.framed(encode(m.Denied(1, "say", f"reason {number}", None, ""))))
    assert wire.desk.denied.total() == 200
    assert len(wire.desk.denied) < 80


def test_a_goodbye_says_why_a_bot_is_lost(wire: Wire) -> None:
    wire.enter()
    wire.hear(wire.framed(encode(m.Goodbye(4010, "too slow", 5.0))))
    wire.bot.connection_lost(None)
    assert wire.news.lost == [wire.bot]
    assert wire.bot.ending == Ending(4010, "too slow", 5.0)


def test_a_connection_that_just_ends_is_told_too(wire: Wire) -> None:
    wire.enter()
    wire.bot.connection_lost(ConnectionResetError("reset"))
    assert wire.bot.ending == Ending(ABNORMAL, "connection lost: reset")
    assert wire.bot.stage is Stage.GONE


def test_leaving_says_bye(wire: Wire) -> None:
    wire.enter()
    wire.said()
    wire.bot.leave()
    assert wire.said() == [m.Bye()]
    wire.hear(wire.framed(frame(4)))
    assert not wire.bot.alive
    wire.bot.abort()
    assert wire.held.aborted


def test_kinds_and_fields_of_a_newer_server_are_skipped(wire: Wire) -> None:
    wire.enter()
    for _ in range(60):
        wire.hear(wire.framed(b"\x92\x1f\x01"))
    wire.hear(wire.framed(frame(4)))
    assert wire.faults.total == 0
    assert not wire.held.aborted


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (b"\xc1", FaultKind.BAD_MESSAGE),
        (encode(welcome())[:-1], FaultKind.BAD_MESSAGE),
        (encode(welcome()), FaultKind.BAD_MESSAGE),
    ],
    ids=["garbage", "half a Welcome", "a second Welcome"],
)
def test_a_broken_message_is_a_fault_and_ends_it(wire: Wire, payload: bytes, kind: FaultKind) -> None:
    wire.enter()
    wire.hear(wire.framed(payload))
    assert wire.faults.counts == {kind: 1}
    assert wire.held.aborted


def test_a_frame_before_welcome_is_a_fault(wire: Wire) -> None:
    wire.upgrade()
    wire.hear(wire.framed(frame(2, records=CROWD)))
    assert wire.faults.counts == {FaultKind.BAD_MESSAGE: 1}
    assert wire.news.joined == []


def test_a_sampled_frame_is_decoded_in_full(wire: Wire) -> None:
    wire.enter()
    for tick in range(4, 200, 2):
        wire.hear(wire.framed(frame(tick, records=[record(5), record(5), *CROWD[:10]])))
    assert set(wire.faults.counts) == {FaultKind.DUPLICATE_RECORD}
    assert wire.faults.total >= 1


def test_a_witness_learns_profiles_and_misses_those_that_do_not_come() -> None:
    wire = Wire("tcp", witness=True)
    wire.enter()
    wire.hear(wire.framed(encode(m.Profiles([m.Profile(entity, 1, "x", b"") for entity in range(2, 33)]))))
    for tick in range(4, 100, 2):
        wire.hear(wire.framed(frame(tick, records=CROWD)))
    assert wire.faults.counts == {FaultKind.MISSING_PROFILE: 1}


@pytest.mark.parametrize("size", [0, 65537, 0xFFFFFFFF])
def test_a_length_that_cannot_be_is_a_fault_on_tcp(size: int) -> None:
    wire = Wire("tcp")
    wire.enter()
    wire.hear(size.to_bytes(4))
    assert wire.faults.counts == {FaultKind.BAD_FRAMING: 1}
    assert wire.held.aborted


class TestWebSocketOnly:
    """What TCP does not have."""

    def test_fragments_are_joined_with_control_frames_between_them(self) -> None:
        wire = Wire("ws")
        wire.enter()
        payload = frame(4)
        pieces = b"\x02" + bytes([10]) + payload[:10] + b"\x89\x02hi" + b"\x80" + bytes([25]) + payload[10:]
        wire.hear(pieces, step=3)
        wire.arrivals.settle()
        assert (wire.bot.frames, wire.arrivals.tick[0], wire.faults.total) == (2, 4, 0)
        assert unmasked(wire.held.written[-1]) == (ws.PONG, b"hi")

    @pytest.mark.parametrize(
        "data",
        [
            b"\x80\x01a",  # continues nothing
            b"\x02\x01a\x82\x01b",  # begins anew amid a fragmented message
            b"\x02\x00" + b"\x00\x00" * 80,  # empty fragments without end
            b"\x02\x7f" + (60_000).to_bytes(8) + bytes(60_000) + b"\x00\x7e" + (6000).to_bytes(2) + bytes(6000),
            b"\x81\x02hi",  # text
            b"\x82\x80\0\0\0\0",  # masked
        ],
        ids=["continuation", "interleaved", "empty", "too big", "text", "masked"],
    )
    def test_broken_framing_is_a_fault(self, data: bytes) -> None:
        wire = Wire("ws")
        wire.enter()
        wire.hear(data)
        assert wire.faults.counts == {FaultKind.BAD_FRAMING: 1}
        assert wire.held.aborted

    def test_a_close_is_answered_and_told(self) -> None:
        wire = Wire("ws")
        wire.enter()
        wire.hear(b"\x88\x07" + (1001).to_bytes(2) + b"later")
        assert unmasked(wire.held.written[-1]) == (ws.CLOSE, (1001).to_bytes(2))
        assert wire.held.closed
        wire.bot.connection_lost(None)
        assert wire.bot.ending == Ending(1001, "later")

    def test_a_goodbye_says_more_than_the_close_behind_it(self) -> None:
        wire = Wire("ws")
        wire.enter()
        wire.hear(ws_frame(encode(m.Goodbye(1001, "restarting", 5.0))) + b"\x88\x02" + (1001).to_bytes(2))
        assert wire.bot.ending == Ending(1001, "restarting", 5.0)

    def test_an_upgrade_that_is_refused_is_a_fault(self) -> None:
        wire = Wire("ws")
        wire.hear(b"HTTP/1.1 404 Not Found\r\n\r\n")
        assert wire.faults.counts == {FaultKind.BAD_FRAMING: 1}
        assert wire.held.aborted

    def test_every_frame_has_a_mask_of_its_own(self) -> None:
        wire = Wire("ws")
        wire.enter()
        wire.held.written.clear()
        for _ in range(20):
            wire.bot.move(0, 1)
        assert len({data[2:6] for data in wire.held.written}) == 20


def test_the_mark_of_a_frame_is_the_protocols() -> None:
    assert frame(1).startswith(FRAME_PREFIX)
