"""One run from the empty city to the verdict: wait for the server, join, settle, measure, leave."""

import asyncio
import gc
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from time import perf_counter
from typing import Literal, Protocol

import numpy as np
from msgspec import Struct, structs

from loadtest.books import Books, BooksError
from loadtest.pace import pause
from loadtest.recorder import Recorder
from loadtest.report import (
    BooksFigures,
    FrameFigures,
    Report,
    Second,
    Spread,
    TroubleFigures,
    Verdict,
    rounded,
    spread,
    this_machine,
)
from loadtest.room import make_room
from loadtest.scenario import Scenario
from loadtest.scrape import Metrics
from loadtest.server_process import START_S, ServerError, ServerProcess
from loadtest.steering import Steering, SteeringError
from loadtest.swarm import Plan, Swarm
from loadtest.target import Target
from loadtest.troubles import TROUBLES
from loadtest.verdict import Circumstances, judge
from loadtest.waits import spread_of

Transport = Literal["ws", "tcp", "mixed"]
SECOND_S = 1.0
_POLL_S = 0.1
# Once nobody asks any more, ten times what the slow hundredth may take.
ANSWER_S = 5.0
# Several times what any server of ours may take to forget that it was too much.
RECOVERY_S = 60.0


class Options(Struct, frozen=True):
    """What was asked for. Without targets the run starts a server of its own.

    Of another server, `ops_token` is wanted to start an event, and `store_url` to look into its books.
    """

    name: str
    scenario: Scenario
    bots: int
    seconds: float
    transport: Transport = "ws"
    targets: tuple[Target, ...] = ()
    ops_url: str | None = None
    seed: int = 1
    ops_token: str | None = None
    store_url: str | None = None


class Display(Protocol):
    """Who watches a run."""

    def phase(self, name: str, seconds_max: float) -> None:
        """A new phase begins."""

    def second(self, second: Second, joined: int) -> None:
        """Another second has passed."""


async def play(options: Options, display: Display, stop: asyncio.Event) -> Report:
    """Run it. `stop` ends it early and honestly. Raises ServerError, NoRoomError."""
    with Books(options.store_url) as books:
        run = await _played(options, books, display, stop)
        # The city is closed by now, so whatever it will ever have stored is stored.
        audit = await _audited(options, books, run)
        report = structs.replace(run.report, audit=audit)
        circumstances = Circumstances(stop.is_set(), tuple(run.trouble), foreign=bool(options.targets))
        return structs.replace(report, verdict=judge(report, options.scenario, circumstances))


async def _played(options: Options, books: Books, display: Display, stop: asyncio.Event) -> "_Run":
    """The run, from which everybody has gone home."""
    with ExitStack() as stack:
        ours = ServerProcess(options.bots, books.store_url, options.scenario.settings)
        server = None if options.targets else stack.enter_context(ours)
        targets = _targets(options, server)
        make_room(options.bots + _strangers(options), targets)
        async with AsyncExitStack() as open_pages:
            ops_url = server.ops_url if server else options.ops_url
            metrics = await open_pages.enter_async_context(Metrics(ops_url)) if ops_url else None
            if server is not None and metrics is not None:
                await until_ready(server, metrics, stop)
            plan = Plan(options.scenario, options.bots, options.seed, targets, homes=server is not None)
            swarm = Swarm(plan, books.receipts)
            run = _Run(options, swarm, Recorder(swarm, metrics), server)
            await run.play(display, stop)
            return run


async def _audited(options: Options, books: Books, run: "_Run") -> BooksFigures | None:
    """What the audit says; None where the books are somebody else's, or the audit could not be made."""
    if options.targets and options.store_url is None:
        return None
    try:
        return await books.audit()
    except BooksError as error:
        run.trouble.append(str(error))
        return None


def _targets(options: Options, server: ServerProcess | None) -> tuple[Target, ...]:
    if server is None:
        return options.targets
    wanted = ("ws", "tcp") if options.transport == "mixed" else (options.transport,)
    return tuple(server.targets[transport] for transport in wanted)


def _strangers(options: Options) -> int:
    """Connections beside those of the bots."""
    trouble = options.scenario.trouble
    return trouble.makers(options.bots) if trouble and TROUBLES[trouble.kind].apart else 0


