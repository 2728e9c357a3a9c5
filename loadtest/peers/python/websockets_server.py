"""A plaza on the `websockets` library: `python -m loadtest.peers.python.websockets_server PORT`, broadcast to all.

As its documentation has it: one coroutine for each connection, `broadcast()` for what everybody is told, uvloop below.
A client's first message is where it stands (two 16-bit numbers), each further one a direction and a gait.
"""

import struct
import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

from loadtest.peers.python.plaza import Plaza, live

_PLACE = struct.Struct("<hh")
# A client says four bytes at most; whoever says more has mistaken the server.
_MESSAGE_BYTES_MAX = 64


class Server:
    """The plaza, and who is connected to it."""

    def __init__(self) -> None:
        self.plaza = Plaza()
        self.connections: set[ServerConnection] = set()

    async def handle(self, connection: ServerConnection) -> None:
        """One connection from its first message to its last."""
        row = self.plaza.enter(*_PLACE.unpack(_whole(await connection.recv())))
        self.connections.add(connection)
        try:
            async for message in connection:
                steer, gait = _whole(message)
                self.plaza.move(row, steer, gait)
        finally:
            self.connections.discard(connection)
            self.plaza.leave(row)

    async def tell(self, state: bytes) -> None:
        """Send it to everybody."""
        broadcast(self.connections, state)


def _whole(message: bytes | str) -> bytes:
    if isinstance(message, str):
        raise ValueError("messages are binary")
    return message


async def main(port: int) -> None:
    """Serve until the process is ended."""
    server = Server()
    async with serve(server.handle, "127.0.0.1", port, max_size=_MESSAGE_BYTES_MAX):
        print("ready", flush=True)
        await live(server.plaza, server.tell)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
