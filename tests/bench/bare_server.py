"""A server that is no city: it welcomes bots, writes the same to all of them ten times a second, and reads nothing.

What it costs is what the kernel and uvloop take for those writes: nobody who sends as much to as many over the same
sockets can spend less. It runs in a process of its own, and is asked through a pipe.
"""

import asyncio
import multiprocessing
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from time import monotonic, process_time
from typing import NamedTuple, cast

import uvloop

from loadtest.websocket import accept_of
from protocol.codec import encode
from protocol.framing import tcp_frame, ws_frame
from protocol.messages import Happened, Profile, Profiles
from tests.loadtest.said import frame, record, welcome

# Spread over the tenth of a second, as the city spreads its sends over two ticks.
HZ, SLICES = 10, 20
CROWD = [record(entity, dx=entity * 10) for entity in range(2, 34)]
NAMES = [Profiles([Profile(entity, 1, "x", b"") for entity in range(first, first + 4)]) for first in range(2, 34, 4)]
LOOK, ENOUGH = "look", "enough"


class Spent(NamedTuple):
    """Since it started: CPU seconds of its process, messages and bytes written."""

    cpu_s: float
    writes: int
    written_bytes: int


class Blaster(asyncio.Protocol):
    """One connection: upgraded where it has to be, greeted, and not read any more."""

    def __init__(self, everyone: dict["Blaster", asyncio.Transport], websocket: bool) -> None:
        self._everyone = everyone
        self._framed = ws_frame if websocket else tcp_frame
        self._upgraded = not websocket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Upgrade, greet, and then do not listen any more: what bots send fits into the kernel's buffer."""
        if not self._upgraded:
            self._upgraded = True
            key = data.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0].decode()
            answer = f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept_of(key)}"
            self._transport.write(f"HTTP/1.1 101 Switching Protocols\r\n{answer}\r\n\r\n".encode())
            return
        for payload in (encode(welcome()), *map(encode, NAMES)):
            self._transport.write(self._framed(payload))
        self._transport.pause_reading()
        self._everyone[self] = self._transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._everyone.pop(self, None)


def message(tick: int, size: int, websocket: bool) -> bytes:
    """A full frame of 32 records and something that was said, `size` bytes together with their framing.

    A size below that of the frame and an empty remark is not made smaller.
    """
    framed = ws_frame if websocket else tcp_frame
    whole = framed(frame(tick, records=CROWD))
    remark = encode(Happened(tick, "said", {"entity": 2, "text": ""}))
    text = "x" * max(0, size - len(whole) - len(framed(remark)))
    said = framed(encode(Happened(tick, "said", {"entity": 2, "text": text})))
    # A longer text has a longer head.
    over = len(whole) + len(said) - size
    if 0 < over <= len(text):
        said = framed(encode(Happened(tick, "said", {"entity": 2, "text": text[over:]})))
    return whole + said


async def blast(pipe: Connection, websocket: bool, size: int) -> None:
    """Write until it is told that it is enough; say what it cost when asked."""
    everyone: dict[Blaster, asyncio.Transport] = {}
    loop, enough, spent = asyncio.get_running_loop(), asyncio.Event(), [0, 0]

    def asked() -> None:
        if pipe.recv() == ENOUGH:
            enough.set()
        else:
            pipe.send(Spent(process_time(), *spent))

    server = await loop.create_server(lambda: Blaster(everyone, websocket), "127.0.0.1", 0, backlog=4096)
    pipe.send(server.sockets[0].getsockname()[1])
    loop.add_reader(pipe.fileno(), asked)
    tick, due_s = 2, monotonic()
    while not enough.is_set():
        data, listening = message(tick, size, websocket), list(everyone.values())
        for part in range(SLICES):
            for transport in listening[part::SLICES]:
                transport.write(data)
            due_s += 1 / HZ / SLICES
            await asyncio.sleep(max(0.0, due_s - monotonic()))
        spent[0] += len(listening)
        spent[1] += len(listening) * len(data)
        tick += 2
    for transport in list(everyone.values()):
        transport.abort()
    loop.remove_reader(pipe.fileno())
    server.close()


def _serve(pipe: Connection, websocket: bool, size: int) -> None:
    uvloop.run(blast(pipe, websocket, size))


class BareServer:
    """The process; use it as a context manager. `port` is where it listens."""

    def __init__(self, transport: str, size: int) -> None:
        self._here, there = multiprocessing.Pipe()
        arguments = (there, transport == "ws", size)
        self._process: BaseProcess = multiprocessing.get_context("spawn").Process(target=_serve, args=arguments)

    def __enter__(self) -> "BareServer":
        self._process.start()
        self.port: int = self._here.recv()
        return self

    def spent(self) -> Spent:
        """What it has spent so far."""
        self._here.send(LOOK)
        answer: Spent = self._here.recv()
        return answer

    def end(self) -> None:
        """Close all connections."""
        self._here.send(ENOUGH)

    def __exit__(self, *exc: object) -> None:
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
