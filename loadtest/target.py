"""Where a server is: `ws://host:port/path` or `tcp://host:port`."""

from typing import Literal, NamedTuple
from urllib.parse import urlsplit

_PORT_OF = {"ws": 7400, "tcp": 7401}


class Target(NamedTuple):
    """One address of a server, and the transport spoken there."""

    transport: Literal["ws", "tcp"]
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port as a URL and a Host field have them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_target(url: str) -> Target:
    """Raises ValueError, with a sentence, for anything that is not such an address."""
    parts = urlsplit(url)
    if parts.scheme not in _PORT_OF:
        raise ValueError(
            f"{url!r}: the address begins with ws:// or tcp:// (wss:// ends at a proxy, not at this server)"
        )
    if not parts.hostname:
        raise ValueError(f"{url!r}: there is no host in it")
    transport: Literal["ws", "tcp"] = "ws" if parts.scheme == "ws" else "tcp"
    port = parts.port or _PORT_OF[transport]
    return Target(transport, parts.hostname, port, parts.path or "/play")
