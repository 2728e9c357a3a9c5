"""The codec sorts what arrives: a message, or the one close code that fits what is wrong with it.

What each message looks like, and what is refused with which code, is in tests/golden.
"""

import sys
import timeit
from typing import Annotated, Any, Literal

import msgpack  # type: ignore[import-untyped]
import msgspec
import pytest
from msgspec import Meta

from protocol.codec import FieldError, decode_client, decode_fields, decode_server, encode, kind_of, pack_fields
from protocol.errors import CloseCode, ProtocolError
from protocol.limits import CLIENT_MESSAGE_BYTES_MAX, SERVER_MESSAGE_BYTES_MAX
from protocol.messages import Bye, Crowd, Do, Frame, Goodbye, Hello, Move, Ping, Pong


class Say(msgspec.Struct, forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=1, max_length=200)]
    to: Literal["near", "far"] = "near"


SAY = msgspec.msgpack.Decoder(Say)


def code_of(payload: bytes) -> CloseCode:
    with pytest.raises(ProtocolError) as refused:
        decode_client(payload)
    return refused.value.code


def test_a_move_of_twelve_bytes_and_a_longer_form_of_it_are_the_same_message() -> None:
    long_form = b"\x92\x02\xc5\x00\x08abcdefgh"
    assert decode_client(b"\x92\x02\xc4\x08abcdefgh") == decode_client(long_form) == Move(b"abcdefgh")


def test_twelve_bytes_that_only_look_like_a_move_are_not_one() -> None:
    assert len(b"\x92\x05\xc4\x08abcdefgh") == 12
    assert code_of(b"\x92\x05\xc4\x08abcdefgh") is CloseCode.INVALID
    assert code_of(b"\x93\x02\xc4\x08abcdefgh") is CloseCode.MALFORMED


def test_a_move_decodes_in_well_under_a_microsecond() -> None:
    payload = encode(Move(b"abcdefgh"))
    # The best of many short runs is the cost without the neighbours; 0.3 µs is usual.
    best_s = min(timeit.repeat(lambda: decode_client(payload), number=1000, repeat=30)) / 1000
    assert best_s < 1e-6


@pytest.mark.parametrize("size", [CLIENT_MESSAGE_BYTES_MAX - 5, CLIENT_MESSAGE_BYTES_MAX - 4])
def test_a_client_message_may_fill_its_limit_and_not_a_byte_more(size: int) -> None:
    payload = b"\x92\x63\xc5" + size.to_bytes(2, "big") + bytes(size)
    expected = CloseCode.UNKNOWN_KIND if len(payload) <= CLIENT_MESSAGE_BYTES_MAX else CloseCode.TOO_BIG
    assert code_of(payload) is expected


def test_a_server_message_has_its_own_limit() -> None:
    counts = bytes(255 * 255)
    assert decode_server(encode(Crowd(0, 0, 0, 1, 255, 255, counts)))
    with pytest.raises(ProtocolError) as refused:
        decode_server(encode(Frame(bytes(28), b"")) + bytes(SERVER_MESSAGE_BYTES_MAX))
    assert refused.value.code is CloseCode.TOO_BIG


def test_what_is_malformed_is_malformed_even_when_an_earlier_field_is_wrong() -> None:
    bad_version_then_nothing = b"\x93\x01\xa1x"
    assert code_of(bad_version_then_nothing) is CloseCode.MALFORMED


def test_the_version_is_judged_before_every_other_field() -> None:
    assert code_of(msgpack.packb([1, 2, 3, 4, 5, 6, 7, 8])) is CloseCode.UNSUPPORTED_VERSION
    assert code_of(msgpack.packb([1, 2])) is CloseCode.UNSUPPORTED_VERSION
    assert code_of(msgpack.packb([1, -1, "Ann"])) is CloseCode.INVALID


def test_an_unsupported_version_is_told_the_supported_ones() -> None:
    with pytest.raises(ProtocolError, match="speaks protocol version 1"):
        decode_client(encode(Hello(9, "Ann")))


@pytest.mark.parametrize("name", ["A\nB", "A\u202eB", "A\u200bB", " A", "A ", "\u3164"])
@pytest.mark.parametrize("field", ["name", "client"])
def test_a_hello_whose_text_hides_something_names_the_field(field: str, name: str) -> None:
    with pytest.raises(ProtocolError, match=f"Hello: field '{field}' has an? ") as refused:
        decode_client(encode(msgspec.structs.replace(Hello(1), **{field: name})))
    assert refused.value.code is CloseCode.INVALID


def test_the_limit_of_a_name_counts_characters_and_not_bytes() -> None:
    assert decode_client(encode(Hello(1, "🎆" * 24))) == Hello(1, "🎆" * 24)
    assert code_of(encode(Hello(1, "a" * 25))) is CloseCode.INVALID


