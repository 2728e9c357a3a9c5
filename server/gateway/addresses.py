"""Whose address counts: that of the peer, or what a proxy that is trusted says of who called it.

    client ─► proxy A ─► proxy B ─► city        X-Forwarded-For: whatever the client wrote, client, A

Each proxy appends whom it heard from, so only the right end of the list is written by those we trust:
it is read from the right, past every trusted proxy, and the first address that is none of them is the
caller. What stands left of it is the caller's own word, and nobody's.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

# Proxies in a row; three are many. Whoever writes more is making it up.
HOPS_MAX = 16
# Providers give a household or a server 2^64 addresses (RFC 6177), so what counts as one address is all of these.
IPV6_PREFIX = 64


class Proxies:
    """The proxies that are believed about who calls."""

    def __init__(self, networks: Iterable[str], header: str) -> None:
        self.header = header
        self._networks: list[IPv4Network | IPv6Network] = [ip_network(network) for network in networks]

    def trusts(self, address: str) -> bool:
        """Whether this is one of them; nothing that is no address ever is."""
        known = _parsed(address)
        return known is not None and any(known in network for network in self._networks)

    def caller(self, peer: str, headers: Sequence[str]) -> str:
        """Who called, by the address of the peer and all values of the `header`, in order."""
        heard = ",".join(headers).split(",") if self._networks and headers else []
        for entry in reversed(heard[-HOPS_MAX:]):
            if not self.trusts(peer):
                break
            before = _address_in(_forwarded_for(entry) if self.header == "forwarded" else entry)
            if before is None:
                break
            peer = before
        return peer


def key_of(address: str) -> str:
    """What is limited as one address: an IPv4 address, the /64 of an IPv6 address, or any other text as it is."""
    known = _parsed(address)
    if isinstance(known, IPv6Address):
        return str(ip_network((known, IPV6_PREFIX), strict=False))
    return str(known) if known is not None else address


def is_local(address: str) -> bool:
    """Whether this is the machine itself."""
    known = _parsed(address)
    return known is not None and known.is_loopback


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    """The address, without the zone of a link, and an IPv4 one from an IPv6 socket as itself; None if it is none."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return getattr(known, "ipv4_mapped", None) or known


def _address_in(entry: str) -> str | None:
    """The address in an entry of a list, with or without its port; None for anything else."""
    text = entry.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    return text if _parsed(text) is not None else None


def _forwarded_for(element: str) -> str:
    """The `for` of an element of RFC 7239; nothing if it has none."""
    pairs = (pair.partition("=") for pair in element.split(";"))
    return next((value for name, _, value in pairs if name.strip().lower() == "for"), "")
