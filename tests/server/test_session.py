"""One connection: what is legal reaches the desk, what is not ends it, and too much is dropped and told."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.codec import encode, pack_fields
from protocol.connection import Connection, Framing, Role
from protocol.errors import RETRY_AFTER_S, CloseCode
from protocol.frames import pack_intent
from protocol.framing import tcp_frame
from protocol.limits import REASON_BYTES_MAX
from protocol.messages import (
    AnyClientMessage,
    Bye,
    Denied,
    Do,
    Goodbye,
    Hello,
    Keep,
    Limits,
    Move,
    Ping,
    Pong,
    Welcome,
)
from server.players import Player
from server.session import TICKS_BETWEEN_RATE_DENIALS, Session
from server.settings import GameSettings
from tests.fakes import FakeClient, FakeDesk
from world.config import TICK_RATE_HZ

HELLO = Hello(1, "Ada")
WISH = Do(3, "sit", pack_fields({}))
WELCOME = Welcome(1, "s", 9, "Ada", "r", False, 20, 10, 1, 0.0, [], {}, {}, Limits(1, 1, 1, 1, 1, 1, 1), "test")
SPARING = GameSettings(messages_per_s=10, messages_burst=20, flood_messages=30)


class Line:
    """A client on the other end of a session, over TCP framing unless told otherwise."""

    def __init__(self, limits: GameSettings | None = None, framing: Framing = Framing.STREAM) -> None:
        self.desk = FakeDesk()
        self.client = FakeClient(websocket=framing is Framing.MESSAGES)
        self.framing = framing
        self.session = Session(self.desk, self.client, framing, "192.0.2.1", limits or GameSettings())

    def say(self, *messages: AnyClientMessage) -> None:
        for message in messages:
            payload = encode(message)
            self.session.receive(tcp_frame(payload) if self.framing is Framing.STREAM else payload)

    def enter(self) -> None:
        """Hello, a body, and Welcome."""
        self.say(HELLO)
        self.session.player = Player(9, "Ada", 0, self.session)
        self.session.welcome(WELCOME)
        self.client.forget()

    def pass_ticks(self, ticks: int) -> None:
        self.desk.tick += ticks

    @property
    def goodbye(self) -> Goodbye:
        last = self.client.heard[-1]
        assert isinstance(last, Goodbye)
        return last


@pytest.fixture(params=list(Framing), ids=lambda framing: str(framing.name.lower()))
def line(request: pytest.FixtureRequest) -> Line:
    return Line(framing=request.param)


# ---- legal messages ------------------------------------------------------------------------------


def test_a_session_moves_from_hello_to_welcome_to_the_city(line: Line) -> None:
    assert not line.session.greeted
    line.say(HELLO)
    assert line.desk.knocked == [HELLO]
    assert line.session.greeted
    assert not line.session.welcomed
    line.session.welcome(WELCOME)
    assert line.session.welcomed
    assert line.client.heard == [WELCOME]


def test_what_a_player_intends_and_wishes_reaches_the_desk(line: Line) -> None:
    line.enter()
    intent = pack_intent(7, 64, 64, 2)
    line.say(Move(intent), WISH)
    assert line.desk.intents == [(9, intent)]
    assert line.desk.wishes == [WISH]


def test_what_a_player_wants_kept_reaches_the_desk_as_it_was_packed(line: Line) -> None:
    line.enter()
    packed = pack_fields({"volume": 7})
    line.say(Keep(packed))
    assert line.desk.kept == [(9, bytes(packed))]


def test_a_ping_is_answered_at_once_before_welcome_too(line: Line) -> None:
    line.say(HELLO, Ping(1.5))
    line.session.player = Player(9, "Ada", 0, line.session)
    line.session.welcome(WELCOME)
    line.say(Ping(2.5))
    assert line.client.all(Pong) == [Pong(1.5, 1000, 0.0), Pong(2.5, 1000, 0.0)]


def test_bye_ends_the_session_politely(line: Line) -> None:
    line.enter()
    line.say(Bye())
    assert line.desk.ends == [CloseCode.BYE]
    assert line.client.parted == [CloseCode.BYE]
    assert (line.goodbye.code, line.goodbye.retry_after_s) == (CloseCode.BYE, None)


def test_many_messages_in_one_chunk_or_one_in_many_chunks_are_the_same() -> None:
    data = b"".join(tcp_frame(encode(message)) for message in (HELLO, Ping(1), Ping(2)))
    whole, bytewise = Line(), Line()
    whole.session.receive(data)
    for byte in data:
        bytewise.session.receive(bytes((byte,)))
    assert whole.client.heard == bytewise.client.heard == [Pong(1, 1000, 0.0), Pong(2, 1000, 0.0)]


def test_a_whole_message_is_a_sign_of_life_and_a_byte_of_one_is_none() -> None:
    line = Line()
    line.pass_ticks(50)
    *trickle, last = tcp_frame(encode(Hello(1, "Ada")))
    for byte in trickle:
        line.session.receive(bytes((byte,)))
    assert (line.session.opened_tick, line.session.heard_tick) == (1000, 1000)
    line.session.receive(bytes((last,)))
    assert line.session.heard_tick == 1050


# ---- illegal ones --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (encode(Ping(1)), CloseCode.UNEXPECTED),
        (encode(Hello(2, "Ada")), CloseCode.UNSUPPORTED_VERSION),
        (b"\xc1", CloseCode.MALFORMED),
        (b"\x91\x0e", CloseCode.UNKNOWN_KIND),
        (b"\x92\x01\xa1x", CloseCode.INVALID),
        (b"\x92\x01\xda\xff\xff" + bytes(5000), CloseCode.TOO_BIG),
    ],
)
def test_what_is_illegal_ends_the_session_with_its_own_code_and_a_reason(
    line: Line, data: bytes, code: CloseCode
) -> None:
    line.session.receive(tcp_frame(data) if line.framing is Framing.STREAM else data)
    assert line.session.closed
    assert line.desk.ends == line.client.parted == [code]
    assert line.goodbye.code == code
    assert 0 < len(line.goodbye.reason.encode()) <= REASON_BYTES_MAX


def test_good_messages_before_a_bad_one_are_obeyed_and_those_behind_it_are_not() -> None:
    line = Line()
    line.enter()
    good, bad = tcp_frame(encode(WISH)), tcp_frame(b"\xc1")
    line.session.receive(good + bad + good)
    line.session.receive(good)
    assert line.desk.wishes == [WISH]
    assert line.desk.ends == [CloseCode.MALFORMED]


def test_nothing_is_heard_after_the_end_and_a_session_ends_once(line: Line) -> None:
    line.enter()
    line.session.close(CloseCode.IDLE, "silence")
    written = len(line.client.transport.written)
    line.say(WISH)
    line.session.receive(b"\xff" * 100)
    line.session.close(CloseCode.FLOOD, "again")
    line.session.lost()
    assert line.desk.ends == [CloseCode.IDLE]
    assert len(line.client.transport.written) == written
    assert line.desk.wishes == []


def test_a_lost_link_ends_the_session_without_a_word(line: Line) -> None:
    line.enter()
    line.session.lost()
    assert line.desk.ends == [None]
    assert line.client.transport.written == []


@pytest.mark.parametrize("code", list(CloseCode), ids=lambda code: code.name)
def test_every_goodbye_says_when_to_come_back(code: CloseCode) -> None:
    line = Line()
    line.session.close(code, "why")
    if code is CloseCode.SLOW:
        assert line.client.transport.aborted
        assert line.client.heard == []
        return
    assert line.goodbye == Goodbye(code, "why", RETRY_AFTER_S.get(code))
    assert not line.client.transport.aborted


@given(data=st.lists(st.binary(max_size=40), max_size=8), framing=st.sampled_from(Framing))
@settings(max_examples=150)
def test_whatever_arrives_a_session_goes_on_or_ends_once(data: list[bytes], framing: Framing) -> None:
    line = Line(framing=framing)
    for chunk in data:
        line.session.receive(chunk)
    assert len(line.desk.ends) == line.session.closed
    assert len(line.client.parted) == line.session.closed


# ---- how fast a client may talk ------------------------------------------------------------------


def test_a_burst_is_heard_and_what_is_beyond_it_is_dropped_and_counted() -> None:
    line = Line(SPARING)
    line.enter()
    line.say(*[WISH] * 25)
    assert len(line.desk.wishes) == SPARING.messages_burst - 1  # Hello was one of them
    line.pass_ticks(TICK_RATE_HZ)
    line.say(WISH)
    assert line.desk.dropped == 25 - SPARING.messages_burst + 1


def test_a_client_that_keeps_to_its_rate_is_never_denied() -> None:
    line = Line(SPARING)
    line.enter()
    for _ in range(200):
        line.pass_ticks(TICK_RATE_HZ // SPARING.messages_per_s)
        line.say(WISH)
    assert (len(line.desk.wishes), line.desk.dropped) == (200, 0)


def test_however_long_a_client_was_quiet_it_has_no_more_than_a_burst() -> None:
    line = Line(SPARING)
    line.enter()
    line.pass_ticks(10_000)
    line.say(*[WISH] * 25)
    assert len(line.desk.wishes) == SPARING.messages_burst


@pytest.mark.parametrize("every", [1, 5, 12, 19, 25])
@pytest.mark.parametrize("burst", [40, 80])
def test_too_fast_is_told_again_but_at_most_once_a_second(every: int, burst: int) -> None:
    line = Line(GameSettings(messages_per_s=40, messages_burst=burst, flood_messages=10**5))
    line.enter()
    told: list[int] = []
    for _ in range(200):
        line.pass_ticks(1)
        if line.desk.tick % every == 0:
            line.say(*[WISH] * 100)
        told += [line.desk.tick] * (len(line.desk.denied) - len(told))
    assert all(later - sooner >= TICKS_BETWEEN_RATE_DENIALS for sooner, later in pairwise(told))
    assert len(told) >= 200 // (TICKS_BETWEEN_RATE_DENIALS + every)


def test_the_first_message_that_is_too_much_is_denied_at_once_with_the_limit() -> None:
    line = Line(SPARING)
    line.enter()
    line.say(*[WISH] * 20)
    assert [(denied.reason, denied.number) for denied in line.desk.denied] == [("rate", 0)]
    assert "10 messages/s" in line.desk.denied[0].message
    assert line.client.all(Denied) == line.desk.denied


def test_a_flood_is_closed() -> None:
    line = Line(SPARING)
    line.enter()
    line.say(*[WISH] * (SPARING.messages_burst + SPARING.flood_messages))
    assert line.desk.ends == [CloseCode.FLOOD]
    assert line.goodbye.retry_after_s == RETRY_AFTER_S[CloseCode.FLOOD]
    assert line.desk.dropped == SPARING.flood_messages + 1


def test_a_client_that_calms_down_is_forgiven() -> None:
    line = Line(SPARING)
    line.enter()
    for _ in range(20):
        line.say(*[WISH] * (SPARING.messages_burst + SPARING.flood_messages - 5))
        line.pass_ticks(40)
        line.say(WISH)
    assert line.desk.ends == []


def test_a_client_that_never_calms_down_is_closed_however_slowly_it_goes_too_far() -> None:
    line = Line(SPARING)
    line.enter()
    for _ in range(80):
        line.pass_ticks(2)
        line.say(WISH, WISH)
    assert line.desk.ends == [CloseCode.FLOOD]


@pytest.mark.parametrize("last", [[], [Bye()]], ids=["staying", "leaving"])
def test_too_many_pings_before_welcome_break_no_rule_of_the_protocol(last: list[AnyClientMessage]) -> None:
    line = Line(SPARING)
    line.say(HELLO, *[Ping(1)] * 25, *last)
    if not line.session.closed:
        line.session.player = Player(9, "Ada", 0, line.session)
        line.session.welcome(WELCOME)
    stranger = Connection(Role.CLIENT, Framing.STREAM)
    stranger.send(HELLO)
    heard = [message for data in line.client.transport.written for message in stranger.feed(data)]
    assert isinstance(heard[-1], Goodbye if last else Welcome)


def test_bye_is_heard_from_a_client_who_has_talked_too_much() -> None:
    line = Line(SPARING)
    line.enter()
    line.say(*[WISH] * 25, Bye())
    assert line.desk.ends == [CloseCode.BYE]
