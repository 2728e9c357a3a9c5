"""What bad input gets: its own close code or a Denied that names field and limit, and nobody else notices."""

import asyncio

import msgpack  # type: ignore[import-untyped]
import pytest

from protocol import messages as m
from protocol.codec import encode
from protocol.errors import CloseCode
from protocol.limits import CLIENT_MESSAGE_BYTES_MAX, NAME_CHARS_MAX
from server.settings import GameSettings
from tests.flow.stages import PATIENCE_S, Player, Stage, TcpPlayer, WebSocketPlayer, WebSocketStage, staged
from tests.scenario import deed

HELLO = encode(m.Hello(1, "Mallory"))


def say(fields: object) -> bytes:
    """A Do whose fields are whatever is wanted."""
    packed: bytes = msgpack.packb([3, 7, "say", fields])
    return packed


# What is sent first, the code it ends with, and words of the reason.
BEFORE_HELLO = {
    "garbage": (b"\xc1\xff\x00garbage", CloseCode.MALFORMED, "msgpack"),
    "no hello": (encode(m.Ping(1.0)), CloseCode.UNEXPECTED, "Hello"),
    "old version": (msgpack.packb([1, 0, "Ada"]), CloseCode.UNSUPPORTED_VERSION, "version 1"),
    "old version with other fields": (msgpack.packb([1, 9, {"new": 1}]), CloseCode.UNSUPPORTED_VERSION, "version 1"),
    "missing version": (msgpack.packb([1]), CloseCode.INVALID, "version"),
    "mistyped name": (msgpack.packb([1, 1, 5]), CloseCode.INVALID, "name"),
    "long name": (msgpack.packb([1, 1, "x" * 25]), CloseCode.INVALID, str(NAME_CHARS_MAX)),
    "control characters": (msgpack.packb([1, 1, "A\x07da"]), CloseCode.INVALID, "name"),
    "extra field": (msgpack.packb([1, 1, "Ada", None, None, "", 0, 1]), CloseCode.INVALID, "at most"),
    "a token nobody can check": (encode(m.Hello(1, None, "e30.e30.")), CloseCode.BAD_TOKEN, "token"),
    "unknown kind": (msgpack.packb([9]), CloseCode.UNKNOWN_KIND, "1 to 6"),
    "a server's message": (msgpack.packb([16, b"", b""]), CloseCode.UNKNOWN_KIND, "1 to 6"),
    "a map": (msgpack.packb({"kind": 1}), CloseCode.INVALID, "array"),
    "deep nesting": (b"\x91" * 4000, CloseCode.INVALID, "kind"),
    "a huge array": (b"\xdd\xff\xff\xff\xff", CloseCode.MALFORMED, "ends before"),
    "a huge text": (b"\x93\x01\x01\xdb\xff\xff\xff\xff", CloseCode.MALFORMED, "ends before"),
    "a long message": (HELLO + bytes(CLIENT_MESSAGE_BYTES_MAX), CloseCode.TOO_BIG, "4096"),
}

AFTER_WELCOME = {
    "a second hello": (HELLO, CloseCode.UNEXPECTED, "once"),
    "a short intent": (msgpack.packb([2, b"1234567"]), CloseCode.INVALID, "intent"),
    "an intent of floats": (msgpack.packb([2, [float("nan")] * 8]), CloseCode.INVALID, "intent"),
    "not a number": (msgpack.packb([4, float("nan")]), CloseCode.INVALID, "sent"),
    "infinity": (msgpack.packb([4, float("inf")]), CloseCode.INVALID, "sent"),
    "fields that are no map": (say([]), CloseCode.INVALID, "fields"),
    "nested fields": (b"\x94\x03\x01\xa3say" + b"\x91" * 4000, CloseCode.MALFORMED, "deep"),
}

