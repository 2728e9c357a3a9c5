"""Where a server is: `ws://host:port/path` or `tcp://host:port`, with TLS `wss://` or `tcps://`."""

import ssl
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

_PORT_OF = {"ws": 7400, "tcp": 7401}
_TRANSPORT_OF: dict[str, Literal["ws", "tcp"]] = {"ws": "ws", "wss": "ws", "tcp": "tcp", "tcps": "tcp"}


class Target(NamedTuple):
    """One address of a server, and the transport spoken there.

    With `tls`, its certificate must be signed by one of those in `ca`, or by one that this machine trusts.
    """

    transport: Literal["ws", "tcp"]
    host: str
    port: int
    path: str
    tls: bool = False
    ca: Path | None = None

    @property
    def authority(self) -> str:
        """Host and port as a URL and a Host field have them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def scheme(self) -> str:
        """What its URL begins with."""
        return f"{self.transport}s" if self.tls else self.transport

    @property
    def context(self) -> ssl.SSLContext | None:
        """What to speak TLS with, the same for every connection; None where it is not spoken."""
        return _context(self.ca, _is_local(self.host)) if self.tls else None


def parse_target(url: str, ca: Path | None = None) -> Target:
    """Raises ValueError, with a sentence, for anything that is not such an address or no file of certificates."""
    parts = urlsplit(url)
    if parts.scheme not in _TRANSPORT_OF:
        raise ValueError(f"{url!r}: the address begins with ws://, wss://, tcp:// or tcps://")
    if not parts.hostname:
        raise ValueError(f"{url!r}: there is no host in it")
    transport = _TRANSPORT_OF[parts.scheme]
    port = parts.port or _PORT_OF[transport]
    target = Target(transport, parts.hostname, port, parts.path or "/play", parts.scheme != transport, ca)
    try:
        _ = target.context
    except OSError as error:
        raise ValueError(f"--ca {ca}: a PEM file with certificates is needed ({error.strerror or error})") from None
    return target


@cache
def _context(ca: Path | None, local: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca)
    if local and ca is None:
        # A city's certificate names the city and not this machine, and between the two of us here there is nobody.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
