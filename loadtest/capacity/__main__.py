"""`python -m loadtest.capacity`: how many bots this machine holds, by the limits of a scenario.

Every run has a server of its own; all of it together takes a quarter to half an hour.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import uvloop

from loadtest.__main__ import bounded
from loadtest.capacity.answer import Answer, sentences, write_json
from loadtest.capacity.finder import Finder, Hunt
from loadtest.capacity.page import write_html
from loadtest.capacity.search import LEAST, RUNS_MAX, Bounds
from loadtest.capacity.step import told
from loadtest.scenario import BOTS_MAX, ScenarioError, load_scenario
from loadtest.series import play_in_a_process

FOUND, NOT_FOUND, UNUSABLE = 0, 1, 2
REPORTS = Path("reports/capacity")
START, REPEATS, REPEATS_MAX, SEED_MAX = 500, 3, 9, 1_000_000
# What a plan is made for, unless it says otherwise, and more than there are people.
VISITORS, VISITORS_MAX = 100_000, 10_000_000_000


def main(words: list[str] | None = None) -> int:
    """The exit status: 0 a number was found, 1 there is none or it was stopped, 2 it could not be run as asked."""
    asked = _parser().parse_args(words)
    try:
        hunt = _hunt(asked)
        hunt.where.mkdir(parents=True, exist_ok=True)
    except (ScenarioError, ValueError, OSError) as error:
        print(f"capacity: {error}", file=sys.stderr)
        return UNUSABLE
    answer = uvloop.run(_find(hunt))
    write_json(answer, hunt.where)
    write_html(answer, hunt.scenario.limits, hunt.where)
    print("\n" + "\n".join(sentences(answer)))
    print(f"report: {hunt.where / 'report.html'} and {hunt.where / 'report.json'}")
    return FOUND if answer.holds and not answer.interrupted else NOT_FOUND


async def _find(hunt: Hunt) -> Answer:
    """A Ctrl-C ends the search, which still says what it knows; so does a SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return await Finder(hunt, _play).find(
        stop,
        lambda run, bots: print(f"run {run}, of at most {RUNS_MAX}: {bots:,} bots", flush=True),
        lambda step: print(told(step), flush=True),
    )


async def _play(words: Sequence[str], stop: asyncio.Event) -> int:
    return await play_in_a_process(words, stop, tables=False)


def _hunt(asked: argparse.Namespace) -> Hunt:
    scenario = load_scenario(asked.scenario)
    if asked.start > asked.most:
        raise ValueError(f"--start {asked.start}: at most --most ({asked.most})")
    seconds = asked.seconds if asked.seconds is not None else scenario.seconds
    bounds = Bounds(asked.start, asked.most, asked.repeats)
    return Hunt(
        asked.scenario,
        scenario,
        bounds,
        seconds,
        asked.transport,
        asked.seed,
        asked.report,
        asked.strict,
        asked.visitors,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="futurecity capacity",
        description="Find how many bots this machine holds: more and more of them, until a limit breaks.",
        epilog="Exit status: 0 a number was found, 1 there is none or it was stopped, 2 it could not be run as asked.",
    )
    crowd = bounded(int, LEAST, BOTS_MAX)
    parser.add_argument("--scenario", default="plaza", help="whose limits have to hold (default: plaza)")
    parser.add_argument("--transport", choices=("ws", "tcp", "mixed"), default="ws", help="default: ws")
    parser.add_argument("--start", type=crowd, default=START, help=f"the first crowd (default: {START})")
    parser.add_argument("--most", type=crowd, default=BOTS_MAX, help=f"the largest (default: {BOTS_MAX})")
    parser.add_argument(
        "--seconds", type=bounded(float, 1, 3600), help="how long each run measures (default: the scenario's)"
    )
    parser.add_argument(
        "--repeats", type=bounded(int, 1, REPEATS_MAX), default=REPEATS,
        help=f"runs of which a majority decides, at the bounds of the answer (default: {REPEATS})",
    )  # fmt: skip
    parser.add_argument(
        "--strict", action="store_true", help="limits of what a player costs decide, too, not only what players feel"
    )
    parser.add_argument(
        "--visitors", type=bounded(int, 1, VISITORS_MAX), default=VISITORS,
        help=f"whom the plan is made for (default: {VISITORS})",
    )  # fmt: skip
    parser.add_argument(
        "--seed", type=bounded(int, 0, SEED_MAX), default=1, help="what the bots' chance is drawn from (default: 1)"
    )
    parser.add_argument(
        "--report", type=Path, default=REPORTS, metavar="DIR", help=f"where reports go (default: {REPORTS})"
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
