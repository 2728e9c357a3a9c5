"""What a liar may send, as bytes: every way we know of to be wrong on this wire, and a few to be wrong in the city.

`payload_lie` is a message in good framing, `wire_lie` is wrong before it is a message, `forged_hello` is what somebody
may claim to be. All chance comes from `rng`. The list only grows: whatever once broke a server belongs here.
"""

import base64
import math
import struct
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec

from protocol import messages as m
from protocol.codec import encode, pack_fields
from protocol.frames import INTENT
from protocol.limits import CLIENT_MESSAGE_BYTES_MAX, PROTOCOL_VERSION

U32_MAX, U64_MAX = 2**32 - 1, 2**64 - 1
# The server's own commands, and a few that are nobody's.
NOT_YOURS = ("join", "leave", "arrive", "confirm", "reject", "halt", "steer_event", "teleport", "__init__", "", "\0")
ODD_NUMBERS = (-1, 0, U32_MAX, U32_MAX + 1, U64_MAX, -(2**63), math.nan, math.inf, -math.inf, 1e308)
ODD_TEXTS = ("", "\0", "\u202e\u202d", "\ud7ff", "a\n" * 300, "💥" * 600, "<script>", "%s%n", "'; DROP TABLE player;--")
ODD_VALUES: tuple[Any, ...] = (*ODD_NUMBERS, *ODD_TEXTS, None, True, b"\xff", [], {}, [[[[]]]], {"": {"": {}}})
FIELDS = ("text", "hand", "crystal", "kind", "colours", "emote", "number", "x", "entity", "account", "value", "")
DEEDS = ("say", "wave", "emote", "sit", "pick_up_crystal", "light_firework", "move")

Lie = Callable[[Random], bytes]


def payload_lie(rng: Random) -> bytes:
    """A message in good framing that is wrong in itself, or asks for what nobody may have."""
    return rng.choice(_PAYLOADS)(rng)


def wire_lie(rng: Random, websocket: bool) -> bytes:
    """Bytes that are no frame of this transport, or one that nobody may send."""
    return rng.choice(_WEBSOCKET if websocket else _TCP)(rng)


def forged_hello(rng: Random) -> m.Hello:
    """Somebody who claims to be who they are not."""
    return m.Hello(PROTOCOL_VERSION, _name(rng), forged_token(rng), forged_resume(rng), "futurecity-loadtest")


def forged_token(rng: Random) -> str | None:
    """A proof that proves nothing: unsigned, signed by somebody else, or of a guest who never was."""
    head = _base64('{"alg":"none","typ":"JWT"}' if rng.random() < 0.5 else '{"alg":"HS256"}')
    claims = _base64('{"sub":"admin","aud":"futurecity","role":"staff","exp":4102444800}')
    signed = f"{head}.{claims}.{_base64(rng.randbytes(32).hex())}"
    return rng.choice((None, signed, f"{head}.{claims}.", rng.randbytes(16).hex(), "..", "a" * 2048))


def forged_resume(rng: Random) -> str | None:
    """A way back that was never given."""
    return rng.choice((None, rng.randbytes(16).hex(), rng.randbytes(12).hex(), "a" * 64, "\0"))


# ---- messages that are wrong ---------------------------------------------------------------------------


def _noise(rng: Random) -> bytes:
    return rng.randbytes(rng.randint(1, 300))


def _cut_short(rng: Random) -> bytes:
    whole = _truth(rng)
    return whole[: rng.randrange(1, len(whole))]


def _with_more(rng: Random) -> bytes:
    return _truth(rng) + rng.randbytes(rng.randint(1, 20))


