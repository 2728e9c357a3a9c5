"""The search itself: each run a load test in a process of its own, with a server of its own, told by its report."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from loadtest.capacity.answer import Answer
from loadtest.capacity.demand import demand_of
from loadtest.capacity.limiting import limiting
from loadtest.capacity.search import Bounds, Outcome, Search
from loadtest.capacity.step import Step, step_of
from loadtest.report import Report
from loadtest.scenario import Scenario
from loadtest.series import FAILED, PASSED

# `loadtest` with these words, ended early when it is time to stop; its exit status.
Play = Callable[[Sequence[str], asyncio.Event], Awaitable[int]]


class Hunt(Struct, frozen=True):
    """What was asked for; `name` is the scenario's, or its file, and reports go below `where`."""

    name: str
    scenario: Scenario
    bounds: Bounds
    seconds: float
    transport: str
    seed: int
    where: Path
    strict: bool = False
    visitors: int = 100_000


class Finder:
    """One search. `find` it; `on_step` and `on_run` are told of every run, before it and after it."""

    def __init__(self, hunt: Hunt, play: Play) -> None:
        self._hunt = hunt
        self._play = play
        self._search = Search(hunt.bounds)
        self._steps: list[Step] = []
        # The reports that the answer quotes: the last of each crowd that held, and of each that did not.
        self._held: dict[int, Report] = {}
        self._others: dict[int, Report] = {}

    async def find(
        self, stop: asyncio.Event, on_run: Callable[[int, int], None], on_step: Callable[[Step], None]
    ) -> Answer:
        """Run until the answer is settled, the runs are used up, or `stop`: a run that it cuts short says nothing."""
        while not stop.is_set() and (bots := self._search.next()) is not None:
            on_run(self._search.runs + 1, bots)
            step = await self._run(bots, stop)
            if stop.is_set():
                break
            self._search.note(bots, step.outcome)
            self._steps.append(step)
            on_step(step)
        return self._answer(stop.is_set())

    async def _run(self, bots: int, stop: asyncio.Event) -> Step:
        hunt, attempt = self._hunt, self._search.attempts(bots) + 1
        place = f"{bots}-{attempt}"
        # A report of an earlier search must not be taken for this run's.
        path = hunt.where / place / "report.json"
        path.unlink(missing_ok=True)
        words = ["--bots", str(bots), "--seconds", f"{hunt.seconds:g}", "--transport", hunt.transport]
        # Each repeat with chance of its own: the same crowd walking the same ways would only repeat its luck.
        words += ["--seed", str(hunt.seed + attempt - 1), "--report", str(hunt.where / place)]
        status = await self._play([hunt.name, *words], stop)
        if status not in (PASSED, FAILED) or not path.is_file():
            return Step(bots, attempt, Outcome.UNUSABLE, place, [f"could not be run: exit status {status}"])
        report = msgspec.json.decode(path.read_bytes(), type=Report)
        step = step_of(report, attempt, place, hunt.strict)
        (self._held if step.outcome is Outcome.HELD else self._others)[bots] = report
        return step

    def _answer(self, interrupted: bool) -> Answer:
        hunt, search = self._hunt, self._search
        holds, fails = search.holds, search.fails
        at_knee, beyond = self._held.get(holds), self._others.get(fails or 0)
        why = search.why(fails) if fails is not None else None
        return Answer(
            beyond.scenario if beyond else at_knee.scenario if at_knee else hunt.name,
            hunt.transport,
            hunt.seed,
            hunt.seconds,
            hunt.bounds.repeats,
            hunt.strict,
            holds,
            search.settled,
            hunt.bounds.most,
            self._steps,
            fails,
            why,
            limiting(beyond, hunt.scenario) if beyond is not None and why is Outcome.FAILED else None,
            next((report.machine for report in (at_knee, beyond) if report is not None), None),
            self._cheap(),
            at_knee.verdict.price if at_knee is not None else [],
            demand_of(hunt.visitors, at_knee) if at_knee is not None else None,
            interrupted,
        )

    def _cheap(self) -> int:
        """The largest crowd most of whose runs were within every limit."""
        crowds = {step.bots for step in self._steps}
        cheap = {bots: [step.cheap for step in self._steps if step.bots == bots] for bots in crowds}
        return max((bots for bots, runs in cheap.items() if 2 * sum(runs) > len(runs)), default=0)
