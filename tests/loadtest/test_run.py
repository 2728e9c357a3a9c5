"""A whole run against a small city, without a terminal and without a server process."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import structs

from loadtest.report import Report, Second
from loadtest.run import Options, play
from loadtest.scenario import Budget, Event, Join, Limits, Scenario, Settle
from loadtest.target import parse_target
from tests.loadtest.fake_city import FakeCity

WAIT_S = 30
# A machine that runs all tests at once may hold the generator up: that is not what is tested here.
LIMITS = Limits(mean_hz_min=1, generator_lag_p99_ms_max=10_000)
QUICK = Scenario(
    "A test.",
    6,
    1,
    "crystal_plaza",
    {"gather": 1.0},
    Join(0.0, 5.0),
    Settle(0.0, 5.0, 1.0),
    limits=LIMITS,
)


class Watcher:
    """Keeps what it is shown, and does something at a phase's beginning."""

    def __init__(self, at: dict[str, Callable[[], None]] | None = None) -> None:
        self.phases: list[str] = []
        self.seconds: list[Second] = []
        self._at = at or {}

    def phase(self, name: str, seconds_max: float) -> None:
        """Keep it."""
        self.phases.append(name)
        self._at.get(name, lambda: None)()

    def second(self, second: Second, joined: int) -> None:
        """Keep it."""
        self.seconds.append(second)


def options(city: FakeCity, scenario: Scenario = QUICK, transport: str = "ws") -> Options:
    targets = {"ws": [city.ws_url], "tcp": [city.tcp_url], "mixed": [city.ws_url, city.tcp_url]}[transport]
    chosen = tuple(parse_target(url) for url in targets)
    return Options("test", scenario, scenario.bots, scenario.seconds, transport, chosen)  # type: ignore[arg-type]


async def played(watcher: Watcher, stop: asyncio.Event | None = None, **fields: object) -> Report:
    async with asyncio.timeout(WAIT_S), FakeCity() as city:
        report = await play(options(city, **fields), watcher, stop or asyncio.Event())  # type: ignore[arg-type]
        assert city.people == []
        return report


@pytest.mark.parametrize("transport", ["ws", "tcp", "mixed"])
async def test_a_good_city_passes(transport: str) -> None:
    watcher = Watcher()
    report = await played(watcher, transport=transport)
    assert report.verdict.failures == []
    assert report.verdict.passed
    assert watcher.phases == ["joining", "settling", "gathering", "measuring", "leaving"]
    assert (report.joined, report.disconnected_healthy, report.share_in_zone, report.server) == (6, 0, 1.0, None)
    # Ticks of the small city are five times as quick as the wire's.
    assert report.frames.mean_hz is not None
    assert report.frames.mean_hz > 10
    assert report.join_s.max is not None
    assert {second.phase for second in report.series} >= {second.phase for second in watcher.seconds}


async def test_a_run_that_is_stopped_reports_what_it_has_and_fails() -> None:
    stop = asyncio.Event()
    report = await played(Watcher({"measuring": stop.set}), stop)
    assert report.joined == 6
    assert report.verdict.failures[-1].startswith("interrupted")
    assert not report.verdict.passed


async def test_a_city_without_the_zone_ends_the_run_with_the_reason() -> None:
    watcher = Watcher()
    scenario = Scenario("A test.", 2, 60, "moon", {"gather": 1.0}, Join(0.0))
    report = await played(watcher, scenario=scenario)
    assert "the city has no zone 'moon'" in report.verdict.failures[0]


async def test_joining_is_measured_where_it_is_what_matters() -> None:
    scenario = Scenario(
        "A test.",
        4,
        1,
        "crystal_plaza",
        {"stampede": 1.0},
        Join(0.5, 5.0, measured=True),
        limits=LIMITS,
    )
    watcher = Watcher()
    report = await played(watcher, scenario=scenario)
    assert watcher.phases == ["joining", "measuring", "leaving"]
    assert report.verdict.failures == []
    assert report.share_in_zone is None


async def test_a_calm_is_measured_before_the_event_and_compared() -> None:
    watcher = Watcher()
    report = await played(watcher, scenario=structs.replace(QUICK, event=Event(1)))
    assert watcher.phases == ["joining", "settling", "gathering", "calm", "measuring", "leaving"]
    assert report.verdict.failures == []
    assert report.calm is not None
    assert report.calm.gap_ms.p99 is not None
    assert report.frames.gap_ms.p99 is not None
    assert report.gap_p99_of_calm == pytest.approx(report.frames.gap_ms.p99 / report.calm.gap_ms.p99, abs=0.001)


async def test_an_event_that_cannot_be_started_ends_the_run_with_the_reason() -> None:
    watcher = Watcher()
    report = await played(watcher, scenario=structs.replace(QUICK, event=Event(1, "rain"), seconds=60))
    assert report.verdict.failures[0].startswith("rain was not started: neither ops port nor token")
    assert watcher.phases[-2:] == ["measuring", "leaving"]


async def test_a_budget_that_cannot_be_set_ends_the_run_with_the_reason() -> None:
    pressed = structs.replace(QUICK, event=Event(1), budget=Budget(0.5), seconds=60)
    report = await played(Watcher(), scenario=pressed)
    assert report.verdict.failures[0] == "the budget was not set: what the calm took is not known"
    assert report.busy_max is None


async def test_books_that_cannot_be_looked_into_fail_the_run(tmp_path: Path) -> None:
    async with asyncio.timeout(WAIT_S), FakeCity() as city:
        asked = structs.replace(options(city), store_url=f"sqlite:///{tmp_path / 'none' / 'city.db'}")
        report = await play(asked, Watcher(), asyncio.Event())
    assert report.audit is None
    assert report.verdict.failures[0].startswith("the audit ended with status")


async def test_a_run_against_nobody_fails_with_the_reason() -> None:
    target = parse_target("tcp://127.0.0.1:1")
    async with asyncio.timeout(WAIT_S):
        report = await play(Options("test", QUICK, 3, 1, "tcp", (target,)), Watcher(), asyncio.Event())
    assert not report.verdict.passed
    assert report.verdict.failures[:2] == [
        "no bot is in the city: there is nothing to measure",
        "joined: 0 of 3 bots had a first frame",
    ]
    assert report.frames.mean_hz is None
