"""`python -m loadtest SCENARIO`: run it, show it, and say by the exit status whether the server held.

`all` in place of a scenario is every storm in turn.
"""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

import uvloop
from rich.console import Console

from loadtest.page import write_html
from loadtest.report import Report, write_json
from loadtest.room import NoRoomError
from loadtest.run import Options, play
from loadtest.scenario import BOTS_MAX, ScenarioError, load_scenario, scenario_names
from loadtest.series import Index, lines, play_in_a_process, run_all, storm_names
from loadtest.server_process import ServerError
from loadtest.target import Target, parse_target
from loadtest.terminal import display, show

PASSED, FAILED, UNUSABLE = 0, 1, 2
# Where a server itself takes it from; on a command line all could see it.
TOKEN_FROM = "FUTURECITY_OPS__TOKEN"
ALL = "all"
# Where the reports of all storms go unless said otherwise.
REPORTS = Path("reports/storms")


def main(words: list[str] | None = None) -> int:
    """The exit status: 0 passed, 1 failed, 2 could not be run as asked."""
    parser = _parser()
    given = list(sys.argv[1:] if words is None else words)
    asked = parser.parse_args(given)
    if asked.scenario == ALL:
        return _all(given, asked.report or REPORTS)
    try:
        options = _options(asked)
        if asked.report:
            asked.report.mkdir(parents=True, exist_ok=True)
        report = uvloop.run(_play(options))
        if asked.report:
            write_json(report, asked.report)
            write_html(report, asked.report)
    except (ScenarioError, ServerError, NoRoomError, ValueError, OSError) as error:
        print(f"loadtest: {error}", file=sys.stderr)
        return UNUSABLE
    show(report, Console())
    if asked.report:
        print(f"report: {asked.report / 'report.html'} and {asked.report / 'report.json'}")
    return PASSED if report.verdict.passed else FAILED


def _all(given: list[str], where: Path) -> int:
    """Every storm in turn, each with the same further words: 1 if any did not pass."""
    further = [word for place, word in enumerate(given) if place != given.index(ALL)]
    index = uvloop.run(_play_all(further, where))
    print("\n".join(lines(index)))
    print(f"report: {where / 'index.html'} and {where / 'index.json'}")
    return PASSED if index.passed else FAILED


async def _play_all(further: list[str], where: Path) -> Index:
    """A Ctrl-C ends the storm that is on, which still reports, and those after it; so does a SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return await run_all(storm_names(), further, where, play_in_a_process, stop)


async def _play(options: Options) -> Report:
    """A first Ctrl-C ends the run and still reports; so does a SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with display(Console(stderr=True)) as watcher:
        return await play(options, watcher, stop)


def _options(asked: argparse.Namespace) -> Options:
    scenario = load_scenario(asked.scenario)
    bots = asked.bots if asked.bots is not None else scenario.bots
    seconds = asked.seconds if asked.seconds is not None else scenario.seconds
    targets = _chosen(tuple(parse_target(url, asked.ca) for url in asked.target), asked.transport)
    name, token = Path(asked.scenario).stem, os.environ.get(TOKEN_FROM)
    if asked.store and not targets:
        raise ValueError("--store is for the books of a --target; a server of our own gets a database of its own")
    if targets and scenario.event and scenario.event.name and not (asked.ops and token):
        raise ValueError(f"{name} starts {scenario.event.name}: that needs --ops and the ops token in {TOKEN_FROM}")
    return Options(
        name, scenario, bots, seconds, asked.transport, targets, asked.ops, asked.seed, token, asked.store
    )  # fmt: skip


def _chosen(targets: tuple[Target, ...], transport: str) -> tuple[Target, ...]:
    """The given targets that speak the transport asked for. Raises ValueError when one is missing."""
    if not targets:
        return ()
    wanted = ("ws", "tcp") if transport == "mixed" else (transport,)
    chosen = tuple(target for target in targets if target.transport in wanted)
    missing = set(wanted) - {target.transport for target in chosen}
    if missing:
        raise ValueError(f"--transport {transport} needs a --target that begins with {missing.pop()}://")
    return chosen


def bounded(kind: type[int] | type[float], low: float, high: float) -> "type[int] | type[float]":
    """What an option may be: a number of this kind, from `low` to `high`."""

    def parse(word: str) -> float:
        value = kind(word)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{word}: from {low:g} to {high:g}")
        return value

    parse.__name__ = kind.__name__
    return parse  # type: ignore[return-value]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="loadtest", description="Send a crowd of bots into a city, measure, and judge.",
        epilog="Exit status: 0 the server held, 1 it did not, 2 the run could not be made as asked.",
    )  # fmt: skip
    parser.add_argument(
        "scenario",
        help=f"one of {', '.join(scenario_names())}, or a file ending in .toml, or {ALL}: every storm in turn",
    )
    parser.add_argument("--bots", type=bounded(int, 1, BOTS_MAX), help="how many (default: the scenario's)")
    parser.add_argument("--seconds", type=bounded(float, 1, 3600), help="how long to measure (default: the scenario's)")
    parser.add_argument("--transport", choices=("ws", "tcp", "mixed"), default="ws", help="default: ws")
    parser.add_argument(
        "--target", action="append", default=[], metavar="URL",
        help="ws://host:port/play or tcp://host:port, of a running server, with TLS wss:// or tcps://; "
        "twice for mixed (default: start one)",
    )  # fmt: skip
    parser.add_argument(
        "--ca", type=Path, metavar="FILE", help="PEM of who signed its certificate (default: whom this machine trusts)"
    )
    parser.add_argument("--ops", metavar="URL", help="http://127.0.0.1:7490 of that server, to measure it too")
    parser.add_argument("--store", metavar="URL", help="database of that server, to look into its books too")
    parser.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        help=f"write report.json and report.html here (of {ALL}: default {REPORTS})",
    )
    parser.add_argument("--seed", type=int, default=1, help="what the bots' chance is drawn from (default: 1)")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
