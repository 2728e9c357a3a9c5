"""The client's half of RFC 6455, against the RFC's own examples and against aiohttp's half in the swarm's tests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest import websocket as ws
from loadtest.websocket import FramingError, Piece
from protocol.framing import ws_frame

# RFC 6455, section 1.3.
KEY, ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
ANSWER = f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {ACCEPT}\r\n\r\n".encode()


def unmasked(data: bytes) -> tuple[int, bytes]:
    """Opcode and payload of one masked frame, by the letter of section 5.3."""
    opcode, size, at = data[0] & 0x0F, data[1] & 0x7F, 2
    assert data[0] & 0x80
    assert data[1] & 0x80
    if size == 126:
        size, at = int.from_bytes(data[2:4]), 4
    key, hidden = data[at : at + 4], data[at + 4 :]
    assert len(hidden) == size
    return opcode, bytes(byte ^ key[place % 4] for place, byte in enumerate(hidden))


def test_the_example_of_the_rfc_is_accepted() -> None:
    assert ws.accept_of(KEY) == ACCEPT
    assert ws.upgraded_at(ANSWER + b"\x82", KEY) == len(ANSWER)


def test_the_request_asks_for_an_upgrade() -> None:
    request = ws.upgrade_request("127.0.0.1:7400", "/play", KEY).decode()
    assert request.startswith("GET /play HTTP/1.1\r\nHost: 127.0.0.1:7400\r\n")
    assert f"Sec-WebSocket-Key: {KEY}\r\n" in request
    assert "Sec-WebSocket-Version: 13\r\n" in request
    assert request.endswith("\r\n\r\n")


def test_half_an_answer_is_no_answer_yet() -> None:
    assert all(ws.upgraded_at(ANSWER[:cut], KEY) is None for cut in range(len(ANSWER)))


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "503"),
        (ANSWER.replace(b"s3pP", b"xxxx"), "key"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "key"),
        (b"x" * 9000, "did not end"),
    ],
)
def test_a_wrong_answer_is_refused(answer: bytes, complaint: str) -> None:
    with pytest.raises(FramingError, match=complaint):
        ws.upgraded_at(answer, KEY)


def test_the_masked_hello_of_the_rfc() -> None:
    assert ws.masked(ws.TEXT, b"Hello", 0x37FA213D) == bytes.fromhex("818537fa213d7f9f4d5158")


@given(st.binary(max_size=4096), st.integers(0, 0xFFFFFFFF))
def test_what_is_masked_is_found_again(payload: bytes, mask: int) -> None:
    assert unmasked(ws.masked(ws.BINARY, payload, mask)) == (ws.BINARY, payload)


@given(st.sampled_from([0, 1, 125, 126, 127, 65535, 65536]))
def test_every_length_form_is_read(size: int) -> None:
    data = ws_frame(bytes(size))
    head = len(data) - size
    assert ws.next_piece(data, 0) == Piece(ws.BINARY, True, head, head + size)
    assert ws.next_piece(data[:-1] if size else data[:1], 0) is None


def test_fragments_and_control_frames_are_told_apart() -> None:
    data = b"\x02\x01a" + b"\x89\x02hi" + b"\x80\x01b"
    first = ws.next_piece(data, 0)
    assert first == Piece(ws.BINARY, False, 2, 3)
    ping = ws.next_piece(data, 3)
    assert ping == Piece(ws.PING, True, 5, 7)
    assert ws.next_piece(data, 7) == Piece(ws.CONTINUATION, True, 9, 10)


@pytest.mark.parametrize(
    "data",
    [
        b"\xc2\x00",  # a reserved bit
        b"\x83\x00",  # an opcode that does not exist
        b"\x82\x80\0\0\0\0",  # masked by a server
        b"\x89\x7e\x00\x80",  # a ping of 128 bytes
        b"\x09\x00",  # a fragmented ping
        b"\x82\x7f" + (1 << 40).to_bytes(8),  # a terabyte
    ],
)
def test_an_illegal_frame_is_refused(data: bytes) -> None:
    with pytest.raises(FramingError):
        ws.next_piece(data, 0)


def test_a_header_is_known_before_its_payload_has_come() -> None:
    frame = b"\x82\x7e\xff\xff" + bytes(65535)
    assert ws.next_head(frame[:3], 0) is None
    assert ws.next_head(frame[:4], 0) == ws.next_piece(frame, 0) == Piece(ws.BINARY, True, 4, 65539)
    assert ws.next_piece(frame[:-1], 0) is None


def test_a_reader_says_how_much_it_takes() -> None:
    head = b"\x82\x7f" + (100_000).to_bytes(8)
    assert ws.next_head(head, 0, 100_000) == Piece(ws.BINARY, True, 10, 100_010)
    with pytest.raises(FramingError, match="99999 is the most"):
        ws.next_head(head, 0, 99_999)
