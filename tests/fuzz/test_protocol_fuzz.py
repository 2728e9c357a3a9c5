"""Whatever arrives, whole or byte by byte, it parses or raises ProtocolError, and costs bounded memory.

Four kinds of bytes go in: arbitrary ones, valid messages with something changed, msgpack bombs, and
streams of all of these; in both roles, over both framings, however the stream is cut.
"""

import json
import re
import tracemalloc
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import Meta, msgpack

from protocol import messages as m
from protocol.codec import FieldError, decode_client, decode_fields, decode_server, encode, kind_of
from protocol.connection import Connection, Framing, Role, State
from protocol.errors import CloseCode, ProtocolError
from protocol.framing import Splitter, tcp_frame
from protocol.limits import CLIENT_MESSAGE_BYTES_MAX, REASON_BYTES_MAX, SERVER_MESSAGE_BYTES_MAX

GOLDEN = Path(__file__).parent.parent / "golden"
DECODE: dict[Role, Callable[[bytes], m.AnyMessage]] = {Role.SERVER: decode_client, Role.CLIENT: decode_server}
HELLO = m.Hello(1, "Ann")
WELCOME = m.Welcome(
    1, "s", 7, "Ann", "r", False, 20, 10, 0, 0.0, [], {}, {}, m.Limits(4096, 40, 80, 30, 24, 64, 32), ""
)


class Line(msgspec.Struct, forbid_unknown_fields=True):
    """A deed's fields with a bit of everything a deed may have."""

    text: Annotated[str, Meta(min_length=1, max_length=200)]
    size: float = 1.0
    tags: list[str] = []
    look: dict[str, int] = {}


LINE = msgpack.Decoder(Line)


class Verdict(NamedTuple):
    """What became of some bytes: the messages said again, and the error that ended it."""

    said: tuple[str, ...]
    error: str | None


# ---- the bytes -----------------------------------------------------------------------------------


def valid_payloads() -> list[bytes]:
    """Every golden vector of both sides."""
    documents = (json.loads(path.read_text("utf-8")) for path in sorted(GOLDEN.glob("*.json")))
    return [unhex(vector["hex"]) for document in documents for vector in document.get("vectors", [])]


def unhex(pieces: list[str]) -> bytes:
    split = (piece.partition(" ×") for piece in pieces)
    return b"".join(bytes.fromhex(body) * int(times or 1) for body, _, times in split)


