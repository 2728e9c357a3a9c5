"""The table of states, message by message, from both ends and over both transports."""

from typing import get_args

import msgpack  # type: ignore[import-untyped]
import pytest

from protocol import messages as m
from protocol.codec import encode, pack_fields
from protocol.connection import Connection, Framing, Role, State
from protocol.errors import CloseCode, ProtocolError
from protocol.framing import tcp_frame
from protocol.limits import CLIENT_MESSAGE_BYTES_MAX, SERVER_MESSAGE_BYTES_MAX

HELLO = m.Hello(1, "Ann")
WELCOME = m.Welcome(
    1, "s", 7, "Ann", "r", False, 20, 10, 0, 0.0, [], {}, {}, m.Limits(4096, 40, 80, 30, 24, 64, 32), ""
)
SAID: dict[type, m.AnyMessage] = {
    type(message): message
    for message in (
        HELLO,
        m.Move(bytes(8)),
        m.Do(1, "sit", pack_fields({})),
        m.Ping(1.0),
        m.Bye(),
        m.Keep(pack_fields({"volume": 1})),
        m.Frame(bytes(28), b""),
        WELCOME,
        m.Profiles([]),
        m.Crowd(0, 0, 0, 0, 0, 0, b""),
        m.Happened(1, "dusk", {}),
        m.Denied(1, "fly", "unknown", None, "no"),
        m.Pong(1.0, 1, 0.0),
        m.Goodbye(1000, "", None),
        m.Crystals(1, 0, 0, 0, b""),
        m.Sky(1, bytes(8)),
        m.Queued("q", 2, None),
        m.Closing(30.0, "an update"),
    )
}
# The table of connection.py, written a second time: what is heard, and the state it leads to. What may be
# said is the same, but for a server's last word in CLOSED.
TABLE: dict[State, dict[type, State]] = {
    State.AWAIT_HELLO: {m.Hello: State.AWAIT_WELCOME, m.Goodbye: State.CLOSED},
    State.AWAIT_WELCOME: {
        m.Ping: State.AWAIT_WELCOME,
        m.Pong: State.AWAIT_WELCOME,
        m.Queued: State.AWAIT_WELCOME,
        m.Closing: State.AWAIT_WELCOME,
        m.Welcome: State.OPEN,
        m.Bye: State.CLOSED,
        m.Goodbye: State.CLOSED,
    },
    State.OPEN: {
        **{cls: State.OPEN for cls in SAID if cls not in (m.Hello, m.Queued, m.Welcome)},
        m.Bye: State.CLOSED,
        m.Goodbye: State.CLOSED,
    },
    State.CLOSED: {},
}
WAY_TO: dict[State, list[m.AnyMessage]] = {
    State.AWAIT_HELLO: [],
    State.AWAIT_WELCOME: [HELLO],
    State.OPEN: [HELLO, WELCOME],
    State.CLOSED: [HELLO, WELCOME],
}
EVERY = [(state, cls) for state in State for cls in SAID]


def framed(framing: Framing, message: m.AnyMessage) -> bytes:
    return tcp_frame(encode(message)) if framing is Framing.STREAM else encode(message)


def says(role: Role, message: m.AnyMessage) -> bool:
    return isinstance(message, m.ClientMessage) is (role is Role.CLIENT)


def brought_to(state: State, role: Role, framing: Framing) -> Connection:
    """A connection in `state`; the other side has ended it when that is CLOSED."""
    connection = Connection(role, framing)
    end = [m.Bye() if role is Role.SERVER else m.Goodbye(1000, "", None)] if state is State.CLOSED else []
    for message in [*WAY_TO[state], *end]:
        if says(role, message):
            connection.send(message)
        else:
            list(connection.feed(framed(framing, message)))
    assert connection.state is state
    return connection


def opened(role: Role, framing: Framing = Framing.MESSAGES) -> Connection:
    return brought_to(State.OPEN, role, framing)


def test_the_table_is_about_every_message() -> None:
    assert set(SAID) == set(get_args(m.AnyMessage))


@pytest.mark.parametrize("framing", Framing)
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("state", "cls"), EVERY)
def test_a_message_is_heard_in_its_states_and_in_no_other(
    state: State, cls: type, role: Role, framing: Framing
) -> None:
    connection = brought_to(state, role, framing)
    message = SAID[cls]
    data = framed(framing, message)
    if says(role, message):
        with pytest.raises(ProtocolError):
            list(connection.feed(data))  # nobody says the other side's messages
    elif cls in TABLE[state]:
        assert [encode(heard) for heard in connection.feed(data)] == [encode(message)]
        assert connection.state is TABLE[state][cls]
        return
    else:
        with pytest.raises(ProtocolError) as refused:
            list(connection.feed(data))
        assert refused.value.code is CloseCode.UNEXPECTED
    assert connection.state is State.CLOSED


