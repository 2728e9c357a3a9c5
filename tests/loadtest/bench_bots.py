"""What one frame costs the load generator: a bare server in another process sends full frames, paced, to many bots.

    python -m tests.loadtest.bench_bots [--bots 2000] [--seconds 10] [--transport ws|tcp]

The server is no city (`tests.bench.bare_server`): it sends the same frame of 32 records to everyone ten times a second
and acknowledges no input, so the bots here have all the patience in the world. Figures are the generator's own CPU
time, minds and inputs and all.
"""

import argparse
import asyncio
from time import perf_counter, process_time

import uvloop

from loadtest.pace import pause
from tests.bench.bare_server import BareServer
from tests.bench.bench_floor import BYTES, bots


async def measure(options: argparse.Namespace, server: BareServer) -> None:
    """Join, let it run, and print what it cost."""
    swarm = bots(options.bots, options.transport, server.port)
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
    leaving = asyncio.create_task(swarm.stop())
    await asyncio.sleep(0)
    server.end()
    await leaving


def main() -> None:
    """Both processes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bots", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--transport", choices=("ws", "tcp"), default="ws")
    options = parser.parse_args()
    with BareServer(options.transport, BYTES) as server:
        uvloop.run(measure(options, server))


if __name__ == "__main__":
    main()