DENIED = {
    "unknown deed": (encode(deed("fly", 7)), "unknown_deed", "deed", "wave"),
    "missing field": (say({}), "invalid", "text", "missing"),
    "extra field": (say({"text": "x", "loud": True}), "invalid", None, "unknown"),
    "mistyped field": (say({"text": 5}), "invalid", "text", "str"),
    "empty text": (say({"text": ""}), "invalid", "text", "1"),
    "oversize text": (say({"text": "x" * 201}), "invalid", "text", "200"),
    "not a number": (say({"text": float("nan")}), "invalid", "text", "str"),
    "no such hand": (encode(deed("wave", 7, hand="third")), "invalid", "hand", "left"),
}


@pytest.mark.parametrize("case", BEFORE_HELLO)
async def test_a_bad_beginning_is_ended_with_its_own_code_and_reason(stage: Stage, case: str) -> None:
    payload, code, words = BEFORE_HELLO[case]
    ada = await stage.join("Ada")
    mallory = await stage.connect()
    await mallory.send_payload(payload)
    await mallory.settled()
    goodbye = mallory.last(m.Goodbye)
    assert (goodbye.code, words in goodbye.reason) == (code, True), goodbye
    await nobody_else_notices(stage, ada, code)


@pytest.mark.parametrize("case", AFTER_WELCOME)
async def test_a_broken_message_ends_the_session_with_its_own_code(stage: Stage, case: str) -> None:
    payload, code, words = AFTER_WELCOME[case]
    ada = await stage.join("Ada")
    mallory = await stage.join("Mallory")
    await mallory.send_payload(payload)
    await mallory.settled()
    goodbye = mallory.last(m.Goodbye)
    assert (goodbye.code, words in goodbye.reason) == (code, True), goodbye
    await nobody_else_notices(stage, ada, code)
    assert mallory.entity not in ada.shown[-1]


@pytest.mark.parametrize("case", DENIED)
async def test_a_wrong_deed_is_denied_by_field_and_limit_and_the_session_goes_on(stage: Stage, case: str) -> None:
    payload, reason, field, words = DENIED[case]
    mallory = await stage.join("Mallory")
    await mallory.send_payload(payload)
    await mallory.settled()
    denied = mallory.last(m.Denied)
    assert (denied.number, denied.reason) == (7, reason)
    assert field in (denied.field, None)
    assert words in denied.message, denied
    await stage.tick(4)
    assert mallory.closed_with is None
    assert mallory.frame.tick >= stage.scenario.city.tick - 1


async def test_text_frames_are_refused_on_websocket() -> None:
    async with staged("ws") as stage:
        mallory = await stage.connect()
        assert isinstance(mallory, WebSocketPlayer)
        await mallory.socket.send_str("hello")
        await mallory.over()
        assert mallory.closed_with == mallory.socket.close_code == CloseCode.TEXT_FRAME


async def test_the_close_frame_carries_the_code_and_the_reason() -> None:
    async with staged("ws") as stage:
        mallory = await stage.connect()
        assert isinstance(mallory, WebSocketPlayer)
        await mallory.send_payload(b"\xc1")
        await mallory.over()
        assert mallory.socket.close_code == CloseCode.MALFORMED


async def test_a_message_that_the_library_itself_refuses_is_counted_as_too_big() -> None:
    async with staged("ws") as stage:
        mallory = await stage.connect()
        assert isinstance(mallory, WebSocketPlayer)
        await mallory.socket.send_bytes(bytes(100_000))
        await mallory.over()
        assert mallory.socket.close_code == CloseCode.TOO_BIG
    assert closed(stage, CloseCode.TOO_BIG) == 1


@pytest.mark.parametrize("prefix", [b"\x00\x00\x10\x01", b"\xff\xff\xff\xff", b"\x00\x00\x00\x00"])
async def test_a_tcp_length_that_cannot_be_is_refused_before_its_message_comes(prefix: bytes) -> None:
    async with staged("tcp") as stage:
        mallory = await stage.connect()
        assert isinstance(mallory, TcpPlayer)
        mallory.writer.write(prefix)
        await mallory.over()
        assert mallory.closed_with in (CloseCode.TOO_BIG, CloseCode.MALFORMED)