@pytest.mark.parametrize("framing", Framing)
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("state", "cls"), EVERY)
def test_a_message_may_be_said_in_its_states_and_in_no_other(
    state: State, cls: type, role: Role, framing: Framing
) -> None:
    connection = brought_to(state, role, framing)
    message = SAID[cls]
    if says(role, message) and cls in (TABLE[state] or {m.Goodbye: State.CLOSED}):
        assert connection.send(message) == framed(framing, message)
        assert connection.state is TABLE[state].get(cls, State.CLOSED)
    else:
        with pytest.raises(AssertionError, match=cls.__name__):
            connection.send(message)
        assert connection.state is state


@pytest.mark.parametrize("framing", Framing)
def test_two_ends_go_through_a_whole_session_in_step(framing: Framing) -> None:
    ends = {role: Connection(role, framing) for role in Role}
    script: list[m.AnyMessage] = [
        HELLO,
        m.Ping(1.0),
        m.Pong(1.0, 1, 0.0),
        m.Queued("q", 1, 0.5),
        WELCOME,
        *list(SAID.values())[1:4],
    ]
    for message in [*script, m.Frame(bytes(28), bytes(24)), m.Bye()]:
        speaker, listener = (ends[role] for role in sorted(Role, key=lambda role: not says(role, message)))
        heard = list(listener.feed(speaker.send(message)))
        assert [encode(one) for one in heard] == [encode(message)]
        assert speaker.state is listener.state
    assert ends[Role.SERVER].state is State.CLOSED


def test_good_messages_before_a_bad_one_are_heard() -> None:
    connection = opened(Role.SERVER, Framing.STREAM)
    heard = []
    chunk = (
        tcp_frame(encode(m.Ping(1.0)))
        + tcp_frame(encode(m.Ping(2.0)))
        + tcp_frame(b"\xc1")
        + tcp_frame(encode(m.Bye()))
    )
    with pytest.raises(ProtocolError) as refused:  # noqa: PT012 - what was heard before the error is the point
        for message in connection.feed(chunk):
            heard.append(message)  # noqa: PERF402
    assert heard == [m.Ping(1.0), m.Ping(2.0)]
    assert refused.value.code is CloseCode.MALFORMED


@pytest.mark.parametrize("framing", Framing)
@pytest.mark.parametrize("role", Role)
def test_after_an_error_nothing_is_accepted(role: Role, framing: Framing) -> None:
    connection = opened(role, framing)
    with pytest.raises(ProtocolError):
        list(connection.feed(b"\xff" * 8))
    assert connection.state is State.CLOSED
    for data in (b"\0", framed(framing, SAID[m.Ping if role is Role.SERVER else m.Pong])):
        with pytest.raises(ProtocolError) as refused:
            list(connection.feed(data))
        assert refused.value.code is CloseCode.UNEXPECTED


@pytest.mark.parametrize("framing", Framing)
@pytest.mark.parametrize("role", Role)
def test_what_was_in_flight_when_we_said_the_last_word_is_dropped(role: Role, framing: Framing) -> None:
    connection = opened(role, framing)
    connection.send(m.Bye() if role is Role.CLIENT else m.Goodbye(1001, "", 5.0))
    in_flight = SAID[m.Ping if role is Role.SERVER else m.Frame]
    assert list(connection.feed(framed(framing, in_flight))) == []
    assert list(connection.feed(b"\xff" * 9)) == []


@pytest.mark.parametrize("framing", Framing)
def test_a_server_answers_a_bye_or_a_broken_message_with_one_goodbye(framing: Framing) -> None:
    after_bye, broken = brought_to(State.CLOSED, Role.SERVER, framing), opened(Role.SERVER, framing)
    with pytest.raises(ProtocolError):
        list(broken.feed(b"\xff" * 8))
    for connection in (after_bye, broken):
        assert connection.send(SAID[m.Goodbye]) == framed(framing, SAID[m.Goodbye])
        with pytest.raises(AssertionError, match="Goodbye"):
            connection.send(SAID[m.Goodbye])


def test_the_rest_of_a_chunk_is_dropped_when_its_reader_says_goodbye() -> None:
    connection = opened(Role.SERVER, Framing.STREAM)
    heard = 0
    for _ in connection.feed(tcp_frame(encode(m.Ping(1.0))) * 3):
        heard += 1
        connection.send(m.Goodbye(4007, "flood", 60.0))
    assert heard == 1


