"""The floor: what the kernel and uvloop take to write a frame's bytes to so many sockets, with no city around them.

    python -m tests.bench.bench_floor [clients]

A bare loop writes 423 bytes, a full frame, to each of its clients ten times a second, and another
process reads them. No server on this machine can spend less per frame over TCP; ours is quoted as a
multiple of it, because the floor itself differs by half between two evenings on a shared machine.
"""

import asyncio
import resource
import sys
import time
from typing import cast

import uvloop

from protocol.frames import ROW_BYTES

CLIENTS = 2000
HZ = 10
SECONDS = 6
READ = "--read"


async def read(port: int, clients: int) -> None:
    """Connect, read and forget, until the other side goes."""
    loop = asyncio.get_running_loop()
    gone = asyncio.Event()

    class Reader(asyncio.Protocol):
        def connection_lost(self, exc: Exception | None) -> None:
            gone.set()

    for _ in range(clients):
        await loop.create_connection(Reader, "127.0.0.1", port)
    await gone.wait()


async def floor_us(clients: int) -> float:
    """CPU microseconds of this process for each message written."""
    held: list[asyncio.Transport] = []
    everybody = asyncio.Event()

    class Writer(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            held.append(cast("asyncio.Transport", transport))
            if len(held) == clients:
                everybody.set()

    server = await asyncio.get_running_loop().create_server(Writer, "127.0.0.1", 0, backlog=4096)
    port = server.sockets[0].getsockname()[1]
    command = [sys.executable, "-m", "tests.bench.bench_floor", READ, str(port), str(clients)]
    reader = await asyncio.create_subprocess_exec(*command)
    await asyncio.wait_for(everybody.wait(), 30)
    taken_s = await _write(held)
    for transport in held:
        transport.abort()
    await reader.wait()
    server.close()
    return taken_s / (clients * HZ * SECONDS) * 1e6


async def _write(transports: list[asyncio.Transport]) -> float:
    message = bytes(ROW_BYTES - 1)
    began_s, due_s = time.process_time(), time.monotonic()
    for _ in range(HZ * SECONDS):
        for transport in transports:
            transport.write(message)
        due_s += 1 / HZ
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))
    return time.process_time() - began_s


def main(words: list[str]) -> None:
    """Measure, or be the process that reads."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if words[:1] == [READ]:
        uvloop.run(read(int(words[1]), int(words[2])))
        return
    clients = int(words[0]) if words else CLIENTS
    print(f"floor: {uvloop.run(floor_us(clients)):.2f} µs of CPU for each of {clients} clients' frames over TCP")


if __name__ == "__main__":
    main(sys.argv[1:])
