"""The PROXY protocol, versions 1 and 2, without its socket: a proxy says who called before that is heard.

https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt. Nothing behind the header may be read with it, because it
belongs to TLS or to the game: `wanted` says how many bytes may be read next, and is 0 when the header is whole.

    v1    PROXY TCP4 192.0.2.7 198.51.100.1 56324 7401\\r\\n     or TCP6, or UNKNOWN and anything
    v2    signature (12) · version and command · family · length (2) · addresses · what else the proxy tells
"""

from ipaddress import IPv4Address, IPv6Address

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_LINE_BEGINS = b"PROXY "
# From the specification: the longest line of version 1.
LINE_BYTES_MAX = 107
# Two addresses take 36 bytes; the rest are certificates' names and the like, which proxies keep short.
REST_BYTES_MAX = 2048
_FIXED_BYTES = 16
_LOCAL, _PROXY = 0x20, 0x21
# Family and transport, of a stream: how long one address is, and what reads it.
_FAMILIES: dict[int, tuple[int, type[IPv4Address] | type[IPv6Address]]] = {
    0x11: (4, IPv4Address),
    0x21: (16, IPv6Address),
}
_LINE_FAMILIES: dict[str, type[IPv4Address] | type[IPv6Address]] = {"TCP4": IPv4Address, "TCP6": IPv6Address}
_PORT_MAX = 65535


class ProxyFault(Exception):  # noqa: N818 - it is the proxy's fault, or of whoever pretends to be one
    """What came is no PROXY header; the text says why."""


class ProxyHeader:
    """Fed exactly what is `wanted` until that is 0; then `source` is who called, None for the proxy itself."""

    def __init__(self) -> None:
        self.wanted = len(SIGNATURE)
        self.source: str | None = None
        self._seen = bytearray()

    def feed(self, data: bytes) -> None:
        """At most `wanted` bytes more. Raises ProxyFault."""
        assert 0 < len(data) <= self.wanted, "nothing behind the header may be read"
        self._seen += data
        self.wanted -= len(data)
        if not self.wanted:
            self._go_on()

    def _go_on(self) -> None:
        seen = bytes(self._seen)
        if seen.startswith(SIGNATURE):
            self._binary(seen)
        elif seen.startswith(_LINE_BEGINS):
            self._line(seen)
        else:
            raise ProxyFault("it begins like neither version")

    def _binary(self, seen: bytes) -> None:
        if len(seen) < _FIXED_BYTES:
            self.wanted = _FIXED_BYTES - len(seen)
            return
        rest_bytes = int.from_bytes(seen[14:16])
        if rest_bytes > REST_BYTES_MAX:
            raise ProxyFault(f"it is longer than {REST_BYTES_MAX} bytes")
        self.wanted = _FIXED_BYTES + rest_bytes - len(seen)
        if not self.wanted:
            self._read_binary(seen)

    def _read_binary(self, seen: bytes) -> None:
        command, family = seen[12], seen[13]
        if command == _LOCAL:
            # The proxy looks whether we are alive.
            return
        if command != _PROXY:
            raise ProxyFault("its version or command is unknown")
        if family in _FAMILIES:
            size, kind = _FAMILIES[family]
            if len(seen) < _FIXED_BYTES + 2 * size + 4:
                raise ProxyFault("its addresses are cut off")
            self.source = str(kind(seen[_FIXED_BYTES : _FIXED_BYTES + size]))

    def _line(self, seen: bytes) -> None:
        if not seen.endswith(b"\r\n"):
            if len(seen) >= LINE_BYTES_MAX:
                raise ProxyFault(f"its line is longer than {LINE_BYTES_MAX} bytes")
            # How much of the line is left nobody knows, and what follows it is not ours.
            self.wanted = 1
            return
        words = seen[:-2].decode("ascii", "replace").split(" ")
        if words[1] != "UNKNOWN":
            self.source = _source(words)


def _source(words: list[str]) -> str:
    kind = _LINE_FAMILIES.get(words[1])
    if kind is None or len(words) != 6:
        raise ProxyFault("its line is not TCP4 or TCP6, two addresses and two ports")
    try:
        source, _ = kind(words[2]), kind(words[3])
    except ValueError:
        raise ProxyFault("its line has an address that is none") from None
    if not all(port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= _PORT_MAX for port in words[4:]):
        raise ProxyFault("its line has a port that is none")
    return str(source)