def _flipped(rng: Random) -> bytes:
    whole = bytearray(_truth(rng))
    whole[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
    return bytes(whole)


def _of_another_kind(rng: Random) -> bytes:
    return msgspec.msgpack.encode([rng.choice((0, 5, 16, 17, 21, 23, 27, 99, 255, U32_MAX, -1)), *_values(rng)])


def _of_the_wrong_types(rng: Random) -> bytes:
    return msgspec.msgpack.encode([rng.randint(1, 6), *_values(rng)])


def _not_even_a_list(rng: Random) -> bytes:
    return msgspec.msgpack.encode(rng.choice(ODD_VALUES))


def _huge_by_its_own_account(rng: Random) -> bytes:
    return b"\x94\x03" + rng.choice((b"\xdd", b"\xdf", b"\xc6", b"\xdb")) + b"\xff\xff\xff\xff"


def _nested(rng: Random) -> bytes:
    return b"\x93\x03\x01" + rng.choice((b"\x91", b"\x81\xa0")) * rng.randint(10, 1000) + b"\xc0"


def _too_long(rng: Random) -> bytes:
    return encode(m.Do(1, "say", pack_fields({"text": "x" * (CLIENT_MESSAGE_BYTES_MAX + rng.randint(1, 5000))})))


def _no_text(rng: Random) -> bytes:
    return b"\x94\x03\x01\xa3say\x81\xa4text\xa4" + rng.choice(
        (b"\xff\xfe\xfd\xfc", b"\xc0\x80\xc0\x80", b"\xed\xa0\x80a")
    )


def _another_hello(rng: Random) -> bytes:
    return encode(forged_hello(rng))


def _odd_ping(rng: Random) -> bytes:
    return encode(m.Ping(rng.choice((math.nan, math.inf, -math.inf, 1e308, -0.0))))


# ---- deeds that nobody may do --------------------------------------------------------------------------


def _teleport(rng: Random) -> bytes:
    """There is no such deed; and an intent with every byte at random says nothing of places either."""
    if rng.random() < 0.5:
        fields = {"x": rng.choice(ODD_NUMBERS), "z": rng.randrange(-(10**6), 10**6), "zone": "crystal_plaza"}
        return _do(rng, rng.choice(NOT_YOURS), fields)
    return b"\x92\x02\xc4" + bytes([INTENT.size]) + rng.randbytes(INTENT.size)


def _odd_intent(rng: Random) -> bytes:
    size = rng.choice((0, INTENT.size - 1, INTENT.size + 1, 255))
    return b"\x92\x02\xc4" + bytes([size]) + rng.randbytes(size)


def _far_pick_up(rng: Random) -> bytes:
    return _do(rng, "pick_up_crystal", {"crystal": rng.choice((rng.randrange(1, 10_000), *ODD_NUMBERS))})


def _odd_deed(rng: Random) -> bytes:
    fields = {rng.choice(FIELDS): rng.choice(ODD_VALUES) for _ in range(rng.randint(0, 5))}
    return _do(rng, rng.choice(DEEDS), fields)


def _free_firework(rng: Random) -> bytes:
    fields = {"kind": rng.choice(("sparkler", "nova", *ODD_TEXTS)), "colours": ["gold"] * rng.choice((0, 1, 50))}
    return _do(rng, "light_firework", fields | {"cost": rng.choice(ODD_NUMBERS)})


def _odd_settings(rng: Random) -> bytes:
    return b"\x92\x06" + rng.choice(
        (b"\x81\xa0" * 40 + b"\xc0", b"\xc5\x10\x00" + bytes(4096), b"\xc0", b"\x81\xc0\xc0")
    )


_PAYLOADS: tuple[Lie, ...] = (
    _noise, _cut_short, _with_more, _flipped, _of_another_kind, _of_the_wrong_types, _not_even_a_list,
    _huge_by_its_own_account, _nested, _too_long, _no_text, _another_hello, _odd_ping,
    _teleport, _odd_intent, _far_pick_up, _odd_deed, _free_firework, _odd_settings,
)  # fmt: skip
# Those that a session outlives, mostly: the city says no, and it goes on.
_DEEDS: tuple[Lie, ...] = (_teleport, _far_pick_up, _odd_deed, _free_firework)


def deed_lie(rng: Random) -> bytes:
    """A well-formed wish for what nobody may have."""
    return rng.choice(_DEEDS)(rng)


# ---- bytes that are no message -------------------------------------------------------------------------


def _declares(size: int) -> Lie:
    return lambda rng: struct.pack(">I", size) + rng.randbytes(8)


def _another_protocol(rng: Random) -> bytes:
    return rng.choice(
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"SSH-2.0-x\r\n")
    )


_TCP: tuple[Lie, ...] = (
    _noise, _another_protocol,
    _declares(0), _declares(CLIENT_MESSAGE_BYTES_MAX + 1), _declares(2**31), _declares(U32_MAX),
)  # fmt: skip


def _frame(head: int, size_code: int, wide: bytes = b"", payload_bytes: int = 4) -> Lie:
    return lambda rng: bytes([head, size_code]) + wide + rng.randbytes(4) + rng.randbytes(payload_bytes)


_WEBSOCKET: tuple[Lie, ...] = (
    _noise,
    # Not masked; reserved bits; an opcode of no meaning; text; a close of one byte.
    _frame(0x82, 0x04), _frame(0xF2, 0x84), _frame(0x83, 0x84), _frame(0x81, 0x84), _frame(0x88, 0x81, payload_bytes=1),
    # A ping that is too long, one in parts, a continuation of nothing.
    _frame(0x89, 0xFE, b"\x00\xc8", 200), _frame(0x09, 0x84), _frame(0x80, 0x84),
    # Lengths of 2 to the 62nd and to the 63rd, and a short one in long form.
    _frame(0x82, 0xFF, b"\x40" + bytes(7)), _frame(0x82, 0xFF, b"\xff" * 8), _frame(0x82, 0xFF, bytes(7) + b"\x04"),
)  # fmt: skip


# ---- and the truth -------------------------------------------------------------------------------------


def _truth(rng: Random) -> bytes:
    """A legal message, to be spoilt."""
    return rng.choice(
        (
            encode(m.Ping(rng.random())),
            encode(m.Do(rng.randrange(U32_MAX), "say", pack_fields({"text": "hello"}))),
            encode(m.Move(INTENT.pack(rng.randrange(U32_MAX), 0, 0, 1, 0))),
        )
    )


def _do(rng: Random, deed: str, fields: dict[str, Any]) -> bytes:
    """By hand, so that a name or a number may be what no message of ours could have."""
    return msgspec.msgpack.encode([3, rng.choice((1, 2, rng.randrange(U32_MAX))), deed, fields])


def _values(rng: Random) -> list[Any]:
    return [rng.choice(ODD_VALUES) for _ in range(rng.randint(0, 6))]


def _name(rng: Random) -> str:
    return rng.choice(("Bot", "\u202e", "a" * 24, "admin"))


def _base64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
