"""`python -m loadtest.peers`: the same crowd at each server in turn, until every knee is known.

Trials are kept as they are made: the same command goes on where a run was interrupted, or where its time was up.
"""

import argparse
import resource
import shlex
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from loadtest.peers.adapters import ADAPTERS
from loadtest.peers.adapters.base import PeerError
from loadtest.peers.knee import FIRST, next_trial
from loadtest.peers.page import write
from loadtest.peers.report import Comparison, Trial, keep_trial, read_trials
from loadtest.peers.table import HEAD, RATIOS, Row, knees, markdown, ratios, same_crowd
from loadtest.peers.trial import play
from loadtest.report import this_machine
from loadtest.server_process import ServerError

DONE, UNUSABLE = 0, 2
REPORT = Path("reports/peers")
SECONDS = 8.0


def main(words: list[str] | None = None) -> int:
    """The exit status: 0 the comparison was made, as far as its time went; 2 it could not be made."""
    given = sys.argv[1:] if words is None else words
    asked = _parser().parse_args(given)
    systems = asked.only or list(ADAPTERS)
    try:
        asked.report.mkdir(parents=True, exist_ok=True)
        versions = {system: ADAPTERS[system].versions() for system in systems}
        trials = _compare(asked, systems)
    except (PeerError, ServerError, ValueError, OSError) as error:
        print(f"peers: {error}", file=sys.stderr)
        return UNUSABLE
    command = shlex.join(["python", "-m", "loadtest.peers", *given])
    made = datetime.now(UTC).strftime("%Y-%m-%d")
    shown = [trial for trial in trials if trial.system in systems]
    path = write(Comparison(made, command, this_machine(), versions, shown), asked.report)
    print(_tables(shown))
    print(f"report: {path} and {path.with_suffix('.json')}")
    return DONE


def _compare(asked: argparse.Namespace, systems: list[str]) -> list[Trial]:
    """Make trials until all is known, or the time is up. Raises PeerError."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    trials = read_trials(asked.report)
    until_s = time.monotonic() + asked.minutes * 60
    while (following := next_trial(trials, systems, asked.quick)) is not None and time.monotonic() < until_s:
        system, players = following
        print(f"{ADAPTERS[system].title}: {players:,} players", file=sys.stderr, flush=True)
        trial = uvloop.run(play(ADAPTERS[system], players, asked.seconds))
        keep_trial(trial, asked.report)
        trials.append(trial)
        print(f"    {_told(trial)}", file=sys.stderr, flush=True)
    if following is not None:
        print("the time is up; the same command goes on from here", file=sys.stderr)
    return trials


def _told(trial: Trial) -> str:
    cost = "no update" if trial.cpu_us_per_update is None else f"{trial.cpu_us_per_update:.0f} µs an update"
    blind = "; the bots were at their end" if trial.blind else ""
    return f"{'held' if trial.held else '; '.join(trial.why)} ({cost}, {trial.mean_hz:.1f} Hz){blind}"


def _tables(trials: list[Trial]) -> str:
    tables: list[tuple[str, Row, list[Row]]] = [("At the knee of each", HEAD, knees(trials))]
    tables += [("Ours beside each", RATIOS, ratios(trials))]
    tables += [(f"The same crowd: {size:,}", (*HEAD[:-1], "verdict"), same_crowd(trials, size)) for size in FIRST]
    return "\n\n".join(f"{title}:\n\n{markdown(head, rows)}" for title, head, rows in tables if rows)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="loadtest.peers",
        description="Bring the same crowd to our city and to other servers, and find the most that each of them holds.",
        epilog="Exit status: 0 it was made as far as its time went, 2 it could not be made.",
    )
    parser.add_argument("--quick", action="store_true", help=f"only one trial for each, with {FIRST[0]} players")
    parser.add_argument("--only", action="append", choices=list(ADAPTERS), help="this one; may be repeated")
    parser.add_argument(
        "--seconds", type=_seconds, default=SECONDS, help=f"measured in each trial (default: {SECONDS:g})"
    )
    parser.add_argument("--minutes", type=_seconds, default=60.0, help="begin no trial after these (default: 60)")
    parser.add_argument("--report", type=Path, default=REPORT, help=f"where trials are kept (default: {REPORT})")
    return parser


def _seconds(word: str) -> float:
    value = float(word)
    if not 0 < value <= 600:
        raise argparse.ArgumentTypeError(f"{word}: more than 0 and at most 600")
    return value


if __name__ == "__main__":
    raise SystemExit(main())
