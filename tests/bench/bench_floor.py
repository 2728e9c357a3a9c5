"""The floor: what the kernel and uvloop take to write a frame's bytes to so many sockets, with no city around them.

    python -m tests.bench.bench_floor [--clients 2000] [--transport ws|tcp] [--bytes 510] [--seconds 8] [--json]

A bare server writes to the bots of the load test, which read as they always do. No server on this machine can spend
less per frame. It differs by half between two evenings on a shared machine, so ours is quoted as a multiple of a floor
that was measured around it (`tests.bench.floor_ratio`).
"""

import argparse
import asyncio
import json
from time import perf_counter

import uvloop

from loadtest.arrivals import Rules
from loadtest.pace import pause
from loadtest.room import make_room
from loadtest.scenario import Join, Scenario
from loadtest.swarm import Plan, Swarm
from loadtest.target import Target
from tests.bench.bare_server import HZ, BareServer, Spent
from tests.loadtest.said import PLAZA

CLIENTS, SECONDS = 2000, 8.0
# What a bot in a full plaza is sent with each frame on average, events and introductions and all.
BYTES = 510
# A second for each thousand, and as much again before it is measured.
JOINS_PER_S = 1000
JOIN_S_MAX, SETTLE_S = 60.0, 2.0


def bots(clients: int, transport: str, port: int) -> Swarm:
    """A swarm whose patience for acknowledgements has no end: the bare server hears nobody."""
    scenario = Scenario(
        "the floor", clients, SECONDS, PLAZA.name, {"gather": 1.0}, Join(clients / JOINS_PER_S),
        rules=Rules(unacknowledged_s=1e9),
    )  # fmt: skip
    targets = (Target(transport, "127.0.0.1", port, "/play"),)  # type: ignore[arg-type]
    make_room(clients, targets)
    return Swarm(Plan(scenario, clients, 1, targets))


async def measure(clients: int, transport: str, size: int, seconds: float) -> dict[str, float]:
    """CPU in µs for each write, its bytes, and how many each bot got a second. Raises TimeoutError if not all join."""
    with BareServer(transport, size) as server:
        swarm, never = bots(clients, transport, server.port), asyncio.Event()
        swarm.start()
        async with asyncio.timeout(JOIN_S_MAX):
            while swarm.joined < clients:
                await pause(never, 0.1)
        await pause(never, SETTLE_S)
        began_s, before = perf_counter(), server.spent()
        await pause(never, seconds)
        took_s, after = perf_counter() - began_s, server.spent()
        leaving = asyncio.create_task(swarm.stop())
        await asyncio.sleep(0)
        server.end()
        await leaving
    return _figures(before, after, clients * took_s)


def _figures(before: Spent, after: Spent, client_seconds: float) -> dict[str, float]:
    writes = after.writes - before.writes
    return {
        "us": (after.cpu_s - before.cpu_s) / writes * 1e6,
        "bytes": (after.written_bytes - before.written_bytes) / writes,
        "hz": writes / client_seconds,
    }


def main() -> None:
    """Measure, and say it."""
    parser = argparse.ArgumentParser(description=f"The floor: writes to so many sockets, {HZ} times a second.")
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--transport", choices=("ws", "tcp"), default="ws")
    parser.add_argument("--bytes", type=int, default=BYTES)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = uvloop.run(measure(asked.clients, asked.transport, asked.bytes, asked.seconds))
    if asked.json:
        print(json.dumps(found))
        return
    who = f"{asked.clients:,} clients over {asked.transport}"
    print(f"floor: {found['us']:.2f} µs of CPU for each write of {found['bytes']:.0f} bytes to {who}")


if __name__ == "__main__":
    main()
