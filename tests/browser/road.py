"""The road between a browser and the city, which a test can cut and mend."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

HOST = "127.0.0.1"
_CHUNK_BYTES = 65_536


class Road:
    """Everything that comes in at `port` goes on to a port of this machine, and back. Made by `road_to`."""

    def __init__(self, goal: int) -> None:
        self._goal = goal
        self._cut = False
        self._ends: set[asyncio.StreamWriter] = set()
        self.port = 0

    def cut(self) -> None:
        """Break every connection without a word, and let nobody through until it is mended."""
        self._cut = True
        for end in self._ends:
            end.transport.abort()

    def mend(self) -> None:
        """Let everybody through again; what was broken stays so."""
        self._cut = False

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its beginning to its end."""
        if self._cut:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection(HOST, self._goal)
        ends = {writer, back}
        self._ends |= ends
        try:
            await asyncio.gather(self._pass_on(reader, back), self._pass_on(there, writer))
        finally:
            self._ends -= ends

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(_CHUNK_BYTES):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def road_to(port: int) -> AsyncIterator[Road]:
    """A road to that port; cut for good afterwards."""
    road = Road(port)
    carrying = await asyncio.start_server(road.carry, HOST, 0)
    road.port = carrying.sockets[0].getsockname()[1]
    try:
        yield road
    finally:
        carrying.close()
        road.cut()
        await carrying.wait_closed()
