"""Messages come out of a stream as they went in, however it was cut, and a bad length is refused at once."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import CloseCode, ProtocolError
from protocol.framing import Splitter, tcp_frame, ws_frame

PAYLOADS = [b"a", b"bc", b"\0" * 255, b"d" * 256, b"e" * 1000]


def fed(splitter: Splitter, *chunks: bytes) -> list[bytes]:
    return [payload for chunk in chunks for payload in splitter.feed(chunk)]


def test_a_tcp_frame_is_four_bytes_of_big_endian_length_and_the_payload() -> None:
    assert tcp_frame(b"abc") == bytes.fromhex("00 00 00 03 61 62 63")


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, "82 00"),
        (125, "82 7d"),
        (126, "82 7e 00 7e"),
        (65535, "82 7e ff ff"),
        (65536, "82 7f 00 00 00 00 00 01 00 00"),
    ],
)
def test_a_websocket_frame_takes_the_shortest_length_and_no_mask(size: int, head: str) -> None:
    # RFC 6455, section 5.2: "the minimal number of bytes MUST be used to encode the length".
    payload = b"x" * size
    assert ws_frame(payload) == bytes.fromhex(head) + payload


def test_payloads_come_out_of_one_chunk_in_order() -> None:
    assert fed(Splitter(1000), b"".join(map(tcp_frame, PAYLOADS))) == PAYLOADS


def test_payloads_come_out_byte_by_byte() -> None:
    stream = b"".join(map(tcp_frame, PAYLOADS))
    assert fed(Splitter(1000), *(bytes([byte]) for byte in stream)) == PAYLOADS


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=8), st.lists(st.integers(0, 400), max_size=12))
def test_payloads_do_not_depend_on_where_the_stream_is_cut(payloads: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(map(tcp_frame, payloads))
    edges = [0, *sorted(cut for cut in cuts if cut <= len(stream)), len(stream)]
    chunks = [stream[a:b] for a, b in pairwise(edges)]
    assert fed(Splitter(40), *chunks) == payloads


def test_a_payload_is_whole_as_soon_as_its_last_byte_is_there() -> None:
    splitter = Splitter(10)
    frame = tcp_frame(b"hello")
    assert fed(splitter, frame[:-1]) == []
    assert fed(splitter, frame[-1:]) == [b"hello"]
    assert splitter.held_bytes == 0


@pytest.mark.parametrize("cut", range(5))
def test_a_length_above_the_bound_is_refused_when_its_fourth_byte_arrives(cut: int) -> None:
    splitter = Splitter(10)
    prefix = (11).to_bytes(4, "big")
    if cut < 4:
        assert fed(splitter, prefix[:cut]) == []
    with pytest.raises(ProtocolError) as refused:
        fed(splitter, prefix[cut if cut < 4 else 0 :])
    assert refused.value.code is CloseCode.TOO_BIG
    assert "10" in refused.value.reason


def test_a_length_of_zero_is_malformed() -> None:
    with pytest.raises(ProtocolError) as refused:
        fed(Splitter(10), bytes(4))
    assert refused.value.code is CloseCode.MALFORMED


def test_good_messages_before_a_bad_length_still_come_out() -> None:
    got = []
    with pytest.raises(ProtocolError):  # noqa: PT012 - what came out before the error is the point
        for payload in Splitter(10).feed(tcp_frame(b"one") + tcp_frame(b"two") + b"\xff" * 4):
            got.append(payload)  # noqa: PERF402
    assert got == [b"one", b"two"]


def test_the_bound_itself_is_allowed() -> None:
    assert fed(Splitter(10), tcp_frame(b"x" * 10)) == [b"x" * 10]


@pytest.mark.parametrize("step", [1, 3, 7, 100])
def test_it_never_holds_more_than_one_message_and_its_prefix(step: int) -> None:
    splitter = Splitter(50)
    stream = tcp_frame(b"x" * 50) * 4
    for at in range(0, len(stream), step):
        fed(splitter, stream[at : at + step])
        assert splitter.held_bytes < 54


def test_a_half_message_that_never_ends_costs_only_what_was_sent() -> None:
    splitter = Splitter(4096)
    fed(splitter, (4096).to_bytes(4, "big") + b"x")
    assert splitter.held_bytes == 5
