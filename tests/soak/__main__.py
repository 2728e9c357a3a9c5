"""`python -m tests.soak [--minutes N] [--bots N]`: a crowd strolls for half an hour, and nothing may be left behind.

Rains and shows come ten times as often as in the city that is shipped (calendar.py). What the server has in memory
to itself (memory.py) must not grow after the first five minutes, tasks and sockets must be back where they were when
all have left, nobody may be cut. Exit status 1 if anything at all was wrong. Every look at the memory, with the pages
of files that are resident beside it, is in `memory.csv` of the report.
"""

import argparse
from pathlib import Path

import uvloop

from tests.soak.judging import faults_of
from tests.soak.stay import stay


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="tests.soak", description="Let a crowd stroll for long.")
    parser.add_argument("--minutes", type=float, default=30, help="for how long (default: 30)")
    parser.add_argument("--bots", type=int, default=500, help="how many (default: 500)")
    parser.add_argument("--report", type=Path, default=Path("reports/soak"), help="where (default: reports/soak)")
    asked = parser.parse_args()
    if not 0.5 <= asked.minutes <= 24 * 60:
        parser.error("--minutes: from 0.5 to 1440")
    if not 1 <= asked.bots <= 10_000:
        parser.error("--bots: from 1 to 10000")
    soaked = uvloop.run(stay(asked.bots, asked.minutes * 60, lambda line: print(line, flush=True)))
    asked.report.mkdir(parents=True, exist_ok=True)
    rows = "".join(f"{at_s:.1f},{memory.own_mb:.3f},{memory.files_mb:.3f}\n" for at_s, memory in soaked.looks)
    (asked.report / "memory.csv").write_text(f"seconds,own_megabytes,file_megabytes\n{rows}", "utf-8")
    faults = faults_of(soaked)
    print(f"memory   {soaked.own_mb.told('MB')}")
    print(f"         pages of files, not judged: {soaked.files_mb.told('MB')}")
    print(f"tasks    {soaked.before.tasks:g} before, {soaked.after.tasks:g} after")
    print(f"files    {soaked.before.open_files:g} before, {soaked.after.open_files:g} after")
    print("\n".join(f"  {fault}" for fault in faults) or "nothing was left behind")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