async def test_silence_after_connecting_is_ended_after_five_seconds(stage: Stage) -> None:
    ada = await stage.join("Ada")
    silent = await stage.connect()
    stage.players.remove(silent)
    await stage.tick(99)
    assert silent.closed_with is None
    await stage.tick(21)
    assert silent.closed_with == CloseCode.HELLO_TIMEOUT
    assert ada.closed_with is None


async def test_a_message_that_never_ends_is_silence() -> None:
    async with staged("tcp") as stage:
        trickler = await stage.connect()
        stage.players.remove(trickler)
        assert isinstance(trickler, TcpPlayer)
        trickler.writer.write(b"\x00\x00\x0f\xff")
        for _ in range(6):
            trickler.writer.write(b"x")
            await stage.tick(20)
        await trickler.over()
        assert trickler.closed_with == CloseCode.HELLO_TIMEOUT


async def test_an_idle_player_is_let_go_but_may_come_back(stage: Stage) -> None:
    ada, ben = await stage.join("Ada"), await stage.join("Ben")
    stage.players.remove(ada)
    for _ in range(31):
        await ben.settled()
        stage.scenario.tick(20)
    await ada.settled()
    assert ada.closed_with == CloseCode.IDLE
    assert ben.closed_with is None
    again = await stage.join("Ada", resume=ada.welcome.resume)
    assert again.entity == ada.entity


async def test_a_flood_is_dropped_then_denied_then_closed_and_costs_nobody_else_a_frame() -> None:
    settings = GameSettings(messages_per_s=40, messages_burst=80, flood_messages=200)
    async with staged("memory", settings) as stage:
        ada, mallory = await stage.join("Ada"), await stage.join("Mallory")
        for _ in range(80 + 100):
            await mallory.send_payload(encode(m.Ping(1.0)))
        assert len(mallory.all(m.Pong)) <= 80 + 40
        assert [denied.reason for denied in mallory.all(m.Denied)] == ["rate"]
        assert "40" in mallory.last(m.Denied).message
        for _ in range(200):
            await mallory.send_payload(encode(m.Ping(1.0)))
        assert mallory.closed_with == CloseCode.FLOOD
        retry_after_s = mallory.last(m.Goodbye).retry_after_s
        assert retry_after_s is not None
        assert retry_after_s > 0
        await nobody_else_notices(stage, ada, CloseCode.FLOOD)


async def nobody_else_notices(stage: Stage, other: Player, code: CloseCode) -> None:
    """The end was counted under its cause, and somebody else's frames go on."""
    assert closed(stage, code) == 1
    before = len(other.frames)
    await stage.tick(4)
    assert len(other.frames) == before + 2


def closed(stage: Stage, code: CloseCode) -> float:
    """How often this cause has been counted."""
    value = stage.scenario.city.metrics.registry.get_sample_value(
        "futurecity_connections_closed_total", {"cause": code.name.lower()}
    )
    assert value is not None
    return value


async def test_a_client_that_does_not_wait_for_the_handshake_is_heard_all_the_same() -> None:
    async with staged("ws") as stage:
        assert isinstance(stage, WebSocketStage)
        reader, writer = await asyncio.open_connection("127.0.0.1", stage.port)
        handshake = "GET /play HTTP/1.1\r\nHost: city\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        handshake += "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        hello = bytes((0x82, 0x80 | len(HELLO), 0, 0, 0, 0)) + HELLO
        writer.write(handshake.encode() + hello[:5])
        async with asyncio.timeout(PATIENCE_S):
            await reader.readuntil(b"\r\n\r\n")
            bye = bytes((0x82, 0x82, 0, 0, 0, 0)) + b"\x91\x05"
            writer.write(hello[5:] + bye)
            # Past two bytes of WebSocket header: a Goodbye that answers the Bye.
            assert (await reader.readexactly(7))[2:] == encode(m.Goodbye(1000, "goodbye", None))[:5]
        writer.transport.abort()