VALID = valid_payloads()
# A declared length of up to four billion for str, bin, array, map and ext, with nothing behind it.
HUGE = [bytes.fromhex(f"{head} ff ff ff ff") for head in ("db", "c6", "dd", "df", "c9")]
LARGE = [bytes.fromhex(f"{head} ff ff") for head in ("da", "c5", "dc", "de", "c8")]
DEEP = [opener * 1500 for opener in (b"\x91", b"\x81\x01", b"\x81\xa1k", b"\xdc\x00\x01", b"\x92\xc0", b"\x81")]
ODD = [
    b"\xc1",
    b"\xd6\xff\x00\x00\x00\x00",
    b"\xd7\xff" + b"\xff" * 8,
    b"\xc7\x0c\xff" + b"\xff" * 12,
    b"\xa1\xff",
    b"\xd4\x05\x00",
    bytes.fromhex("c7 0c ff 3b 9a c9 ff 00 00 00 3a ff f4 41 7f"),
]
BOMBS = HUGE + LARGE + DEEP + ODD


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A valid message with one to four bytes or pieces changed, cut, repeated or blown up."""
    payload = bytearray(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(payload)))
        upto = min(len(payload), at + draw(st.integers(0, 6)))
        payload[at:upto] = draw(st.binary(max_size=6) | st.sampled_from([bytes(payload[at:upto]) * 2, *BOMBS]))
    return bytes(payload)


PAYLOADS = st.sampled_from(VALID) | mutated() | st.binary(max_size=60) | st.sampled_from(BOMBS)
STREAMS = st.lists(PAYLOADS.map(tcp_frame) | st.binary(max_size=12), max_size=6).map(b"".join)
CUTS = st.lists(st.integers(0, 2000), max_size=10)


def pieces_of(stream: bytes, cuts: Iterable[int]) -> list[bytes]:
    edges = [0, *sorted({cut for cut in cuts if cut < len(stream)}), len(stream)]
    return [stream[low:high] for low, high in pairwise(edges)]


# ---- the judgement -------------------------------------------------------------------------------


def judged(error: ProtocolError) -> str:
    """An error as text, once it has been found fit to be told."""
    assert 0 < len(error.reason.encode()) <= REASON_BYTES_MAX
    assert error.reason.isprintable()
    return f"{error.code.name}: {error.reason}"


def decoded(decode: Callable[[bytes], m.AnyMessage], payload: bytes) -> Verdict:
    try:
        message = decode(payload)
    except ProtocolError as error:
        return Verdict((), judged(error))
    return Verdict((repr_of(message),), None)


def repr_of(message: m.AnyMessage) -> str:
    """A message as text that tells any two apart: `Raw` shows its address, not its bytes."""
    return re.sub(r"<msgspec\.Raw object at \w+>", lambda _: repr(packed_of(message)), repr(message))


def packed_of(message: m.AnyMessage) -> bytes:
    """The part of a message that its receiver leaves packed."""
    return bytes(message.fields if isinstance(message, m.Do) else message.settings)  # type: ignore[union-attr]


def conversed(connection: Connection, chunks: Iterable[bytes]) -> Verdict:
    """What one end hears in `chunks`, a server answering a Hello as servers do; up to the first error."""
    said: list[str] = []
    try:
        for chunk in chunks:
            for message in connection.feed(chunk):
                said.append(repr_of(message))
                if isinstance(message, m.Hello):
                    connection.send(WELCOME)
    except ProtocolError as error:
        assert connection.state is State.CLOSED
        return Verdict(tuple(said), judged(error))
    return Verdict(tuple(said), None)


def fresh(role: Role, framing: Framing, opened: bool) -> Connection:
    """A connection at its beginning, or one that has exchanged Hello and Welcome."""
    connection = Connection(role, framing)
    for message in (HELLO, WELCOME) if opened else ():
        if isinstance(message, m.ClientMessage) is (role is Role.CLIENT):
            connection.send(message)
        else:
            payload = encode(message)
            assert list(connection.feed(payload if framing is Framing.MESSAGES else tcp_frame(payload)))
    return connection


# ---- one message ---------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
@settings(max_examples=400)
@given(PAYLOADS)
def test_a_payload_parses_or_raises_protocol_error(role: Role, payload: bytes) -> None:
    decoded(DECODE[role], payload)


@settings(max_examples=300)
@given(PAYLOADS)
def test_what_a_client_may_say_means_the_same_when_said_again(payload: bytes) -> None:
    try:
        message = decode_client(payload)
    except ProtocolError:
        return
    assert repr_of(decode_client(encode(message))) == repr_of(message)


@settings(max_examples=200)
@given(PAYLOADS)
def test_the_kind_of_anything_is_a_number_or_a_protocol_error(payload: bytes) -> None:
    try:
        assert isinstance(kind_of(payload), int)
    except ProtocolError as error:
        judged(error)


@settings(max_examples=300)
@given(mutated() | st.binary(max_size=40) | st.sampled_from(BOMBS))
@example(b"")
@example(b"\x81\xa4text\xa1\xff")
@example(b"\x81\xa1\xff\x01")
def test_a_deeds_fields_fit_or_are_refused(fields: bytes) -> None:
    try:
        decode_fields(msgspec.Raw(fields), LINE)
    except ProtocolError as error:
        judged(error)
    except FieldError as unfit:
        judged(ProtocolError(CloseCode.INVALID, unfit.sentence))
        named = unfit.field.split("[")[0] if unfit.field else None
        assert named in (None, *Line.__struct_fields__)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb[:6].hex())
def test_a_bomb_in_any_position_of_any_message_is_disarmed(bomb: bytes, role: Role) -> None:
    # The heads of the longest vectors are enough: behind them is one long text.
    for payload in VALID:
        for at in range(min(len(payload), 64)):
            decoded(DECODE[role], payload[:at] + bomb)
            decoded(DECODE[role], payload[:at] + bomb + payload[at + 1 :])


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    "fill", [b"\x90", b"\x80", b"\xc0", b"\xa0", b"\xcb" + bytes(8), b"\x81\xa0\x80"], ids=lambda f: f.hex()
)
@pytest.mark.parametrize(
    "head",
    [b"\x94\x14\x01\xa1a\x81\xa1k\xdd\xff\xff\xff\xff", b"\x92\x12\xdd\xff\xff\xff\xff", b"\xdd\xff\xff\xff\xff"],
)
def test_a_message_costs_no_more_than_its_bytes_are_worth(head: bytes, fill: bytes, role: Role) -> None:
    bytes_max = CLIENT_MESSAGE_BYTES_MAX if role is Role.SERVER else SERVER_MESSAGE_BYTES_MAX
    payload = (head + fill * bytes_max)[:bytes_max]
    tracemalloc.start()
    decoded(DECODE[role], payload)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # A server makes nothing of what a client nests. A client does, and its dearest bytes are maps of one
    # empty map: some 250 bytes of objects for three of the wire. The rest is an error and its text.
    dearest = 2 if role is Role.SERVER else 100
    assert peak_bytes < dearest * bytes_max + 8192


# ---- streams -------------------------------------------------------------------------------------


@pytest.mark.parametrize("opened", [False, True])
@pytest.mark.parametrize("role", Role)
@settings(max_examples=150)
@given(STREAMS, CUTS)
def test_a_stream_means_the_same_however_it_is_cut(role: Role, opened: bool, stream: bytes, cuts: list[int]) -> None:
    bytewise = (bytes([byte]) for byte in stream)
    whole = conversed(fresh(role, Framing.STREAM, opened), [stream])
    assert conversed(fresh(role, Framing.STREAM, opened), pieces_of(stream, cuts)) == whole
    assert conversed(fresh(role, Framing.STREAM, opened), bytewise) == whole


@pytest.mark.parametrize("role", Role)
@settings(max_examples=150)
@given(st.lists(PAYLOADS.filter(lambda payload: 0 < len(payload) <= CLIENT_MESSAGE_BYTES_MAX), max_size=6))
def test_both_framings_hear_the_same(role: Role, payloads: list[bytes]) -> None:
    streamed = conversed(fresh(role, Framing.STREAM, opened=True), [b"".join(map(tcp_frame, payloads))])
    assert conversed(fresh(role, Framing.MESSAGES, opened=True), payloads) == streamed


@settings(max_examples=200)
@given(STREAMS, CUTS, st.integers(1, 300))
def test_a_splitter_holds_at_most_one_message_and_its_prefix(stream: bytes, cuts: list[int], bytes_max: int) -> None:
    splitter = Splitter(bytes_max)
    try:
        for piece in pieces_of(stream, cuts):
            for payload in splitter.feed(piece):
                assert 0 < len(payload) <= bytes_max
            assert splitter.held_bytes < bytes_max + 4
    except ProtocolError as error:
        judged(error)
        assert splitter.held_bytes <= bytes_max + 4


@pytest.mark.parametrize("role", Role)
def test_a_stream_that_never_ends_its_message_costs_one_message(role: Role) -> None:
    bytes_max = CLIENT_MESSAGE_BYTES_MAX if role is Role.SERVER else SERVER_MESSAGE_BYTES_MAX
    connection = Connection(role, Framing.STREAM)
    tracemalloc.start()
    for piece in [bytes_max.to_bytes(4, "big"), *[b"\x91"] * (bytes_max - 1)]:
        assert list(connection.feed(piece)) == []
    held_bytes = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    # A bytearray grows by an eighth at a time.
    assert held_bytes < bytes_max * 1.25 + 4096
