"""The PROXY protocol: who called is read, all else is a fault, and nothing behind the header is asked for."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.gateway.proxy_header import LINE_BYTES_MAX, REST_BYTES_MAX, SIGNATURE, ProxyFault, ProxyHeader

V4 = bytes((192, 0, 2, 7, 198, 51, 100, 1)) + bytes(4)
V6 = bytes.fromhex("20010db8000900000000000000000001") * 2 + bytes(4)


def binary(command: int, family: int, rest: bytes) -> bytes:
    return SIGNATURE + bytes((command, family)) + len(rest).to_bytes(2) + rest


def line(text: str) -> bytes:
    return f"PROXY {text}\r\n".encode("latin-1")


def read(stream: bytes, step: int = 10_000) -> tuple[str | None, int]:
    """The source, and how much of the stream was read for it; at most `step` bytes at a time."""
    header, at = ProxyHeader(), 0
    while header.wanted and at < len(stream):
        data = stream[at : at + min(step, header.wanted)]
        header.feed(data)
        at += len(data)
    assert not header.wanted, "it wants more"
    return header.source, at


GOOD = {
    line("TCP4 192.0.2.7 198.51.100.1 56324 7401"): "192.0.2.7",
    line("TCP6 2001:db8:9::1 2001:db8::1 1 7401"): "2001:db8:9::1",
    line("UNKNOWN"): None,
    line("UNKNOWN ffff:: whatever 1 2"): None,
    binary(0x21, 0x11, V4): "192.0.2.7",
    binary(0x21, 0x11, V4 + b"\x04\x00\x01x"): "192.0.2.7",
    binary(0x21, 0x21, V6): "2001:db8:9::1",
    binary(0x21, 0x00, b""): None,
    binary(0x20, 0x00, b""): None,
    binary(0x20, 0x11, V4): None,
}


@pytest.mark.parametrize(("header", "source"), GOOD.items(), ids=lambda part: repr(part)[:40])
@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_who_called_is_read_and_nothing_behind_it_is(header: bytes, source: str | None, step: int) -> None:
    assert read(header + b"\x16\x03\x01 the beginning of TLS", step) == (source, len(header))


@pytest.mark.parametrize(
    "stream",
    [
        b"GET /play HTTP/1.1\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00",
        b"\0" * 12,
        b"proxy TCP4 1.1.1.1 1.1.1.1 1 1\r\n",
        line("TCP4 192.0.2.7 198.51.100.1 56324"),
        line("TCP4 192.0.2.7 198.51.100.1 1 2 3"),
        line("TCP4 2001:db8:9::1 198.51.100.1 1 2"),
        line("TCP4 192.0.2.07 198.51.100.1 1 2"),
        line("TCP4 192.0.2.7 198.51.100.1 1 65536"),
        line("TCP4 192.0.2.7 198.51.100.1 -1 2"),
        line("TCP4 192.0.2.7 198.51.100.1 \xb2 2"),
        line("UDP4 192.0.2.7 198.51.100.1 1 2"),
        b"PROXY " + b"x" * LINE_BYTES_MAX,
        binary(0x21, 0x11, V4[:11]),
        binary(0x21, 0x21, V6[:35]),
        binary(0x22, 0x11, V4),
        binary(0x11, 0x11, V4),
        binary(0x21, 0x11, V4 + bytes(REST_BYTES_MAX)),
    ],
)
def test_anything_else_is_a_fault(stream: bytes) -> None:
    with pytest.raises(ProxyFault):
        read(stream)


@given(st.binary(max_size=300), st.sampled_from([b"", SIGNATURE, b"PROXY ", b"PROXY TCP4 ", SIGNATURE + b"\x21\x11"]))
@example(b"\r\n", b"PROXY UNKNOWN")
def test_whatever_arrives_it_is_a_header_a_fault_or_wants_little_more(rest: bytes, begins: bytes) -> None:
    header, stream = ProxyHeader(), begins + rest
    while header.wanted and stream:
        assert header.wanted <= REST_BYTES_MAX
        data, stream = stream[: header.wanted], stream[header.wanted :]
        try:
            header.feed(data)
        except ProxyFault:
            return
