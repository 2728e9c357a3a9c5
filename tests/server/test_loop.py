"""The heartbeat: in step with the clock, never catching up, and hard to stop by accident."""

import asyncio
from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from protocol import messages as m
from server.accounts import StoredAccounts
from server.admission import Admission
from server.auth import Verifier
from server.bus import LocalBus
from server.clock import HandClock
from server.gateway.gateway import Gateway
from server.gateway.reception import Entrance
from server.governor import Governor
from server.loop import FAILURES_IN_ROW_MAX, CityLoop, Instruments, Stopwatch
from server.ops.metrics import PHASES, Metrics
from server.outage import Outage
from server.settings import AdmissionSettings, AuthSettings, GameSettings, GovernorSettings
from server.switches import Switchboard
from server.zone_host import ZoneHost
from tests.fakes import Calm, FakeStore, driven
from tests.scenario import Scenario
from tests.world.hamlet import CITY, config, space
from world.config import TICK_RATE_HZ
from world.state import World

PERIOD_S = 1 / TICK_RATE_HZ


class TimedZone(ZoneHost):
    """A zone whose ticks take as long as a list says, and the last of which stops the loop."""

    def __init__(self, world: World, bus: LocalBus, metrics: Metrics) -> None:
        super().__init__(world, bus, Switchboard([zone.name for zone in CITY.zone], metrics), metrics)
        self.clock = HandClock()
        self.takes_s: list[float] = []
        self.began_s: list[float] = []
        self.stop = asyncio.Event()

    def run(self, tick: int) -> None:
        super().run(tick)
        self.began_s.append(self.clock.now_s())
        # Rounded, since a sum of floats that falls short of the next tick by nothing would wait for it for ever.
        taken_s = self.takes_s.pop(0)
        self.clock.worked += taken_s
        self.clock.seconds = round(self.clock.seconds + taken_s, 6)
        if not self.takes_s:
            self.stop.set()


def entrance(metrics: Metrics, clock: HandClock) -> Entrance:
    """A door that nobody comes through."""
    accounts = StoredAccounts(FakeStore(), Outage(metrics, clock), driven)
    return Entrance(Verifier(AuthSettings()), accounts, Admission(GameSettings(), AdmissionSettings(), Calm()))


class Heart:
    """A loop over the hamlet that is timed by hand; no tick ever waits, since each takes its whole period."""

    def __init__(self) -> None:
        bus = LocalBus(len(CITY.zone))
        self.metrics = Metrics([zone.name for zone in CITY.zone])
        self.zone = TimedZone(World(config(), 0, space()), bus, self.metrics)
        governor = Governor(GovernorSettings(), self.zone.clock, self.metrics)
        self.instruments = Instruments(self.zone.clock, self.metrics, governor)
        self.entrance = entrance(self.metrics, self.zone.clock)
        self.gateway = Gateway(GameSettings(), config(), bus, self.entrance, self.metrics, self.zone.clock)
        self.loop = CityLoop([self.zone], self.gateway, bus, self.instruments)

    async def run(self, takes_s: Sequence[float]) -> None:
        self.zone.takes_s = list(takes_s)
        await self.loop.run(self.zone.stop)

    def metric(self, name: str, **labels: str) -> float:
        value = self.metrics.registry.get_sample_value(f"futurecity_{name}", labels)
        assert value is not None
        return value


async def test_every_tick_begins_when_it_is_due() -> None:
    heart = Heart()
    await heart.run([PERIOD_S] * 6)
    assert heart.loop.tick == 6
    assert heart.zone.began_s == pytest.approx([0, 0.05, 0.1, 0.15, 0.2, 0.25])
    assert heart.metric("ticks_total") == 6
    assert heart.metric("ticks_skipped_total") == 0


async def test_late_ticks_are_skipped_and_counted_and_never_caught_up() -> None:
    heart = Heart()
    await heart.run([PERIOD_S, 0.23, PERIOD_S, PERIOD_S, PERIOD_S])
    # The second takes 0.23 s: those due at 0.10, 0.15 and 0.20 never happen, the one due at 0.25 begins late.
    assert heart.zone.began_s == pytest.approx([0, 0.05, 0.28, 0.33, 0.38])
    assert heart.metric("ticks_skipped_total") == 3
    assert heart.loop.tick == 5
    assert heart.metric("tick_overruns_total") == 1


async def test_a_loop_that_is_always_late_does_what_it_can_and_no_more() -> None:
    heart = Heart()
    await heart.run([0.2] * 10)
    assert heart.zone.began_s == pytest.approx([0.2 * number for number in range(10)])
    assert heart.loop.tick == 10
    assert heart.metric("ticks_skipped_total") == 27


async def test_how_late_the_loop_is_is_measured() -> None:
    heart = Heart()
    await heart.run([PERIOD_S, 0.08, PERIOD_S])
    assert heart.metric("loop_lag_seconds_count") == 3
    assert heart.metric("loop_lag_seconds_sum") == pytest.approx(0.03)


