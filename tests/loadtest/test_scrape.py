"""A server's metrics, read and subtracted."""

from collections.abc import AsyncIterator

import numpy as np
import pytest
from aiohttp import web

from loadtest.scrape import Metrics, Reading, parse, phases_ms, tick_percentile_ms

PAGE = """
# HELP futurecity_tick_seconds What a tick takes.
futurecity_tick_seconds_bucket{le="0.01"} 50.0
futurecity_tick_seconds_bucket{le="0.02"} 90.0
futurecity_tick_seconds_bucket{le="+Inf"} 100.0
futurecity_tick_phase_seconds_total{phase="zones"} 0.2
futurecity_tick_recent_max_seconds 0.021
futurecity_ticks_total 100.0
futurecity_ticks_skipped_total 3.0
futurecity_frames_sent_total{transport="ws"} 40.0
futurecity_frames_sent_total{transport="tcp"} 2.0
futurecity_shed_level 1.0
futurecity_tasks 9.0
process_open_fds 33.0
process_cpu_seconds_total 12.5
futurecity_loop_cpu_seconds_total 8.25
process_resident_memory_bytes 9.1e+07
python_info{version="3"} 1.0
"""


def reading(counts: list[float], spent_s: float = 0.0) -> Reading:
    bounds = np.array([0.01, 0.02, np.inf])
    return Reading(1.0, 0, 0, 0, 0, counts[-1], 0, 0, 0, 0, 0, bounds, np.array(counts), {"zones": spent_s})


def test_every_figure_is_found_and_transports_are_added() -> None:
    found = parse(PAGE, 5.0)
    assert (found.when_s, found.cpu_s, found.rss_bytes, found.frames) == (5.0, 12.5, 9.1e7, 42)
    assert (found.ticks, found.skipped, found.shed_level, found.tick_max_s) == (100, 3, 1, 0.021)
    assert (found.tasks, found.open_files, found.loop_cpu_s) == (9, 33, 8.25)
    assert found.tick_counts.tolist() == [50, 90, 100]
    assert found.phases == {"zones": 0.2}


@pytest.mark.parametrize(
    "name", ["futurecity_shed_level", "process_cpu_seconds_total", "futurecity_tick_seconds_bucket"]
)
def test_a_missing_figure_is_an_error_not_a_zero(name: str) -> None:
    with pytest.raises(ValueError, match=name.removesuffix("_bucket")):
        parse("\n".join(line for line in PAGE.splitlines() if not line.startswith(name)), 5.0)


def test_percentiles_are_interpolated_between_two_readings() -> None:
    before, after = reading([100, 100, 100]), reading([150, 200, 200])
    assert tick_percentile_ms(before, after, 50) == pytest.approx(10)
    assert tick_percentile_ms(before, after, 75) == pytest.approx(15)
    assert tick_percentile_ms(before, after, 25) == pytest.approx(5)


def test_beyond_the_last_bound_no_more_is_known_than_that() -> None:
    assert tick_percentile_ms(reading([0, 0, 0]), reading([0, 0, 10]), 99) == pytest.approx(20)


def test_without_a_tick_there_is_no_percentile() -> None:
    assert tick_percentile_ms(reading([5, 5, 5]), reading([5, 5, 5]), 50) is None


def test_phases_are_means_between_two_readings() -> None:
    assert phases_ms(reading([0, 0, 10], 0.1), reading([0, 0, 30], 0.3)) == {"zones": 10.0}
    assert phases_ms(reading([0, 0, 10]), reading([0, 0, 10])) == {}


@pytest.fixture
async def pages() -> AsyncIterator[dict[str, web.Response]]:
    """What is answered on each path, and under "url" where."""
    answers: dict[str, web.Response] = {}

    async def answer(request: web.Request) -> web.StreamResponse:
        return answers.get(request.path) or web.Response(status=503)

    application = web.Application()
    application.router.add_get("/{path}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    answers["url"] = web.Response(text=f"http://127.0.0.1:{runner.addresses[0][1]}/")
    yield answers
    await runner.cleanup()


async def test_a_server_is_asked_over_http(pages: dict[str, web.Response]) -> None:
    async with Metrics(str(pages["url"].text)) as metrics:
        assert not await metrics.ready()
        assert await metrics.read(1.0) is None
        pages["/readyz"], pages["/metrics"] = web.Response(text="{}"), web.Response(text=PAGE)
        assert await metrics.ready()
        found = await metrics.read(2.0)
        assert found is not None
        assert found.frames == 42


async def test_a_page_without_the_figures_is_no_reading(pages: dict[str, web.Response]) -> None:
    pages["/metrics"] = web.Response(text="hello")
    async with Metrics(str(pages["url"].text)) as metrics:
        assert await metrics.read(1.0) is None


async def test_nobody_there_is_no_reading() -> None:
    async with Metrics("http://127.0.0.1:1") as metrics:
        assert not await metrics.ready()
        assert await metrics.read(1.0) is None
