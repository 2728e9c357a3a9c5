"""What one frame costs the load generator: a bare server in another process sends full frames, paced, to many bots.

    python tests/loadtest/cost_of_a_frame.py [--bots 2000] [--seconds 10] [--transport ws|tcp]

The server is no city: it sends the same 423-byte frame (32 records) to everyone ten times a second, spread over the
tick, with the tick number patched in. Figures are the generator's own CPU time, input and all, per frame received.
"""

import argparse
import asyncio
import multiprocessing
import struct
import sys
from pathlib import Path
from time import perf_counter, process_time

import uvloop

sys.path.insert(0, str(Path(__file__).parent))

from fake_city import CITY, welcome  # noqa: E402

from loadtest.scenario import Join, Scenario  # noqa: E402
from loadtest.swarm import Plan, Swarm  # noqa: E402
from loadtest.target import Target  # noqa: E402
from loadtest.websocket import accept_of  # noqa: E402
from protocol.codec import encode  # noqa: E402
from protocol.framing import tcp_frame, ws_frame  # noqa: E402
from protocol.frames import FRAME_PREFIX, HEADER, RECORD  # noqa: E402
from protocol.messages import Profile, Profiles  # noqa: E402

HZ = 10
SLICES = 20


class Blaster(asyncio.Protocol):
    """One connection of the bare server."""

    def __init__(self, everyone, websocket):
        self.everyone, self.websocket, self.greeted = everyone, websocket, False

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        if self.greeted:
            return
        frame = ws_frame if self.websocket else tcp_frame
        if self.websocket and data.startswith(b"GET"):
            key = data.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0].decode()
            self.transport.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: " + accept_of(key).encode() + b"\r\n\r\n"
            )
            return
        self.greeted = True
        self.transport.write(frame(encode(welcome(entity=1))))
        for first in range(2, 34, 4):
            named = [Profile(entity, 1, "x", {}) for entity in range(first, first + 4)]
            self.transport.write(frame(encode(Profiles(named))))
        self.everyone.append(self.transport)

    def connection_lost(self, exc):
        if self.transport in self.everyone:
            self.everyone.remove(self.transport)


def full_frame(tick):
    records = b"".join(RECORD.pack(entity, entity * 10, 0, 5, 0, 0) for entity in range(2, 34))
    head = HEADER.pack(tick, 0, 500, 0, 500, 0, 0, 0, 1, 0, 1, 0)
    return FRAME_PREFIX + head + b"\xc5" + struct.pack(">H", len(records)) + records


async def blast(pipe, websocket):
    everyone = []
    server = await asyncio.get_running_loop().create_server(
        lambda: Blaster(everyone, websocket), "127.0.0.1", 0, backlog=2048
    )
    pipe.send(server.sockets[0].getsockname()[1])
    tick, due = 2, perf_counter()
    while not pipe.poll():
        data = (ws_frame if websocket else tcp_frame)(full_frame(tick))
        for part in range(SLICES):
            for transport in everyone[part::SLICES]:
                transport.write(data)
            due += 1 / HZ / SLICES
            await asyncio.sleep(max(0, due - perf_counter()))
        tick += 2
    pipe.send(process_time())


def serve(pipe, websocket):
    uvloop.run(blast(pipe, websocket))


async def measure(options, port):
    scenario = Scenario("cost", options.bots, options.seconds, CITY[0].name, {"gather": 1.0}, Join(over_s=3))
    target = Target(options.transport, "127.0.0.1", port, "/play")
    swarm = Swarm(Plan(scenario, options.bots, 1, (target,)))
    swarm.start()
    while swarm.joined < options.bots:
        await asyncio.sleep(0.1)
    await asyncio.sleep(1)
    swarm.pace.drain()
    frames, cpu, wall = swarm.arrivals.frames.sum(), process_time(), perf_counter()
    await asyncio.sleep(options.seconds)
    frames, cpu, wall = swarm.arrivals.frames.sum() - frames, process_time() - cpu, perf_counter() - wall
    lag = swarm.pace.drain()
    gap = swarm.arrivals.gap_ms
    print(
        f"{options.transport}: {options.bots} bots, {frames / wall / options.bots:.2f} frames/s each; "
        f"{cpu / wall:.1%} of a core, {cpu / frames * 1e6:.1f} µs per frame; "
        f"loop lag p99 {lag.percentile(99) or 0:.1f} ms; gap p99 {gap.percentile(99) or 0:.0f} ms; "
        f"faults {dict(swarm.faults.counts)}"
    )
    await swarm.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bots", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--transport", choices=("ws", "tcp"), default="ws")
    options = parser.parse_args()
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there, options.transport == "ws"))
    server.start()
    uvloop.run(measure(options, here.recv()))
    here.send(None)
    here.poll(5) and print(f"the bare server used {here.recv():.1f} s of CPU")
    server.join()


if __name__ == "__main__":
    main()
