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
from loadtest.events import EventError, start_event
from loadtest.pace import pause
from loadtest.recorder import Recorder
from loadtest.report import BooksFigures, FrameFigures, Report, Second, Spread, Verdict, rounded, spread, this_machine
from loadtest.room import make_room
from loadtest.scenario import Scenario
from loadtest.scrape import Metrics
from loadtest.server_process import START_S, ServerError, ServerProcess
from loadtest.swarm import Plan, Swarm
from loadtest.target import Target
from loadtest.verdict import Circumstances, judge

Transport = Literal["ws", "tcp", "mixed"]
SECOND_S = 1.0
_POLL_S = 0.1
# Once nobody asks any more, ten times what the slow hundredth may take.
ANSWER_S = 5.0


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
        circumstances = Circumstances(stop.is_set(), tuple(run.trouble))
        return structs.replace(report, verdict=judge(report, options.scenario, circumstances))


async def _played(options: Options, books: Books, display: Display, stop: asyncio.Event) -> "_Run":
    """The run, from which everybody has gone home."""
    with ExitStack() as stack:
        server = None if options.targets else stack.enter_context(ServerProcess(options.bots, books.store_url))
        targets = _targets(options, server)
        make_room(options.bots, targets)
        async with AsyncExitStack() as open_pages:
            ops_url = server.ops_url if server else options.ops_url
            metrics = await open_pages.enter_async_context(Metrics(ops_url)) if ops_url else None
            if server is not None and metrics is not None:
                await _until_ready(server, metrics, stop)
            swarm = Swarm(Plan(options.scenario, options.bots, options.seed, targets), books.receipts)
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


async def _until_ready(server: ServerProcess, metrics: Metrics, stop: asyncio.Event) -> None:
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
        self._share_in_zone: float | None = None
        self._calm: FrameFigures | None = None
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
        await self._answers()
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
        if event.name is not None:
            await self._start_event(event.name)
        self._swarm.begun = True
        await recorder.look("calm")

    async def _start_event(self, name: str) -> None:
        server, options = self._server, self._options
        ops_url, token = (server.ops_url, server.ops_token) if server else (options.ops_url, options.ops_token)
        try:
            if ops_url is None or token is None:
                raise EventError(f"{name} was not started: neither ops port nor token of the server are known")
            await start_event(ops_url, token, name)
        except EventError as error:
            self.trouble.append(str(error))

    async def _answers(self) -> None:
        """Nobody asks any more; what was asked is answered, so that the audit misses nothing."""
        self._swarm.begun = False
        if self._swarm.purses.waiting:
            await self._phase("answers", lambda: not self._swarm.purses.waiting, ANSWER_S)

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
        frames = recorder.frame_figures()
        return Report(
            scenario=options.name,
            seed=options.seed,
            transport=options.transport,
            bots=options.bots,
            seconds=options.seconds,
            machine=this_machine(),
            joined=swarm.joined,
            disconnected_healthy=swarm.disconnected,
            join_s=_join_spread(swarm),
            frames=frames,
            input_ms=spread(recorder.input_ms),
            bytes_per_client_s=recorder.traffic(),
            server=recorder.server_figures(),
            verdict=Verdict(False, []),
            settle_ms=spread(recorder.settle_ms),
            settled_per_s=recorder.settled_per_s(),
            calm=self._calm,
            gap_p99_of_calm=_times(frames, self._calm),
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


def _times(frames: FrameFigures, calm: FrameFigures | None) -> float | None:
    """How often the calm's gap p99 goes into this one."""
    if calm is None or not calm.gap_ms.p99 or frames.gap_ms.p99 is None:
        return None
    return rounded(frames.gap_ms.p99 / calm.gap_ms.p99, 3)


def _forget_garbage() -> None:
    """What thousands of joins left behind, now, and the crowd itself never again: a full collection stalls for long."""
    gc.collect()
    gc.freeze()


def _join_spread(swarm: Swarm) -> Spread:
    joins = swarm.join_s[~np.isnan(swarm.join_s)]
    if not len(joins):
        return Spread()
    p50, p99 = (float(np.percentile(joins, percent, method="higher")) for percent in (50, 99))
    return Spread(rounded(p50, 3), rounded(p99, 3), rounded(float(joins.max()), 3))
