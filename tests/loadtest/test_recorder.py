"""The figures of a run, from a swarm whose bots and server a test moves by hand."""

import numpy as np
import pytest

from loadtest.audit import Audit
from loadtest.bot import Bot, Stage
from loadtest.links import TcpBot
from loadtest.recorder import Recorder
from loadtest.report import Spread
from loadtest.scenario import load_scenario
from loadtest.scrape import Metrics, Reading
from loadtest.swarm import Plan, Swarm
from loadtest.target import parse_target
from protocol.frames import HEADER
from protocol.messages import Happened

BOUNDS = np.array([0.005, 0.01, np.inf])


class HeldMetrics(Metrics):
    """Says what a test says."""

    def __init__(self, *readings: Reading | None) -> None:
        super().__init__("http://nowhere")
        self._readings = list(readings)

    async def read(self, when_s: float) -> Reading | None:
        """The next of them."""
        found = self._readings.pop(0)
        return found._replace(when_s=when_s) if found else None


def reading(cpu_s: float = 0, rss_bytes: float = 0, frames: float = 0, ticks: float = 0, **more: float) -> Reading:
    counts = np.array([0, ticks, ticks])
    fields = dict.fromkeys(("loop_cpu_s", "tick_max_s", "skipped", "shed_level", "tasks", "open_files"), 0.0) | more
    return Reading(
        0, cpu_s, rss_bytes=rss_bytes, tick_bounds_s=BOUNDS, tick_counts=counts,
        frames=frames, phases={}, ticks=ticks, **fields,
    )  # fmt: skip