async def until_ready(server: ServerProcess, metrics: Metrics, stop: asyncio.Event) -> None:
    """Wait until the server lets people in. Raises ServerError when it does not, or is gone."""
    deadline_s = perf_counter() + START_S
    while not stop.is_set() and not await metrics.ready():
        if server.ended is not None or perf_counter() > deadline_s:
            how = f"ended with status {server.ended}" if server.ended is not None else f"was not ready in {START_S:g} s"
            raise ServerError(f"the server {how}; it said:\n{server.said()}")
        await pause(stop, _POLL_S)


class _Run:
    """The phases, in order."""

    def __init__(self, options: Options, swarm: Swarm, recorder: Recorder, server: ServerProcess | None) -> None:
        self._options = options
        self._swarm = swarm
        self._recorder = recorder
        self._server = server
        ops = (server.ops_url, server.ops_token) if server else (options.ops_url, options.ops_token)
        self._steering = Steering(*ops)
        self._share_in_zone: float | None = None
        self._calm: FrameFigures | None = None
        self._calm_rss_mb: float | None = None
        self._calm_level: int | None = None
        self._busy_max: float | None = None
        self._recovery_s: float | None = None
        self.trouble: list[str] = []

    async def play(self, display: Display, stop: asyncio.Event) -> None:
        """Join, settle, measure, leave; `report` is there after it."""
        self._display, self._stop = display, stop
        scenario, recorder = self._options.scenario, self._recorder
        await recorder.begin()
        self._swarm.start()
        if scenario.join.measured:
            recorder.open()
        await self._phase("joining", lambda: not self._swarm.hopeful, scenario.join.over_s + scenario.join.timeout_s)
        _forget_garbage()
        if not scenario.join.measured:
            await self._settle()
            await self._begin()
            recorder.open()
        await self._phase("measuring", lambda: False, self._options.seconds)
        recorder.close()
        await self._rest()
        self.report = self._report()
        display.phase("leaving", 0)
        await self._swarm.stop()

    async def _settle(self) -> None:
        settle = self._options.scenario.settle
        await self._phase("settling", lambda: False, settle.seconds_min)
        enough = settle.share * self._options.bots
        await self._phase("gathering", lambda: self._swarm.in_zone >= enough, settle.seconds_max - settle.seconds_min)
        await self._recorder.look("settling")
        self._share_in_zone = rounded(self._swarm.in_zone / self._options.bots, 4)

    async def _begin(self) -> None:
        """Measure the calm, if the scenario has one, and then begin what it is about."""
        event, recorder = self._options.scenario.event, self._recorder
        if event is None:
            return
        recorder.open()
        await self._phase("calm", lambda: False, event.calm_s)
        recorder.close()
        self._calm = recorder.frame_figures()
        self._calm_rss_mb, self._calm_level = recorder.series[-1].rss_mb, recorder.series[-1].shed_level
        try:
            if event.name is not None:
                await self._steering.start_event(event.name)
            await self._tighten()
        except SteeringError as error:
            self.trouble.append(str(error))
        await recorder.look("calm")
        self._swarm.begin()

    async def _tighten(self) -> None:
        """Where the scenario says so, allow the city no more than a part of what the calm took, or some times that."""
        budget, calm = self._options.scenario.budget, self._recorder.server_figures()
        if budget is None:
            return
        if calm is None or calm.loop_percent is None:
            raise SteeringError("the budget was not set: what the calm took is not known")
        self._busy_max = await self._steering.allow(budget.of_calm * calm.loop_percent / 100)

    async def _rest(self) -> None:
        """Nobody asks any more; what was asked is answered, for the audit's sake, and the budget is given back."""
        self._swarm.rest()
        if self._swarm.purses.waiting:
            await self._phase("answers", lambda: not self._swarm.purses.waiting, ANSWER_S)
        try:
            await self._steering.restore()
        except SteeringError as error:
            self.trouble.append(str(error))
        if self._options.scenario.budget is not None:
            await self._recover()

    async def _recover(self) -> None:
        """What the city was pressed by is over; see how long it takes to forget it."""
        began_s = perf_counter()
        await self._phase("recovering", lambda: not self._recorder.series[-1].shed_level, RECOVERY_S)
        if self._recorder.series[-1].shed_level == 0:
            self._recovery_s = rounded(perf_counter() - began_s)

    async def _phase(self, name: str, done: Callable[[], bool], seconds_max: float) -> None:
        """Look once a second until done, or time is up, or there is nothing to go on for."""
        self._display.phase(name, seconds_max)
        began_s = perf_counter()
        while not done() and not self._stop.is_set() and not self._is_over():
            left_s = began_s + seconds_max - perf_counter()
            if left_s <= 0:
                return
            await pause(self._stop, min(SECOND_S, left_s))
            self._display.second(await self._recorder.look(name), self._swarm.joined)

    def _is_over(self) -> bool:
        """Whether the city is gone, cannot be played in, or holds nobody of ours; says why, once."""
        if self.trouble:
            return True
        ended = self._server.ended if self._server else None
        if ended is not None and self._server is not None:
            self.trouble.append(f"the server ended with status {ended}; it said: {self._server.said()}")
        elif self._swarm.mismatch is not None:
            self.trouble.append(str(self._swarm.mismatch))
        elif not self._swarm.present and not self._swarm.hopeful:
            self.trouble.append("no bot is in the city: there is nothing to measure")
        return bool(self.trouble)

    def _report(self) -> Report:
        options, swarm, recorder = self._options, self._swarm, self._recorder
        frames, server = recorder.frame_figures(), recorder.server_figures()
        return Report(
            scenario=options.name,
            seed=options.seed,
            transport=options.transport,
            bots=options.bots,
            seconds=options.seconds,
            machine=this_machine(),
            joined=swarm.joined,
            disconnected_healthy=swarm.disconnected,
            join_s=spread_of(swarm.join_s[~np.isnan(swarm.join_s)]),
            frames=frames,
            input_ms=spread(recorder.input_ms),
            bytes_per_client_s=recorder.traffic(),
            server=server,
            verdict=Verdict(False, []),
            settle_ms=spread(recorder.settle_ms),
            settled_per_s=recorder.settled_per_s(),
            calm=self._calm,
            gap_p99_of_calm=_times(frames.gap_ms.p99, self._calm.gap_ms.p99 if self._calm else None),
            rss_of_calm=_times(server.rss_max_mb if server else None, self._calm_rss_mb),
            shed_level_calm=self._calm_level,
            trouble=_trouble_figures(options.scenario, swarm),
            queue=swarm.waits.figures(),
            returns=swarm.returns.figures(),
            busy_max=self._busy_max,
            recovery_s=self._recovery_s,
            confirmed=dict(swarm.purses.confirmed),
            about=options.scenario.about,
            targets=[f"{target.scheme}://{target.authority}" for target in swarm.targets],
            all_joined_s=rounded(swarm.all_joined_s),
            refused=swarm.refused,
            share_in_zone=self._share_in_zone,
            crossings=recorder.crossings(),
            zones=swarm.population(),
            faults=dict(sorted(swarm.faults.counts.items())),
            fault_examples={kind.value: examples for kind, examples in swarm.faults.examples.items()},
            endings=dict(swarm.endings.most_common()),
            denied=dict(swarm.desk.denied.most_common()),
            generator=recorder.generator(),
            series=recorder.series,
        )


def _times(figure: float | None, calm: float | None) -> float | None:
    """How often the calm's figure goes into this one."""
    return None if figure is None or not calm else rounded(figure / calm, 3)


def _trouble_figures(scenario: Scenario, swarm: Swarm) -> TroubleFigures | None:
    trouble = swarm.trouble
    if trouble is None or scenario.trouble is None:
        return None
    held = spread(trouble.held_ms)
    held_s = Spread(*(None if each is None else rounded(each / 1000) for each in (held.p50, held.p99, held.max)))
    endings = dict(trouble.endings.most_common())
    return TroubleFigures(
        scenario.trouble.kind, len(trouble.makers), trouble.sent, sum(endings.values()), endings, held_s
    )  # fmt: skip


def _forget_garbage() -> None:
    """What thousands of joins left behind, now, and the crowd itself never again: a full collection stalls for long."""
    gc.collect()
    gc.freeze()
