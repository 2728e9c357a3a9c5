"""All storms in turn, each in a process of its own, and one report with a row for each.

A process for each, because a generator that has just held thousands of bots is not the same clock as a fresh one.
"""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from html import escape
from pathlib import Path
from time import perf_counter

import msgspec
from msgspec import Struct

from loadtest.page import STYLE
from loadtest.report import Report, rounded
from loadtest.scenario import load_scenario, scenario_names
from loadtest.terminal import figure

PASSED, FAILED = 0, 1
# `loadtest` with these words, ended early when it is time to stop; its exit status.
Play = Callable[[Sequence[str], asyncio.Event], Awaitable[int]]


class Row(Struct, frozen=True):
    """What came of one storm; without a report it could not be run at all, and `failures` says so."""

    scenario: str
    status: int
    seconds: float
    failures: list[str]
    bots: int | None = None
    healthy_cut: int | None = None
    faults: int | None = None
    mean_hz: float | None = None
    gap_p99_ms: float | None = None
    gap_p99_of_calm: float | None = None
    rss_of_calm: float | None = None
    ticks_skipped: int | None = None
    shed_level_max: int | None = None


class Index(Struct, frozen=True):
    """All of them, in the order they were run in."""

    passed: bool
    storms: list[Row]


def storm_names() -> list[str]:
    """The scenarios that say that they are storms."""
    return [name for name in scenario_names() if load_scenario(name).storm]


async def run_all(names: Sequence[str], words: Sequence[str], where: Path, play: Play, stop: asyncio.Event) -> Index:
    """Run each with these further words, and write what came of them after each, so that no failure loses the rest."""
    rows: list[Row] = []
    for name in names:
        if stop.is_set():
            break
        began_s = perf_counter()
        status = await play([name, *words, "--report", str(where / name)], stop)
        rows.append(_row(name, status, perf_counter() - began_s, where / name / "report.json"))
        write_index(_index(rows, len(names)), where)
    index = _index(rows, len(names))
    write_index(index, where)
    return index


async def play_in_a_process(words: Sequence[str], stop: asyncio.Event, tables: bool = True) -> int:
    """The load test of one scenario, with our terminal as its own. Told to stop, it still reports.

    Without `tables` only its progress is shown.
    """
    out = None if tables else asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "loadtest", *words, stdout=out)
    ending, stopping = asyncio.create_task(process.wait()), asyncio.create_task(stop.wait())
    await asyncio.wait({ending, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not ending.done():
        process.send_signal(signal.SIGTERM)
    stopping.cancel()
    return await ending


def write_index(index: Index, where: Path) -> None:
    """`index.json` and `index.html` in `where`."""
    where.mkdir(parents=True, exist_ok=True)
    (where / "index.json").write_bytes(msgspec.json.format(msgspec.json.encode(index), indent=2) + b"\n")
    (where / "index.html").write_text(page(index), "utf-8")


def lines(index: Index) -> list[str]:
    """One line for each storm, and why those that failed did."""
    told = []
    for row in index.storms:
        told.append(f"{'passed' if row.status == PASSED else 'FAILED'}  {row.scenario} ({row.seconds:.0f} s)")
        told += [f"        {failure}" for failure in row.failures]
    return told


def page(index: Index) -> str:
    """The index for people; each row leads to its own report beside it."""
    head = "".join(f"<th>{name}</th>" for name, _ in _COLUMNS)
    body = "".join(f"<tr>{''.join(f'<td>{cell(row)}</td>' for _, cell in _COLUMNS)}</tr>" for row in index.storms)
    word = "passed" if index.passed else "failed"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Storms: {word}</title><style>{STYLE}</style><h1>Storms</h1>"
        f'<h2 class="{word}">{word.capitalize()}</h2><table><tr>{head}</tr>{body}</table></html>\n'
    )


def _index(rows: list[Row], wanted: int) -> Index:
    """Passed, if all of them were run and all of them passed."""
    return Index(len(rows) == wanted and all(row.status == PASSED for row in rows), list(rows))


def _row(name: str, status: int, seconds: float, path: Path) -> Row:
    if status not in (PASSED, FAILED):
        return Row(name, status, round(seconds, 1), [f"could not be run: exit status {status}"])
    report = msgspec.json.decode(path.read_bytes(), type=Report)
    server = report.server
    return Row(
        name,
        status,
        round(seconds, 1),
        report.verdict.failures,
        bots=report.bots,
        healthy_cut=report.disconnected_healthy,
        faults=sum(report.faults.values()),
        mean_hz=rounded(report.frames.mean_hz),
        gap_p99_ms=rounded(report.frames.gap_ms.p99),
        gap_p99_of_calm=report.gap_p99_of_calm,
        rss_of_calm=report.rss_of_calm,
        ticks_skipped=server.ticks_skipped if server else None,
        shed_level_max=server.shed_level_max if server else None,
    )


def _told(row: Row) -> str:
    """The verdict, with its reasons."""
    word = "passed" if row.status == PASSED else "failed"
    return f'<span class="{word}">{word}</span>' + "".join(f"<br>{escape(failure)}" for failure in row.failures)


_COLUMNS: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("storm", lambda row: f'<a href="{escape(row.scenario)}/report.html">{escape(row.scenario)}</a>'),
    ("verdict", _told),
    ("bots", lambda row: figure(row.bots)),
    ("healthy cut", lambda row: figure(row.healthy_cut)),
    ("faults", lambda row: figure(row.faults)),
    ("Hz", lambda row: figure(row.mean_hz)),
    ("gap p99, ms", lambda row: figure(row.gap_p99_ms)),
    ("× calm", lambda row: figure(row.gap_p99_of_calm)),
    ("memory × calm", lambda row: figure(row.rss_of_calm)),
    ("ticks skipped", lambda row: figure(row.ticks_skipped)),
    ("shed level", lambda row: figure(row.shed_level_max)),
)
