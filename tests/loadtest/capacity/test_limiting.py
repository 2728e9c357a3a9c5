"""What gave way first is told by the server's own figures: where its processor time went, or that it had some left."""

from typing import Any

import pytest
from msgspec import structs

from loadtest.capacity.limiting import limiting
from loadtest.report import Generator, Report, ServerFigures, Spread, Verdict
from loadtest.scenario import load_scenario
from tests.loadtest.reports import SERVER, good

PLAZA = load_scenario("plaza")


def failed(server: ServerFigures | None, bots_percent: float = 70.0, *failures: str) -> Report:
    verdict = Verdict(False, list(failures) or ["gap_p99_ms: 240, at most 200 is wanted"])
    return good(server=server, verdict=verdict, generator=Generator(bots_percent, Spread(1, 2, 3)))


def busy(percent: float, loop_percent: float | None = None, **phases_ms: float) -> ServerFigures:
    return structs.replace(SERVER, cpu_percent=percent, loop_percent=loop_percent, phases_ms=phases_ms)


@pytest.mark.parametrize(
    ("phases_ms", "cause"),
    [
        ({"zones": 3.0, "interest": 12.0, "frames": 12.0, "send": 10.0, "total": 37.0}, "tick"),
        ({"zones": 1.0, "interest": 6.0, "frames": 6.0, "send": 24.0, "total": 37.0}, "sends"),
        ({"zones": 1.0, "interest": 4.0, "frames": 4.0, "send": 8.0, "total": 17.0}, "reads"),
    ],
)
def test_a_full_core_is_the_part_that_took_most_of_it(phases_ms: dict[str, float], cause: str) -> None:
    told = limiting(failed(busy(95.0, **phases_ms)), PLAZA)
    assert told.cause == cause
    assert "of 95 % of a core: tick" in told.told


def test_the_parts_are_in_percent_of_a_core_and_the_rest_is_reads() -> None:
    told = limiting(failed(busy(95.0, zones=2.0, frames=10.0, send=15.0, total=27.0)), PLAZA)
    assert told.told.endswith("(of 95 % of a core: tick 24 %, sends 30 %, reads 41 %)")


def test_what_other_threads_take_is_sends_and_fills_no_loop() -> None:
    sending = busy(95.0, 86.0, zones=4.0, frames=12.0, send=18.0, total=34.0)
    told = limiting(failed(sending), PLAZA)
    assert told.cause == "sends"
    assert told.told.endswith("(of 95 % of a core: tick 32 %, sends 45 %, reads 18 %)")
    idle = structs.replace(sending, loop_percent=70.0)
    assert [limiting(failed(idle, bots), PLAZA).cause for bots in (74.0, 76.0)] == ["waiting", "machine"]


@pytest.mark.parametrize(
    ("report", "cause", "word"),
    [
        (failed(busy(60.0, total=9.0)), "waiting", "60 % of a core"),
        (failed(busy(84.0, total=9.0), 90.0), "machine", "174 % of its 2 cores"),
        (failed(busy(95.0)), "unknown", "95 % of a core"),
        (failed(None), "unknown", "no figures"),
        (failed(busy(60.0), 70.0, "rss_kb_per_client: 61, at most 60 is wanted"), "memory", "40 KB"),
    ],
)
def test_what_is_not_a_full_core_is_told_as_what_it_is(report: Any, cause: str, word: str) -> None:
    told = limiting(report, PLAZA)
    assert told.cause == cause
    assert word in told.told
