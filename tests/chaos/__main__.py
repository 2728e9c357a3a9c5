"""`python -m tests.chaos [--rounds N] [--seed N]`: kill a running city again and again, and hold its books to account.

Rounds of SIGKILL at random moments, one of SIGTERM after them, and a last opening to see that everybody has what they
were told. Exit status 1 if anything at all was wrong.
"""

import argparse
import asyncio
import signal
import tempfile
from pathlib import Path
from time import perf_counter

from tests.chaos.rounds import HEAD, Round, Rounds, line


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


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="tests.chaos", description="Kill a running city, and audit its books.")
    parser.add_argument("--rounds", type=int, default=25, help="how often it is killed (default: 25)")
    parser.add_argument("--seed", type=int, default=1, help="what the moments are drawn from (default: 1)")
    asked = parser.parse_args()
    if asked.rounds < 1:
        parser.error("--rounds: at least 1")
    with tempfile.TemporaryDirectory(prefix="futurecity-chaos-") as where:
        return asyncio.run(_play(Path(where), asked.rounds, asked.seed))


if __name__ == "__main__":
    raise SystemExit(main())
