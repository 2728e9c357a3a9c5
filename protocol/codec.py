"""Payload bytes to typed messages and back: whatever arrives, a message or a `ProtocolError`.

msgspec decodes and checks in one pass, and stops at the first thing it dislikes. What it dislikes
is sorted here: bytes that are not one whole msgpack value are MALFORMED, a first element that is no
kind of ours is UNKNOWN_KIND, and a message that does not fit its schema is INVALID.
"""

import struct
from typing import Any, NoReturn, TypeVar, get_args

import msgspec
from msgspec import msgpack

from protocol import messages
from protocol.crystals import CRYSTAL_ROW
from protocol.errors import CloseCode, ProtocolError
from protocol.frames import FRAME_PREFIX, MOVE_BYTES, MOVE_PREFIX, RECORD_BYTES
from protocol.keeping import settings_flaw
from protocol.limits import (
    CLIENT_MESSAGE_BYTES_MAX,
    PROTOCOL_VERSION,
    SERVER_MESSAGE_BYTES_MAX,
    SETTINGS_BYTES_MAX,
)
from protocol.messages import (
    AnyClientMessage,
    AnyMessage,
    AnyServerMessage,
    Crowd,
    Crystals,
    Do,
    Frame,
    Hello,
    Keep,
    Move,
    Welcome,
)
from protocol.reasons import Fault, validation_reason
from protocol.text import unprintable

T = TypeVar("T")

SUPPORTED_VERSIONS = (PROTOCOL_VERSION,)


class _Kind(msgspec.Struct, array_like=True):
    kind: int


class _Opening(msgspec.Struct, array_like=True):
    kind: int
    version: messages.U16


def _kinds(union: Any) -> dict[int, type]:
    return {message.__struct_config__.tag: message for message in get_args(union)}


CLIENT_KINDS = _kinds(AnyClientMessage)
SERVER_KINDS = _kinds(AnyServerMessage)

# Kinds from here on belong to servers; one that a client does not know is of a later server, to be skipped.
SERVER_KINDS_FROM = min(SERVER_KINDS)

_BIN_16 = struct.Struct(">BH")

_encoder = msgpack.Encoder()
_client: msgpack.Decoder[AnyClientMessage] = msgpack.Decoder(AnyClientMessage)
_server: msgpack.Decoder[AnyServerMessage] = msgpack.Decoder(AnyServerMessage)
_kind = msgpack.Decoder(_Kind)
_map: msgpack.Decoder[dict[str, Any]] = msgpack.Decoder(dict[str, Any])
_opening = msgpack.Decoder(_Opening)

# What msgspec raises at bytes that are not msgpack: RecursionError where nesting is deeper than the interpreter
# allows, and ValueError for all else: its own DecodeError, UnicodeDecodeError at text that is not UTF-8, and a bare
# one at a timestamp that rounds up into the year 10000. Its ValidationError, one of them too, is caught before.
_BROKEN = (ValueError, RecursionError)


