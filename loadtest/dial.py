"""How a connection is made: from an address of its own, over a socket that holds as little as the system allows."""

import asyncio
import errno
import socket
from functools import cache
from ipaddress import IPv4Address
from typing import NamedTuple

from loadtest.target import Target

# What is not read then waits at the server soon: the system doubles it and takes its own share. Without it, the
# kernel's buffers on one machine would hold minutes of frames, and a server would never notice who does not read.
NARROW_BYTES = 4096
# The first of the addresses that guests of a server of ours come from; all of 127.0.0.0/8 is this machine.
_FIRST_HOME = IPv4Address("127.1.0.1")


class Way(NamedTuple):
    """How to come: `home` is the address to come from, None for whichever the system takes; `narrow` as above."""

    home: str | None = None
    narrow: bool = False


async def dial(link: asyncio.Protocol, target: Target, way: Way) -> None:
    """Connect `link`. Raises OSError."""
    loop = asyncio.get_running_loop()
    if way == Way():
        await loop.create_connection(lambda: link, target.host, target.port, ssl=target.context)
        return
    infos = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    family, kind, number, _, address = infos[0]
    wire = socket.socket(family, kind, number)
    try:
        wire.setblocking(False)
        if way.home is not None:
            wire.bind((way.home, 0))
        if way.narrow:
            # Before it connects: afterwards the window that was offered cannot be taken back.
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW_BYTES)
        await loop.sock_connect(wire, address)
        named = target.host if target.tls else None
        await loop.create_connection(lambda: link, sock=wire, ssl=target.context, server_hostname=named)
    except BaseException:
        wire.close()
        raise


def home_of(seat: int) -> str | None:
    """The address of whoever has this seat, as different people have different ones; None where this system has one."""
    return str(_FIRST_HOME + seat) if _many_addresses() else None


@cache
def _many_addresses() -> bool:
    """Linux answers on all of 127.0.0.0/8; others on what is configured."""
    try:
        with socket.create_server((str(_FIRST_HOME), 0)):
            return True
    except OSError as error:
        if error.errno != errno.EADDRNOTAVAIL:
            raise
        return False
