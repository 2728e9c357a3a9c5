"""The set of messages is sound: kinds are unique and in their half, and bounds are what they claim."""

from typing import get_args

import msgspec
import pytest

from protocol import limits, messages
from protocol.codec import CLIENT_KINDS, SERVER_KINDS, decode_client, decode_server, encode, pack_fields
from protocol.errors import ProtocolError

CLIENT = get_args(messages.AnyClientMessage)
SERVER = get_args(messages.AnyServerMessage)


def test_every_message_class_is_in_its_union() -> None:
    assert set(messages.ClientMessage.__subclasses__()) == set(CLIENT)
    assert set(messages.ServerMessage.__subclasses__()) == set(SERVER)


def test_kinds_tell_who_speaks() -> None:
    assert set(CLIENT_KINDS) == set(range(1, 7))
    assert set(SERVER_KINDS) == set(range(16, 28))
    assert len(CLIENT_KINDS) + len(SERVER_KINDS) == len(CLIENT) + len(SERVER)


@pytest.mark.parametrize("cls", CLIENT)
def test_what_a_client_says_may_have_no_field_too_many(cls: type[msgspec.Struct]) -> None:
    assert cls.__struct_config__.forbid_unknown_fields


@pytest.mark.parametrize("cls", SERVER)
def test_what_a_server_says_may_grow(cls: type[msgspec.Struct]) -> None:
    assert not cls.__struct_config__.forbid_unknown_fields


@pytest.mark.parametrize("cls", [*CLIENT, *SERVER])
def test_messages_are_values(cls: type[msgspec.Struct]) -> None:
    assert cls.__struct_config__.frozen


def test_the_longest_hello_fits_a_client_message() -> None:
    longest = messages.Hello(
        65535,
        "🎆" * limits.NAME_CHARS_MAX,
        "t" * limits.TOKEN_CHARS_MAX,
        "r" * limits.RESUME_CHARS_MAX,
        "🎆" * limits.CLIENT_NAME_CHARS_MAX,
        2**32 - 1,
    )
    assert len(encode(longest)) <= limits.CLIENT_MESSAGE_BYTES_MAX


def test_a_line_of_chat_in_any_script_fits_a_client_message() -> None:
    line = messages.Do(2**32 - 1, "d" * limits.DEED_CHARS_MAX, pack_fields({"text": "🎆" * 200}))
    assert len(encode(line)) <= limits.CLIENT_MESSAGE_BYTES_MAX


def test_the_most_that_may_be_kept_fits_a_client_message() -> None:
    settings = pack_fields({"a": "a" * (limits.SETTINGS_BYTES_MAX - 6)})
    assert len(memoryview(settings)) == limits.SETTINGS_BYTES_MAX
    assert len(encode(messages.Keep(settings))) <= limits.CLIENT_MESSAGE_BYTES_MAX


def test_a_guests_way_back_is_never_longer_than_a_token_may_be() -> None:
    # Welcome.token is said again as Hello.token: whoever issues one is bound by the same limit.
    hello = messages.Hello(1, token="t" * limits.TOKEN_CHARS_MAX)
    assert decode_client(encode(hello)) == hello


def test_a_ticket_is_never_longer_than_a_way_back_may_be() -> None:
    # Queued.ticket is said again as Hello.resume.
    ticket = "q" * limits.RESUME_CHARS_MAX
    assert decode_server(encode(messages.Queued(ticket, 1, None))) == messages.Queued(ticket, 1, None)
    assert decode_client(encode(messages.Hello(1, resume=ticket))) == messages.Hello(1, resume=ticket)
    with pytest.raises(ProtocolError, match=f"ticket.*{limits.RESUME_CHARS_MAX}"):
        decode_server(encode(messages.Queued(ticket + "q", 1, None)))


@pytest.mark.parametrize(
    "told", [messages.Happened(7, "dusk", {"at": 1}), messages.Denied(3, "sit", "no", None, "not here")]
)
def test_the_serial_of_what_is_not_numbered_yet_is_its_last_byte(told: messages.Happened | messages.Denied) -> None:
    # So whoever numbers it for one client changes the end of bytes that were encoded once.
    numbered = encode(msgspec.structs.replace(told, serial=2**32 - 1))
    assert encode(told)[-1:] == b"\0"
    assert encode(told)[:-1] + msgspec.msgpack.encode(2**32 - 1) == numbered


def test_a_full_frame_fits_a_short_websocket_frame() -> None:
    # Up to 65,535 bytes the length takes two bytes, which is the header the row layout has room for.
    records = bytes(12 * (limits.FRAME_RECORDS_MAX + limits.PINNED_MAX))
    assert len(encode(messages.Frame(bytes(28), records))) < 1 << 16


def test_a_crowd_map_of_the_largest_size_fits_a_server_message() -> None:
    counts = bytes(255 * 255)
    assert len(encode(messages.Crowd(0, 0, 0, 800, 255, 255, counts))) <= limits.SERVER_MESSAGE_BYTES_MAX
