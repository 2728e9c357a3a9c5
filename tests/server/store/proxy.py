"""A line to PostgreSQL that breaks when it is told to: before a commit has arrived, or before its answer has."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum, auto
from pathlib import Path

COMMIT = b"COMMIT;"
CHUNK_BYTES = 65536


class Cut(Enum):
    """What the line does to a commit."""

    NOTHING = auto()
    ON_ITS_WAY = auto()
    BEFORE_ITS_ANSWER = auto()


class Line:
    """Passes bytes on in both directions until it cuts, once; `cuts` counts how often it did."""

    def __init__(self, target: Path) -> None:
        self.cut = Cut.NOTHING
        self.cuts = 0
        self.port = 0
        self._target = target

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from end to end."""
        upstream_reader, upstream_writer = await asyncio.open_unix_connection(self._target)
        answers = asyncio.create_task(_pump(upstream_reader, writer))
        try:
            while data := await reader.read(CHUNK_BYTES):
                if COMMIT in data and self.cut is not Cut.NOTHING:
                    await self._break(data, upstream_writer, answers)
                    return
                upstream_writer.write(data)
        except ConnectionError:
            return
        finally:
            answers.cancel()
            writer.transport.abort()
            upstream_writer.transport.abort()

    async def _break(self, data: bytes, upstream: asyncio.StreamWriter, answers: asyncio.Task[None]) -> None:
        cut, self.cut = self.cut, Cut.NOTHING
        self.cuts += 1
        if cut is Cut.BEFORE_ITS_ANSWER:
            answers.cancel()
            upstream.write(data)
            # Its end of the line is closed in good order, so the server does what it was told before it hangs up.
            upstream.write_eof()
            await asyncio.wait([answers])


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK_BYTES):
        writer.write(data)
    writer.close()


@asynccontextmanager
async def breakable_line(target: Path) -> AsyncIterator[Line]:
    """A line to what listens on this socket, at a port of its own."""
    line = Line(target)
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
