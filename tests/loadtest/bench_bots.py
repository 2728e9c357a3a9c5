"""What one frame costs the load generator: a bare server in another process sends full frames, paced, to many bots.

    python -m tests.loadtest.bench_bots [--bots 2000] [--seconds 10] [--transport ws|tcp]

The server is no city: it sends the same frame of 32 records (419 bytes) to everyone ten times a second, spread over the
tick, and acknowledges no input, so the bots here have all the patience in the world. Figures are the generator's own
CPU time, minds and inputs and all.
"""

import argparse
import asyncio
import multiprocessing
from multiprocessing.connection import Connection
from time import perf_counter, process_time
from typing import cast

import uvloop

from loadtest.arrivals import Rules
from loadtest.pace import pause
from loadtest.scenario import Join, Scenario
from loadtest.swarm import Plan, Swarm
from loadtest.target import Target
from loadtest.websocket import accept_of
from protocol.codec import encode
from protocol.framing import tcp_frame, ws_frame
from protocol.messages import Profile, Profiles
from tests.loadtest.said import PLAZA, frame, record, welcome

HZ, SLICES = 10, 20
CROWD = [record(entity, dx=entity * 10) for entity in range(2, 34)]
NAMES = [Profiles([Profile(entity, 1, "x", {}) for entity in range(first, first + 4)]) for first in range(2, 34, 4)]


class Blaster(asyncio.Protocol):
    """One connection of the bare server."""

    def __init__(self, everyone: list[asyncio.Transport], websocket: bool) -> None:
        self._everyone = everyone
        self._framed = ws_frame if websocket else tcp_frame
        self._upgraded = not websocket
        self._greeted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Upgrade, greet, and then do not listen any more."""
        if not self._upgraded:
            self._upgraded = True
            key = data.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0].decode()
            answer = f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept_of(key)}"
            self._transport.write(f"HTTP/1.1 101 Switching Protocols\r\n{answer}\r\n\r\n".encode())
        elif not self._greeted:
            self._greeted = True
            for payload in (encode(welcome()), *map(encode, NAMES)):
                self._transport.write(self._framed(payload))
            self._everyone.append(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        if self._greeted:
            self._everyone.remove(self._transport)


async def blast(pipe: Connection, websocket: bool) -> None:
    """Send until the other end says enough, then say how much CPU it took."""
    everyone: list[asyncio.Transport] = []
    loop, enough = asyncio.get_running_loop(), asyncio.Event()
    server = await loop.create_server(lambda: Blaster(everyone, websocket), "127.0.0.1", 0, backlog=2048)
    pipe.send(server.sockets[0].getsockname()[1])
    loop.add_reader(pipe.fileno(), enough.set)
    tick, due_s = 2, perf_counter()
    while not enough.is_set():
        data = (ws_frame if websocket else tcp_frame)(frame(tick, records=CROWD))
        for part in range(SLICES):
            for transport in everyone[part::SLICES]:
                transport.write(data)
            due_s += 1 / HZ / SLICES
            await pause(enough, due_s - perf_counter())
        tick += 2
    pipe.send(process_time())


def serve(pipe: Connection, websocket: bool) -> None:
    """The bare server's process."""
    uvloop.run(blast(pipe, websocket))


async def measure(options: argparse.Namespace, port: int) -> None:
    """Join, let it run, and print what it cost."""
    scenario = Scenario(
        "cost", options.bots, options.seconds, PLAZA.name, {"gather": 1.0}, Join(3.0), rules=Rules(unacknowledged_s=1e9)
    )
    swarm = Swarm(Plan(scenario, options.bots, 1, (Target(options.transport, "127.0.0.1", port, "/play"),)))
    swarm.start()
    never = asyncio.Event()
    while swarm.joined < options.bots:
        await pause(never, 0.5)
    frames, cpu_s, wall_s = swarm.arrivals.frames.sum(), process_time(), perf_counter()
    swarm.pace.drain()
    await pause(never, options.seconds)
    frames, cpu_s, wall_s = swarm.arrivals.frames.sum() - frames, process_time() - cpu_s, perf_counter() - wall_s
    lag = swarm.pace.drain().percentile(99)
    print(
        f"{options.transport}: {options.bots} bots at {frames / wall_s / options.bots:.1f} frames/s: "
        f"{cpu_s / wall_s:.0%} of a core, {cpu_s / frames * 1e6:.1f} µs per frame, loop lag p99 {lag or 0:.1f} ms"
    )
    await swarm.stop()


def main() -> None:
    """Both processes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bots", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--transport", choices=("ws", "tcp"), default="ws")
    options = parser.parse_args()
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there, options.transport == "ws"))
    server.start()
    uvloop.run(measure(options, here.recv()))
    here.send("enough")
    print(f"the bare server used {here.recv():.1f} s of CPU")
    server.join()


if __name__ == "__main__":
    main()