@pytest.mark.parametrize("opener", [b"\x91", b"\x81\x01", b"\xdc\x00\x01", b"\xdd\x00\x00\x00\x01", b"\x81\xa1k"])
@pytest.mark.parametrize("head", [b"", b"\x91", b"\x92\x01", b"\x94\x03\x01\xa3say", b"\x94\x03\x01\xa3say\x81\xa1t"])
def test_nesting_deeper_than_the_interpreter_is_no_way_out(opener: bytes, head: bytes) -> None:
    bomb = (head + opener * CLIENT_MESSAGE_BYTES_MAX)[:CLIENT_MESSAGE_BYTES_MAX]
    assert code_of(bomb) in (CloseCode.MALFORMED, CloseCode.INVALID)


def test_nesting_is_bounded_where_a_server_speaks_too() -> None:
    with pytest.raises(ProtocolError, match="nested too deep"):
        decode_server(b"\x94\x14\x01\xa1a\x81\xa1k" + b"\x91" * (sys.getrecursionlimit() + 10) + b"\xc0")


@pytest.mark.parametrize("head", ["db", "c6", "dd", "df", "c9"])
def test_a_declared_length_of_four_billion_allocates_nothing(head: str) -> None:
    # A decoder that believed it would ask for 4 GB and raise MemoryError, which nobody catches here.
    huge = bytes.fromhex(f"{head} ff ff ff ff")
    for payload in (huge, b"\x92\x01" + huge, b"\x94\x03\x01\xa3say" + huge, b"\x94\x03\x01\xa3say\x81\xa1t" + huge):
        assert code_of(payload) in (CloseCode.MALFORMED, CloseCode.INVALID)


def test_a_frame_whose_records_are_cut_is_refused() -> None:
    with pytest.raises(ProtocolError, match=r"'records'.*multiple of 12"):
        decode_server(encode(Frame(bytes(28), bytes(13))))


def test_a_frame_with_another_header_is_refused() -> None:
    with pytest.raises(ProtocolError, match="'header'"):
        decode_server(msgpack.packb([16, bytes(27), b""]))


def test_a_crowd_map_has_a_byte_for_each_cell() -> None:
    with pytest.raises(ProtocolError, match=r"'counts'.*columns \* rows"):
        decode_server(encode(Crowd(0, 0, 0, 800, 2, 2, bytes(5))))


def test_what_a_server_adds_at_the_end_of_a_message_is_skipped() -> None:
    assert decode_server(msgpack.packb([22, 1.5, 7, 0.25, "new", {"more": [1]}])) == Pong(1.5, 7, 0.25)
    assert decode_server(msgpack.packb([23, 1000, "", None, 1])) == Goodbye(1000, "", None)


def test_what_a_client_adds_is_not() -> None:
    assert code_of(msgpack.packb([4, 1.5, "new"])) is CloseCode.INVALID


def test_the_kind_of_a_whole_message_is_known_even_when_the_message_is_not() -> None:
    assert kind_of(msgpack.packb([200, "anything", {}])) == 200
    assert kind_of(encode(Bye())) == 5


def test_deeds_carry_their_fields_packed() -> None:
    do = decode_client(encode(Do(7, "say", pack_fields({"text": "hi"}))))
    assert isinstance(do, Do)
    assert msgpack.unpackb(bytes(do.fields)) == {"text": "hi"}
    assert decode_fields(do.fields, SAY) == Say("hi")


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({}, "text", "field 'text': missing"),
        ({"text": "x" * 201}, "text", "field 'text': expected str of length <= 200"),
        ({"text": "x", "volume": 11}, None, "unknown field; allowed: text, to"),
        ({"text": "x", "to": "all"}, "to", "field 'to': expected one of far, near"),
    ],
)
def test_fields_that_do_not_fit_are_told_by_name_and_limit(fields: Any, field: str | None, sentence: str) -> None:
    with pytest.raises(FieldError) as refused:
        decode_fields(pack_fields(fields), SAY)
    assert (refused.value.field, refused.value.sentence) == (field, sentence)


@pytest.mark.parametrize("broken", [b"\x81\xa4text\xa1\xff", b"\x81\xa1\xff\x01", b"\x81\xa4text" + b"\x91" * 3000])
def test_fields_that_are_no_msgpack_are_a_protocol_error(broken: bytes) -> None:
    with pytest.raises((ProtocolError, FieldError)) as refused:
        decode_fields(msgspec.Raw(broken), SAY)
    assert "\xff" not in str(refused.value)


def test_an_integer_will_do_where_a_float_is_asked() -> None:
    assert decode_client(msgpack.packb([4, 5])) == Ping(5.0)
