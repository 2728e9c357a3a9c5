"""How a bot gets its connection: the ordinary way, or over a socket that holds as little as the system allows."""

import asyncio
import socket

from loadtest.bot import Bot
from loadtest.target import Target

# What is not read then waits at the server soon: the system doubles it and takes its own share. Without it, the
# kernel's buffers on one machine would hold minutes of frames, and a server would never notice who does not read.
NARROW_BYTES = 4096


async def dial(bot: Bot, target: Target, narrow: bool) -> None:
    """Connect `bot`. Raises OSError."""
    loop = asyncio.get_running_loop()
    if not narrow:
        await loop.create_connection(lambda: bot, target.host, target.port, ssl=target.context)
        return
    infos = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    family, kind, number, _, address = infos[0]
    link = socket.socket(family, kind, number)
    try:
        link.setblocking(False)
        # Before it connects: afterwards the window that was offered cannot be taken back.
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW_BYTES)
        await loop.sock_connect(link, address)
        named = target.host if target.tls else None
        await loop.create_connection(lambda: bot, sock=link, ssl=target.context, server_hostname=named)
    except BaseException:
        link.close()
        raise
