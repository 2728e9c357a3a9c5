"""`python -m loadtest.demo --target URL --bots N`: the people who live in a city that shows itself.

`futurecity serve --bots N` starts this beside the server. They stroll, gather and lounge, pick up crystals that lie
near, light fireworks, come again when they are lost, and go quietly on SIGTERM, on Ctrl-C, when the pipe on standard
input closes, or when whoever started them is gone.
"""

import argparse
import asyncio
import os
import signal
import stat
import sys

import uvloop

from loadtest.pace import pause
from loadtest.room import NoRoomError, make_room
from loadtest.scenario import load_scenario
from loadtest.swarm import Plan, Swarm
from loadtest.target import Target, parse_target

# How soon it is noticed that the parent is gone, and that the city is none for us.
_CHECK_S = 1.0


def main(words: list[str] | None = None) -> int:
    """The exit status: 0 whenever it was told to go, 2 when it cannot do what was asked."""
    parser = argparse.ArgumentParser(prog="loadtest.demo", description="People who live in a city.")
    parser.add_argument(
        "--target", required=True, help="ws://host:port/play or tcp://host:port, with TLS wss:// or tcps://"
    )
    parser.add_argument("--bots", type=int, required=True, help="how many, 1 to 1000")
    parser.add_argument("--seed", type=int, default=1, help="what their chance is drawn from (default: 1)")
    asked = parser.parse_args(words)
    if not 1 <= asked.bots <= 1000:
        parser.error("--bots: from 1 to 1000; more is a load test")
    try:
        target = parse_target(asked.target)
        make_room(asked.bots, [target])
        return uvloop.run(_live(target, asked.bots, asked.seed))
    except (ValueError, NoRoomError) as error:
        print(f"loadtest.demo: {error}", file=sys.stderr)
        return 2


async def _live(target: Target, bots: int, seed: int) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    _watch_stdin(loop, stop)
    scenario = load_scenario("demo")
    swarm = Swarm(Plan(scenario, bots, seed, (target,), returning=True))
    swarm.start()
    parent = os.getppid()
    while not stop.is_set() and os.getppid() == parent and swarm.mismatch is None:
        await pause(stop, _CHECK_S)
    await swarm.stop()
    if swarm.mismatch is not None:
        raise ValueError(str(swarm.mismatch))
    return 0


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """A pipe on standard input is a leash: its end is the parent's end. A terminal or a file is none."""
    descriptor = sys.stdin.fileno() if sys.stdin else -1
    if descriptor < 0 or not _is_pipe(descriptor):
        return

    def heard() -> None:
        if not os.read(descriptor, 4096):
            loop.remove_reader(descriptor)
            stop.set()

    loop.add_reader(descriptor, heard)


def _is_pipe(descriptor: int) -> bool:
    mode = os.fstat(descriptor).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


if __name__ == "__main__":
    raise SystemExit(main())