class Crowd:
    """A swarm of four that never connects, and the frames a test lets arrive."""

    def __init__(self, *readings: Reading | None) -> None:
        plan = Plan(load_scenario("plaza"), 4, 1, (parse_target("tcp://127.0.0.1"),))
        self.swarm = Swarm(plan)
        self.recorder = Recorder(self.swarm, HeldMetrics(*readings) if readings else None)
        self.bots: list[Bot] = []
        for seat in range(4):
            audit = Audit(seat, plan.scenario.rules, self.swarm.faults)
            bot = self.swarm.bots[seat] = TcpBot(seat, "x", self.swarm.desk, audit)
            bot.stage = Stage.LIVING
            self.bots.append(bot)
            self.swarm.join_s[seat] = 0.1

    def frames(self, count: int, bots: tuple[int, ...] = (0, 1, 2, 3), from_s: float = 0.0) -> None:
        log = self.swarm.arrivals
        for number in range(count):
            for bot in bots:
                log.heads.append(HEADER.pack(int(log.tick[bot]) + 2 * number + 2, *[0] * 11))
                log.whens.append(from_s + number * 0.1)
                log.whose.append(bot)
                log.sizes.append(35)
        log.settle()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, by our clock and in seconds of CPU: half as many."""
    now = [0.0]
    monkeypatch.setattr("loadtest.recorder.perf_counter", lambda: now[0])
    monkeypatch.setattr("loadtest.recorder.process_time", lambda: now[0] / 2)
    return now


async def measured(crowd: Crowd, clock: list[float], frames: int = 100, seconds: float = 10.0) -> Recorder:
    """A window of so many seconds in which everybody gets so many frames, the last one as it closes."""
    await crowd.recorder.begin()
    crowd.recorder.open()
    crowd.frames(frames, from_s=clock[0])
    clock[0] += seconds
    await crowd.recorder.look("measuring")
    crowd.recorder.close()
    return crowd.recorder


async def test_rates_are_frames_per_second_of_the_window(clock: list[float]) -> None:
    figures = (await measured(Crowd(), clock)).frame_figures()
    assert (figures.mean_hz, figures.p01_hz) == (10.0, 10.0)
    assert figures.gap_ms.p50 == pytest.approx(100, rel=0.02)


async def test_the_slowest_bot_is_the_slowest_hundredth_of_few(clock: list[float]) -> None:
    crowd = Crowd()
    await crowd.recorder.begin()
    crowd.recorder.open()
    crowd.frames(100)
    crowd.frames(100, bots=(0, 1, 2), from_s=10.0)
    clock[0] = 20.0
    await crowd.recorder.look("measuring")
    crowd.recorder.close()
    assert crowd.recorder.frame_figures().p01_hz == 5.0
    assert crowd.recorder.frame_figures().mean_hz == 8.75


async def test_what_came_before_the_window_does_not_count(clock: list[float]) -> None:
    crowd = Crowd()
    crowd.frames(50)
    clock[0] = 5.0
    await crowd.recorder.look("joining")
    figures = (await measured(crowd, clock)).frame_figures()
    assert figures.mean_hz == 10.0


async def test_one_who_comes_during_the_window_is_measured_from_then_on(clock: list[float]) -> None:
    crowd = Crowd()
    await crowd.recorder.begin()
    crowd.recorder.open()
    crowd.frames(100, bots=(0, 1, 2))
    crowd.frames(50, bots=(3,), from_s=5.0)
    clock[0] = 10.0
    await crowd.recorder.look("measuring")
    for bot in crowd.bots:
        bot.bytes_down = 35_000
    crowd.recorder.close()
    assert crowd.recorder.frame_figures().p01_hz == 10.0
    assert crowd.recorder.traffic().down == 4 * 35_000 / 35


async def test_a_server_that_stops_sending_has_a_gap(clock: list[float]) -> None:
    figures = (await measured(Crowd(), clock, frames=10)).frame_figures()
    assert figures.gap_ms.max == pytest.approx(10_000 - 900)


async def test_a_gap_that_is_still_short_is_not_one(clock: list[float]) -> None:
    figures = (await measured(Crowd(), clock)).frame_figures()
    assert figures.gap_ms.max == pytest.approx(100)


async def test_traffic_is_per_bot_and_second(clock: list[float]) -> None:
    crowd = Crowd()
    await crowd.recorder.begin()
    crowd.recorder.open()
    crowd.frames(1)
    for bot in crowd.bots:
        bot.bytes_down, bot.bytes_up = 50_000, 360
    clock[0] = 10.0
    await crowd.recorder.look("measuring")
    crowd.recorder.close()
    traffic = crowd.recorder.traffic()
    assert (traffic.down, traffic.up) == (5000, 36)


async def test_the_server_is_measured_by_differences_over_the_window(clock: list[float]) -> None:
    crowd = Crowd(
        reading(cpu_s=3, loop_cpu_s=2, rss_bytes=90e6),
        reading(
            cpu_s=9,
            loop_cpu_s=6,
            rss_bytes=90e6 + 4 * 30 * 1024,
            frames=400_000,
            ticks=200,
            tick_max_s=0.009,
            shed_level=2,
        ),
    )
    figures = (await measured(crowd, clock)).server_figures()
    assert figures is not None
    assert (figures.cpu_percent, figures.loop_percent, figures.cpu_us_per_frame) == (60.0, 40.0, 15.0)
    assert figures.rss_kb_per_client == 30
    assert figures.tick_ms == Spread(7.5, 9.0, 9.0)
    assert (figures.ticks_skipped, figures.shed_level_max) == (0, 2)
    assert (figures.ticks_ahead_max, figures.rss_max_mb) == (0, 90.12)


async def test_ticks_that_hurry_after_a_stall_are_noticed(clock: list[float]) -> None:
    readings = [reading(ticks=0), reading(ticks=5), reading(ticks=40), reading(ticks=60)]
    crowd = Crowd(*readings)
    await crowd.recorder.begin()
    crowd.recorder.open()
    crowd.frames(1)
    for _ in readings[1:]:
        clock[0] += 1.0
        await crowd.recorder.look("measuring")
    crowd.recorder.close()
    figures = crowd.recorder.server_figures()
    assert figures is not None
    assert figures.ticks_ahead_max == 15


async def test_whoever_makes_trouble_is_not_measured(clock: list[float]) -> None:
    crowd = Crowd()
    crowd.swarm.arrivals.healthy[3] = False
    await crowd.recorder.begin()
    crowd.recorder.open()
    crowd.frames(100, bots=(0, 1, 2))
    crowd.frames(1, bots=(3,))
    for bot in crowd.bots:
        bot.bytes_down = 1_000_000 if bot.index == 3 else 50_000
    clock[0] = 10.0
    await crowd.recorder.look("measuring")
    crowd.recorder.close()
    assert crowd.recorder.frame_figures().p01_hz == 10.0
    assert crowd.recorder.frame_figures().gap_ms.max == pytest.approx(100)
    assert crowd.recorder.traffic().down == 5000


async def test_time_away_between_two_connections_is_no_time_without_frames(clock: list[float]) -> None:
    crowd = Crowd()
    crowd.frames(1, from_s=0.0)
    await crowd.recorder.begin()
    crowd.recorder.open()
    for seat in range(4):
        crowd.swarm.arrivals.forget(seat)
    crowd.frames(60, from_s=4.1)
    clock[0] = 10.0
    await crowd.recorder.look("measuring")
    crowd.recorder.close()
    assert crowd.recorder.frame_figures().mean_hz == pytest.approx(60 / 5.9, abs=0.01)
    assert crowd.recorder.frame_figures().gap_ms.max == pytest.approx(100)


async def test_whoever_was_sent_home_is_measured_until_then(clock: list[float]) -> None:
    crowd = Crowd()
    await crowd.recorder.begin()
    crowd.recorder.open()
    crowd.frames(100, bots=(0, 1, 2))
    crowd.frames(50, bots=(3,))
    crowd.swarm.arrivals.until[3] = 5.0
    crowd.bots[3].stage = Stage.GONE
    clock[0] = 10.0
    await crowd.recorder.look("measuring")
    crowd.recorder.close()
    assert crowd.recorder.frame_figures().p01_hz == 10.0


async def test_a_server_that_shows_nothing_has_no_figures(clock: list[float]) -> None:
    assert (await measured(Crowd(), clock)).server_figures() is None
    assert (await measured(Crowd(reading(), None), clock)).server_figures() is None


async def test_the_generator_is_measured_too(clock: list[float]) -> None:
    recorder = await measured(Crowd(), clock)
    assert recorder.generator().cpu_percent == 50.0
    second = recorder.series[-1]
    assert (second.phase, second.players, second.hz, second.generator_cpu_percent) == ("measuring", 4, 10.0, 50.0)


async def test_a_second_window_knows_nothing_of_the_first(clock: list[float]) -> None:
    crowd = Crowd()
    await measured(crowd, clock, frames=20, seconds=10.0)
    clock[0] += 5.0
    crowd.frames(1, from_s=clock[0])
    await crowd.recorder.look("between")
    figures = (await again(crowd, clock)).frame_figures()
    assert figures.mean_hz == 10.0
    assert figures.gap_ms.max == pytest.approx(100)


async def again(crowd: Crowd, clock: list[float]) -> Recorder:
    """Another window of ten seconds."""
    crowd.recorder.open()
    crowd.frames(100, from_s=clock[0] + 0.1)
    clock[0] += 10.0
    await crowd.recorder.look("measuring")
    crowd.recorder.close()
    return crowd.recorder


async def test_confirmations_are_counted_and_timed_within_the_window(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loadtest.purses.perf_counter", lambda: clock[0])
    crowd = Crowd()
    confirm(crowd, clock, 9.0)
    await crowd.recorder.look("joining")
    assert crowd.recorder.settled_per_s() is None
    crowd.recorder.open()
    for _ in range(20):
        confirm(crowd, clock, 0.2)
    clock[0] += 6.0
    await crowd.recorder.look("measuring")
    crowd.recorder.close()
    assert crowd.recorder.settled_per_s() == 2.0
    assert crowd.recorder.settle_ms.max == pytest.approx(200)
    assert crowd.recorder.series[-1].settle_ms.max == pytest.approx(200)
    assert crowd.recorder.series[-1].settled_per_s == 2.0


def confirm(crowd: Crowd, clock: list[float], after_s: float) -> None:
    """The first bot asks for a crystal, and is given it after so long."""
    purses = crowd.swarm.purses
    number = purses.ask(0, "pick_up_crystal")
    clock[0] += after_s
    fields = {"receipt": f"1.0.pick.{number}", "crystal": number, "value": 1, "balance": number, "number": number}
    purses.told(0, Happened(1, "crystal_gained", fields))


async def test_without_a_confirmation_there_is_no_rate(clock: list[float]) -> None:
    recorder = await measured(Crowd(), clock)
    assert recorder.settled_per_s() is None
    assert recorder.series[-1].settled_per_s is None


def test_without_a_window_nothing_is_known(clock: list[float]) -> None:
    recorder = Crowd().recorder
    assert recorder.frame_figures().mean_hz is None
    assert recorder.traffic().down is None
    assert recorder.generator().cpu_percent is None
    assert recorder.server_figures() is None
