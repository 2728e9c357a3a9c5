"""Ports for a server of our own, which nobody else is given before it listens on them."""

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

HOST = "127.0.0.1"


@contextmanager
def held_ports(count: int) -> Iterator[list[int]]:
    """Ports of HOST that are free, and while this lasts are given only to those who ask for them by number.

    Beside a bound socket that does not listen Linux lets another one listen, if both have SO_REUSEADDR, as those of
    asyncio, Node and Go have; who asks for any port, or only connects, gets others. Elsewhere they are let go at once.
    """
    with ExitStack() as sockets:
        held = [sockets.enter_context(socket.socket()) for _ in range(count)]
        for each in held:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            each.bind((HOST, 0))
        ports = [each.getsockname()[1] for each in held]
        if sys.platform != "linux":
            sockets.close()
        yield ports