class FieldError(Exception):
    """A deed's fields do not fit its schema: `field` (None: the whole) and a sentence, for `Denied`."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.sentence)
        self.field = fault.field
        self.sentence = fault.sentence


def encode(message: AnyMessage) -> bytes:
    """The payload of `message`: what a WebSocket message holds and a TCP prefix counts.

    A frame's records always take the three-byte form of `bin`, as in `protocol.frames`, so that
    whoever builds frames as rows of an array and whoever encodes one here says the same bytes.
    """
    if isinstance(message, Frame):
        return FRAME_PREFIX + message.header + _BIN_16.pack(0xC5, len(message.records)) + message.records
    return _encoder.encode(message)


def numbered(payload: bytes, serial: int) -> bytes:
    """A Happened or Denied that was encoded with serial 0, with this one instead: it is the last byte."""
    return payload[:-1] + _encoder.encode(serial)


def pack_fields(fields: dict[str, Any]) -> msgspec.Raw:
    """The `fields` of a `Do`, or the `settings` of a `Keep`, packed."""
    return msgspec.Raw(_encoder.encode(fields))


def unpack_map(packed: msgspec.Raw) -> dict[str, Any]:
    """What a packed map holds, whatever that is. Raises ProtocolError when it is no map with `str` keys."""
    try:
        return _map.decode(packed)
    except msgspec.ValidationError:
        raise ProtocolError(CloseCode.INVALID, "settings: expected a map with str keys") from None
    except _BROKEN as error:
        raise _malformed(error) from None


def decode_client(payload: bytes) -> AnyClientMessage:
    """What a client said. Raises ProtocolError, and nothing else."""
    if len(payload) == MOVE_BYTES and payload.startswith(MOVE_PREFIX):
        return Move(payload[4:])
    if len(payload) > CLIENT_MESSAGE_BYTES_MAX:
        raise ProtocolError(CloseCode.TOO_BIG, f"a client message has at most {CLIENT_MESSAGE_BYTES_MAX} bytes")
    try:
        message = _client.decode(payload)
    except msgspec.ValidationError as error:
        _refuse(payload, error, CLIENT_KINDS)
    except _BROKEN as error:
        raise _malformed(error) from None
    if isinstance(message, Hello):
        _check_hello(message)
    elif isinstance(message, Do):
        _check_map("Do", "fields", message.fields)
    elif isinstance(message, Keep):
        _check_keep(message)
    return message


def decode_server(payload: bytes) -> AnyServerMessage:
    """What a server said. Raises ProtocolError, and nothing else."""
    if len(payload) > SERVER_MESSAGE_BYTES_MAX:
        raise ProtocolError(CloseCode.TOO_BIG, f"a server message has at most {SERVER_MESSAGE_BYTES_MAX} bytes")
    try:
        message = _server.decode(payload)
    except msgspec.ValidationError as error:
        _refuse(payload, error, SERVER_KINDS)
    except _BROKEN as error:
        raise _malformed(error) from None
    if isinstance(message, Frame):
        _check_length("Frame", "records", len(message.records) % RECORD_BYTES == 0, f"a multiple of {RECORD_BYTES}")
    elif isinstance(message, Crowd):
        _check_length("Crowd", "counts", len(message.counts) == message.columns * message.rows, "columns * rows")
    elif isinstance(message, Crystals):
        _check_length(
            "Crystals", "rows", len(message.rows) % CRYSTAL_ROW.size == 0, f"a multiple of {CRYSTAL_ROW.size}"
        )
    elif isinstance(message, Welcome):
        _check_map("Welcome", "settings", message.settings)
    return message


def decode_fields(fields: msgspec.Raw, decoder: "msgpack.Decoder[T]") -> T:
    """A deed's own fields, checked by `decoder`.

    Raises FieldError when they do not fit its type, ProtocolError when they are not msgpack at all.
    """
    try:
        return decoder.decode(fields)
    except msgspec.ValidationError as error:
        raise FieldError(validation_reason(error, decoder.type)) from None
    except _BROKEN as error:
        raise _malformed(error) from None


def kind_of(payload: bytes) -> int:
    """The kind of a whole message, known or not. Raises ProtocolError when it cannot have one."""
    try:
        return _kind.decode(payload).kind
    except msgspec.ValidationError:
        raise ProtocolError(CloseCode.INVALID, "a message is an array that begins with its kind, an int") from None
    except _BROKEN as error:
        raise _malformed(error) from None


def _malformed(error: Exception) -> ProtocolError:
    if isinstance(error, RecursionError):
        return ProtocolError(CloseCode.MALFORMED, "nested too deep")
    if isinstance(error, UnicodeDecodeError):
        return ProtocolError(CloseCode.MALFORMED, "text is not UTF-8")
    if "truncated" in str(error):
        return ProtocolError(CloseCode.MALFORMED, "the message ends before its last value does")
    return ProtocolError(CloseCode.MALFORMED, "not exactly one msgpack value")


def _refuse(payload: bytes, error: msgspec.ValidationError, kinds: dict[int, type]) -> NoReturn:
    kind = kind_of(payload)
    if kind not in kinds:
        raise ProtocolError(CloseCode.UNKNOWN_KIND, f"expected a kind from {min(kinds)} to {max(kinds)}") from None
    if kinds[kind] is Hello:
        _check_version(payload)
    fault = validation_reason(error, kinds[kind])
    raise ProtocolError(CloseCode.INVALID, f"{kinds[kind].__name__}: {fault.sentence}") from None


def _check_version(payload: bytes) -> None:
    """A Hello of another version may have any fields after its version: name the version first."""
    try:
        version = _opening.decode(payload).version
    except msgspec.ValidationError:
        return
    _supported(version)


def _supported(version: int) -> None:
    if version not in SUPPORTED_VERSIONS:
        names = ", ".join(map(str, SUPPORTED_VERSIONS))
        raise ProtocolError(CloseCode.UNSUPPORTED_VERSION, f"this server speaks protocol version {names}")


def _check_hello(hello: Hello) -> None:
    _supported(hello.version)
    for field, text in (("name", hello.name), ("client", hello.client)):
        if text and (flaw := unprintable(text)):
            raise ProtocolError(CloseCode.INVALID, f"Hello: field '{field}' has {flaw}")


def _check_length(message: str, field: str, fits: bool, expected: str) -> None:
    if not fits:
        raise ProtocolError(CloseCode.INVALID, f"{message}: field '{field}': expected a length of {expected} bytes")


def _check_map(message: str, field: str, packed: msgspec.Raw) -> None:
    first = memoryview(packed)[0]
    # fixmap, map 16, map 32
    if not (0x80 <= first <= 0x8F or first in (0xDE, 0xDF)):
        raise ProtocolError(CloseCode.INVALID, f"{message}: field '{field}': expected map")


def _check_keep(keep: Keep) -> None:
    """What is kept is handed to the player's next client as it is: everything in it is looked at here, once."""
    _check_map("Keep", "settings", keep.settings)
    size = len(memoryview(keep.settings))
    _check_length("Keep", "settings", size <= SETTINGS_BYTES_MAX, f"at most {SETTINGS_BYTES_MAX}")
    if flaw := settings_flaw(unpack_map(keep.settings)):
        raise ProtocolError(CloseCode.INVALID, f"Keep: field 'settings': {flaw}")
