"""Lies: many, different, the same for the same seed, and for the most part refused by the protocol itself."""

from collections import Counter
from random import Random

import pytest

from loadtest.troubles.lies import deed_lie, forged_hello, payload_lie, wire_lie
from protocol.codec import decode_client, encode
from protocol.errors import CloseCode, ProtocolError

COUNT = 3000


def verdicts(payloads: list[bytes]) -> Counter[CloseCode | None]:
    """How the protocol takes each: the code it would close with, or None."""
    found: Counter[CloseCode | None] = Counter()
    for payload in payloads:
        try:
            decode_client(payload)
        except ProtocolError as error:
            found[error.code] += 1
        else:
            found[None] += 1
    return found


def test_the_same_seed_tells_the_same_lies() -> None:
    told = [[payload_lie(rng) for _ in range(200)] for rng in (Random(5), Random(5), Random(6))]
    assert told[0] == told[1]
    assert told[0] != told[2]


def test_lies_are_garbage_invalid_too_big_of_no_kind_and_now_and_then_legal() -> None:
    rng = Random(1)
    found = verdicts([payload_lie(rng) for _ in range(COUNT)])
    wanted = {CloseCode.MALFORMED, CloseCode.INVALID, CloseCode.UNKNOWN_KIND, CloseCode.TOO_BIG, None}
    assert wanted <= found.keys()
    assert min(found[code] for code in wanted) > COUNT / 100


def test_deeds_that_nobody_may_do_are_often_good_messages() -> None:
    rng = Random(1)
    assert verdicts([deed_lie(rng) for _ in range(COUNT)])[None] > COUNT / 2


@pytest.mark.parametrize("websocket", [False, True])
def test_wrong_bytes_are_of_every_kind_there_is(websocket: bool) -> None:
    rng = Random(1)
    assert len({wire_lie(rng, websocket)[:2] for _ in range(COUNT)}) > 20


def test_whoever_is_forged_says_so_in_a_legal_hello() -> None:
    rng = Random(1)
    hellos = [forged_hello(rng) for _ in range(200)]
    assert verdicts([encode(hello) for hello in hellos]).keys() <= {None, CloseCode.INVALID}
    assert len({hello.token for hello in hellos}) > 20
    assert len({hello.resume for hello in hellos}) > 20