def test_another_version_is_refused_before_its_fields_are_read() -> None:
    connection = Connection(Role.SERVER, Framing.MESSAGES)
    with pytest.raises(ProtocolError) as refused:
        list(connection.feed(msgpack.packb([1, 2, {"name": "Ann"}, 4, 5, 6, 7])))
    assert refused.value.code is CloseCode.UNSUPPORTED_VERSION


@pytest.mark.parametrize("state", [State.AWAIT_HELLO, State.AWAIT_WELCOME, State.OPEN])
def test_a_client_skips_kinds_of_a_later_server_in_any_state(state: State) -> None:
    connection = brought_to(state, Role.CLIENT, Framing.STREAM)
    later = tcp_frame(msgpack.packb([31, "weather", {"rain": True}])) + tcp_frame(msgpack.packb([4000]))
    assert list(connection.feed(later + framed(Framing.STREAM, m.Goodbye(1001, "", 5.0)))) == [m.Goodbye(1001, "", 5.0)]


def test_a_client_does_not_skip_kinds_that_are_no_servers() -> None:
    for kind in (-1, 0, 5, 15):
        with pytest.raises(ProtocolError) as refused:
            list(opened(Role.CLIENT).feed(msgpack.packb([kind])))
        assert refused.value.code is CloseCode.UNKNOWN_KIND


def test_a_server_skips_nothing() -> None:
    with pytest.raises(ProtocolError) as refused:
        list(opened(Role.SERVER).feed(msgpack.packb([31])))
    assert refused.value.code is CloseCode.UNKNOWN_KIND


@pytest.mark.parametrize(
    ("role", "bytes_max"), [(Role.SERVER, CLIENT_MESSAGE_BYTES_MAX), (Role.CLIENT, SERVER_MESSAGE_BYTES_MAX)]
)
@pytest.mark.parametrize("framing", Framing)
def test_each_end_refuses_what_is_too_big_for_the_other_to_say(role: Role, framing: Framing, bytes_max: int) -> None:
    connection = opened(role, framing)
    with pytest.raises(ProtocolError) as refused:
        list(connection.feed((bytes_max + 1).to_bytes(4, "big") if framing is Framing.STREAM else bytes(bytes_max + 1)))
    assert refused.value.code is CloseCode.TOO_BIG


# ---- intents without a decoder -------------------------------------------------------------------

INTENT = bytes(range(8))
MOVE = m.Move(INTENT)


def in_the_city(framing: Framing) -> Connection:
    """A server's end, after Hello and Welcome."""
    connection = Connection(Role.SERVER, framing)
    hello = encode(HELLO)
    list(connection.feed(tcp_frame(hello) if framing is Framing.STREAM else hello))
    connection.send(WELCOME)
    return connection


def as_sent(message: m.AnyMessage, framing: Framing) -> bytes:
    payload = encode(message)
    return tcp_frame(payload) if framing is Framing.STREAM else payload


@pytest.mark.parametrize("framing", list(Framing))
def test_a_whole_move_is_its_intent(framing: Framing) -> None:
    connection = in_the_city(framing)
    assert connection.intent(as_sent(MOVE, framing)) == INTENT
    assert list(connection.feed(as_sent(MOVE, framing))) == [MOVE]


@pytest.mark.parametrize("framing", list(Framing))
def test_nothing_else_is_an_intent(framing: Framing) -> None:
    connection = in_the_city(framing)
    move = as_sent(MOVE, framing)
    others = [as_sent(SAID[kind], framing) for kind in (m.Do, m.Ping, m.Keep)]
    for data in (b"", move[:-1], move + b"\0", move + move, bytes(len(move)), *others):
        assert connection.intent(data) is None


def test_a_move_behind_an_unfinished_message_is_no_intent() -> None:
    connection = in_the_city(Framing.STREAM)
    list(connection.feed(as_sent(MOVE, Framing.STREAM)[:5]))
    assert connection.intent(as_sent(MOVE, Framing.STREAM)) is None


@pytest.mark.parametrize("framing", list(Framing))
def test_before_the_welcome_and_after_the_end_no_move_is_an_intent(framing: Framing) -> None:
    early = Connection(Role.SERVER, framing)
    assert early.intent(as_sent(MOVE, framing)) is None
    over = in_the_city(framing)
    over.send(m.Goodbye(1000, "", None))
    assert over.intent(as_sent(MOVE, framing)) is None
