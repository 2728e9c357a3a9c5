"""Whether this process has room for so many connections: open files and ports."""

import resource
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from loadtest.target import Target

# Standard streams, the event loop, a scrape, a report, and room for the unexpected.
_SPARE_FILES = 64
# One in ten ports may be taken, or resting after the run before.
_USABLE_PORTS_SHARE = 0.9
_PORT_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
# What Linux gives by default; elsewhere ranges are smaller, and the connect that fails says so.
_PORTS_DEFAULT = (32768, 60999)


class NoRoomError(Exception):
    """This machine does not let one process hold so many bots; the message says which limit, and how to raise it."""


def make_room(bots: int, targets: Sequence[Target]) -> None:
    """Raise the limit of open files as far as it goes. Raises NoRoomError when that is not far enough."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and bots + _SPARE_FILES > hard:
        raise NoRoomError(
            f"--bots {bots}: this process may open {hard} files, {bots + _SPARE_FILES} are needed; "
            f"raise the hard limit (ulimit -Hn) or use at most {hard - _SPARE_FILES} bots"
        )
    ports = int(_local_ports() * _USABLE_PORTS_SHARE)
    busiest = max(share_out(bots, targets).values())
    if busiest > ports:
        raise NoRoomError(
            f"--bots {bots}: {busiest} connections to one address need as many local ports, {ports} are safe to use "
            f"(net.ipv4.ip_local_port_range); use fewer bots, or --transport mixed"
        )


def share_out(bots: int, targets: Sequence[Target]) -> Counter[Target]:
    """How many bots go to each target when they take them in turn."""
    return Counter(targets[seat % len(targets)] for seat in range(bots))


def _local_ports() -> int:
    try:
        low, high = map(int, _PORT_RANGE.read_text("ascii").split())
    except (OSError, ValueError):
        low, high = _PORTS_DEFAULT
    return high - low + 1
