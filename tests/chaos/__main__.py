"""`python -m tests.chaos [--rounds N] [--lies N] [--seed N]`: kill a running city again and again, and lie to another.

Rounds of SIGKILL at random moments, one of SIGTERM after them, and a last opening to see that everybody has what they
were told; then a million hostile messages over real sockets. Exit status 1 if anything at all was wrong. 0 leaves one
of the two out.
"""

import argparse
import asyncio
import signal
import tempfile
from pathlib import Path
from time import perf_counter

from tests.chaos.hostile import Told
from tests.chaos.judging import faults_of_siege
from tests.chaos.rounds import HEAD, Round, Rounds, line
from tests.chaos.siege import besiege

_LINE_S = 5.0


async def _play(where: Path, kills: int, seed: int) -> int:
    rounds, began_s = Rounds(where, seed), perf_counter()
    print(HEAD, flush=True)
    for end in [signal.SIGKILL] * kills + [signal.SIGTERM]:
        _show(await rounds.play(end))
    faults = [fault for each in rounds.played for fault in each.faults] + await rounds.come_home()
    told = sum(sum(each.tally) for each in rounds.played)
    unheard = rounds.played[-1].figures.get("unheard", 0)
    print(f"{kills} kills: {told} confirmations, {unheard} unheard, {perf_counter() - began_s:.0f} s, seed {seed}")
    print("\n".join(f"  {fault}" for fault in faults) or "everything that was confirmed is stored, once")
    return 1 if faults else 0


def _show(ended: Round) -> None:
    print(line(ended), flush=True)
    for fault in ended.faults:
        print(f"       {fault}", flush=True)


async def _besiege(where: Path, lies: int, seed: int) -> int:
    began_s, last_s = perf_counter(), perf_counter()

    def say(told: Told, memory_mb: float) -> None:
        nonlocal last_s
        if perf_counter() - last_s >= _LINE_S:
            last_s = perf_counter()
            print(f"{told.messages:9,} lies over {told.connections:7,} connections, {memory_mb:.1f} MB", flush=True)

    siege = await besiege(where, lies, seed, say)
    early, late = siege.memory_mb
    took_s = perf_counter() - began_s
    print(f"{siege.told:,} lies: {early:.1f} MB after a third, at most {late:.1f} MB, {took_s:.0f} s, seed {seed}")
    faults = faults_of_siege(siege)
    print("\n".join(f"  {fault}" for fault in faults) or "the city did not mind")
    return 1 if faults else 0


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(
        prog="tests.chaos", description="Kill a running city and audit its books, and lie to another."
    )
    parser.add_argument("--rounds", type=int, default=25, help="how often it is killed (default: 25)")
    parser.add_argument("--lies", type=int, default=1_000_000, help="how often it is lied to (default: 1000000)")
    parser.add_argument("--seed", type=int, default=1, help="what moments and lies are drawn from (default: 1)")
    asked = parser.parse_args()
    if min(asked.rounds, asked.lies) < 0 or not asked.rounds + asked.lies:
        parser.error("--rounds, --lies: at least 0, and one of them more")
    status = 0
    for count, play in ((asked.rounds, _play), (asked.lies, _besiege)):
        with tempfile.TemporaryDirectory(prefix="futurecity-chaos-") as where:
            status |= asyncio.run(play(Path(where), count, asked.seed)) if count else 0
    return status


if __name__ == "__main__":
    raise SystemExit(main())
