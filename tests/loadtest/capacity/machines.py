"""A machine that holds a known number of bots, and writes the reports that a load test would have written there."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import structs

from loadtest.capacity.search import Outcome, Search
from loadtest.report import Generator, Report, Spread, Verdict, write_json
from tests.loadtest.reports import SERVER, good

Holds = Callable[[int, int], Outcome]


def up_to(knee: int) -> Holds:
    """Held up to so many bots, in every run."""
    return lambda bots, _: Outcome.HELD if bots <= knee else Outcome.FAILED


def searched(search: Search, holds: Holds) -> list[int]:
    """The crowds that a search runs on a machine, to its end; a machine is asked with the number of the attempt."""
    crowds = []
    while (bots := search.next()) is not None:
        crowds.append(bots)
        search.note(bots, holds(bots, search.attempts(bots) + 1))
    return crowds


class FakeMachine:
    """Plays what is asked of it at once: as many bots as it holds are well, more are not."""

    def __init__(self, holds: Holds, dear_below: int = 0, stop_after: int = 1000) -> None:
        self.holds = holds
        self.dear_below = dear_below
        self.stop_after = stop_after
        self.played: list[Sequence[str]] = []

    async def play(self, words: Sequence[str], stop: asyncio.Event) -> int:
        """What `loadtest` with these words would do."""
        self.played.append(words)
        asked = dict(zip(words[1::2], words[2::2], strict=True))
        bots, where = int(asked["--bots"]), Path(asked["--report"])
        attempt = int(where.name.partition("-")[2])
        outcome = self.holds(bots, attempt)
        if len(self.played) == self.stop_after:
            stop.set()
        if outcome is Outcome.UNUSABLE:
            return 2
        report = report_of(bots, outcome, bots < self.dear_below)
        _write(report, where)
        return 0 if report.verdict.passed else 1


def _write(report: Report, where: Path) -> None:
    where.mkdir(parents=True, exist_ok=True)
    write_json(report, where)


def report_of(bots: int, outcome: Outcome, dear: bool = False) -> Report:
    """A run of so many: well, too much for the server, or for the bots; `dear` players cost more than they should."""
    server = structs.replace(SERVER, cpu_percent=min(99.0, bots / 40), loop_percent=None)
    ill = ["gap_p99_ms: 240, at most 200 is wanted"] if outcome is Outcome.FAILED else []
    untrusted = ["generator saturated: 96 % CPU"] if outcome is Outcome.SATURATED else []
    price = ["cpu_us_per_frame: 26, at most 20 is wanted"] if dear else []
    failures = [*ill, *price, *untrusted]
    generator = Generator(96.0 if untrusted else bots / 50, Spread(0.5, 5.0, 20.0))
    verdict = Verdict(not failures, failures, [], price, untrusted)
    return good(bots=bots, joined=bots, server=server, verdict=verdict, generator=generator)