async def test_every_phase_of_a_tick_is_timed_and_they_add_up() -> None:
    heart = Heart()
    await heart.run([PERIOD_S, PERIOD_S])
    sums = {phase: heart.metric("tick_phase_seconds_total", phase=phase) for phase in PHASES}
    assert sums["zones"] == pytest.approx(2 * PERIOD_S)
    assert heart.metric("tick_seconds_sum") == pytest.approx(sum(sums.values()))
    assert heart.metric("tick_seconds_count") == 2
    assert heart.loop.ticked_s == pytest.approx(2 * PERIOD_S)


def test_what_goes_on_beside_the_ticks_looks_in_once_in_each_of_them() -> None:
    class Passer:
        def __init__(self) -> None:
            self.ticks: list[int] = []

        def turn(self, tick: int) -> None:
            self.ticks.append(tick)

    heart, passers = Heart(), (Passer(), Passer())
    gateway = Gateway(GameSettings(), config(), LocalBus(2), heart.entrance, heart.metrics, heart.zone.clock)
    loop = CityLoop([], gateway, LocalBus(2), heart.instruments, passers)
    for _ in range(3):
        loop.run_one_tick()
    assert [passer.ticks for passer in passers] == [[1, 2, 3]] * 2


class FailingGateway(Gateway):
    """A gateway that fails in the ticks that it is told."""

    fails: frozenset[int] = frozenset()

    def look(self) -> None:
        if self.tick in self.fails:
            raise RuntimeError("looked into the sun")
        super().look()


def failing(heart: Heart, ticks: range) -> None:
    gateway = FailingGateway(GameSettings(), config(), LocalBus(2), heart.entrance, heart.metrics, heart.zone.clock)
    gateway.fails = frozenset(ticks)
    heart.loop = CityLoop([heart.zone], gateway, LocalBus(2), heart.instruments)


async def test_a_tick_that_fails_is_logged_and_the_next_one_comes() -> None:
    heart = Heart()
    failing(heart, range(2, 2 + FAILURES_IN_ROW_MAX - 1))
    with capture_logs() as logs:
        await heart.run([PERIOD_S] * 40)
    assert heart.loop.tick == 40
    failed = [line for line in logs if line["event"] == "tick failed"]
    assert len(failed) == FAILURES_IN_ROW_MAX - 1
    assert failed[0]["tick"] == 2
    assert heart.metric("ticks_total") == 40 - len(failed)


async def test_a_loop_that_fails_a_whole_second_in_a_row_gives_up() -> None:
    heart = Heart()
    failing(heart, range(5, 100))
    with capture_logs() as logs, pytest.raises(RuntimeError, match="looked into the sun"):
        await heart.run([PERIOD_S] * 60)
    assert heart.loop.tick == 4 + FAILURES_IN_ROW_MAX
    assert len(logs) == FAILURES_IN_ROW_MAX


async def test_failures_that_are_not_in_a_row_never_add_up() -> None:
    heart = Heart()
    failing(heart, range(2, 120, 2))
    with capture_logs():
        await heart.run([PERIOD_S] * 120)
    assert heart.loop.tick == 120


async def test_writes_go_out_in_slices_with_the_event_loop_free_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.loop.WRITES_PER_SLICE", 64)
    scenario = Scenario(GameSettings(joins_per_tick=1000), config())
    clients = scenario.join_all([f"guest {number}" for number in range(4 * 64)])
    stop = asyncio.Event()
    seen: list[int] = []
    served = [len(client.all(m.Frame)) for client in clients]

    async def watch() -> None:
        while len(seen) < 3:
            seen.append(sum(len(client.all(m.Frame)) for client in clients) - sum(served))
            await asyncio.sleep(0)
        stop.set()

    watching = asyncio.create_task(watch())
    await scenario.city.loop.run(stop)
    await watching
    assert seen == [0, 64, 2 * 64]


def test_a_stopwatch_times_each_phase_from_the_end_of_the_one_before() -> None:
    clock = HandClock(100.0)
    watch = Stopwatch(clock)
    for phase, seconds, ends_s in (("input", 0.25, 100.25), ("zones", 0.5, 100.75), ("merge", 0.0, 100.75)):
        clock.forward(seconds)
        assert watch.lap(phase) == ends_s
    assert watch.seconds == {"input": 0.25, "zones": 0.5, "merge": 0.0}


def test_a_tick_needs_no_event_loop() -> None:
    scenario = Scenario(config=config())
    ada = scenario.join("Ada")
    scenario.tick(5)
    assert ada.frames


async def test_a_loop_that_cannot_keep_up_tells_its_gateway_to_shed() -> None:
    heart = Heart()
    await heart.run([PERIOD_S * 1.2] * 60)
    assert heart.instruments.governor.level > 0
    assert heart.gateway.shed_level == heart.instruments.governor.level
    assert heart.metric("shed_level") == heart.gateway.shed_level
