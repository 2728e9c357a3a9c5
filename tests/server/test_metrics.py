"""The metrics: names and labels an operator may rely on, from the first scrape on."""

import asyncio
import re
from collections.abc import Iterator

import numpy as np
import pytest
from prometheus_client import Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from protocol.errors import CloseCode
from server.clock import HandClock
from server.ops.metrics import CLOSE_CAUSES, PHASES, TRANSPORTS, Metrics, Seldom, tasks_now

ZONES = ("gate", "plaza")
STANDARD = ("process_", "python_gc_")
BASE_UNITS = (
    "_seconds",
    "_bytes",
    "_total",
    "_info",
    "_size",
    "_level",
    "_ratio",
    "_off",
    "_still",
    "_layers",
    "_players",
    "_offenders",
    "_clients",
    "_broken",
    "_pending",
    "_waiting",
    "_up",
    "_capacity",
    "_free",
    "_tasks",
    "_ready",
)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(ZONES)


def scrape(metrics: Metrics) -> dict[str, Metric]:
    text = generate_latest(metrics.registry).decode()
    return {family.name: family for family in text_string_to_metric_families(text)}


def ours(metrics: Metrics) -> Iterator[Metric]:
    return (family for name, family in scrape(metrics).items() if not name.startswith(STANDARD))


def value(metrics: Metrics, sample: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"futurecity_{sample}", labels)


def test_every_metric_of_ours_has_the_prefix_a_base_unit_and_a_description(metrics: Metrics) -> None:
    for family in ours(metrics):
        exposed = family.name + ("_total" if family.type == "counter" else "")
        assert exposed.startswith("futurecity_")
        assert exposed.endswith(BASE_UNITS), exposed
        assert family.documentation


def test_process_figures_are_exposed_under_their_usual_names(metrics: Metrics) -> None:
    names = scrape(metrics)
    assert {"process_cpu_seconds", "process_resident_memory_bytes", "process_open_fds"} <= set(names)


def test_no_label_can_name_a_person(metrics: Metrics) -> None:
    labels = {label for family in ours(metrics) for sample in family.samples for label in sample.labels}
    closed = {"phase", "zone", "transport", "reason", "kind", "outcome", "cause", "deed", "lane", "le"}
    assert labels == closed | {"version", "protocol", "python", "uvloop", "numpy"}


def test_every_series_exists_at_zero_before_anything_happens(metrics: Metrics) -> None:
    for zone in ZONES:
        for transport in TRANSPORTS:
            assert value(metrics, "players", zone=zone, transport=transport) == 0
    for cause in CLOSE_CAUSES:
        assert value(metrics, "connections_closed_total", cause=cause) == 0
    for phase in PHASES:
        assert value(metrics, "tick_phase_seconds_total", phase=phase) == 0
    assert value(metrics, "tick_seconds_count") == 0
    assert value(metrics, "interest_set_size_count") == 0


def test_the_causes_of_closing_are_the_close_codes_and_a_lost_line() -> None:
    assert set(CLOSE_CAUSES) == {code.name.lower() for code in CloseCode} | {"lost"}


def test_nothing_happening_makes_no_new_series(metrics: Metrics) -> None:
    before = len(re.findall(rb"(?m)^futurecity", generate_latest(metrics.registry)))
    metrics.ticked(dict.fromkeys(PHASES, 0.004), 0.05, 1.0)
    metrics.frames_sent["ws"].inc(2000)
    metrics.connections_closed["lost"].inc()
    assert len(re.findall(rb"(?m)^futurecity", generate_latest(metrics.registry))) == before


def test_a_tick_is_counted_in_every_phase_and_an_overrun_once(metrics: Metrics) -> None:
    metrics.ticked(dict.fromkeys(PHASES, 0.004), 0.05, 1.0)
    metrics.ticked(dict.fromkeys(PHASES, 0.009), 0.05, 1.1)
    assert value(metrics, "ticks_total") == 2
    assert value(metrics, "tick_overruns_total") == 1
    assert value(metrics, "tick_phase_seconds_total", phase="send") == pytest.approx(0.013)
    assert (value(metrics, "tick_seconds_count"), value(metrics, "tick_seconds_bucket", le="0.05")) == (2, 1)


def test_the_recent_maximum_is_that_of_the_last_whole_second(metrics: Metrics) -> None:
    for total_s, now_s in ((0.010, 7.2), (0.030, 7.4), (0.020, 7.9)):
        metrics.ticked({"send": total_s}, 0.05, now_s)
        metrics.lagged(total_s / 10, now_s)
    assert value(metrics, "tick_recent_max_seconds") == 0
    metrics.ticked({"send": 0.001}, 0.05, 8.0)
    metrics.lagged(0.0, 8.0)
    assert value(metrics, "tick_recent_max_seconds") == pytest.approx(0.030)
    assert value(metrics, "loop_lag_recent_max_seconds") == pytest.approx(0.003)
    metrics.ticked({"send": 0.002}, 0.05, 9.0)
    assert value(metrics, "tick_recent_max_seconds") == pytest.approx(0.001)


def test_interest_sets_are_counted_by_the_array(metrics: Metrics) -> None:
    metrics.interest_set_size.add(np.array([0, 1, 3, 64, 64], np.int32))
    metrics.interest_set_size.add(np.array([], np.int32))
    assert value(metrics, "interest_set_size_count") == 5
    assert value(metrics, "interest_set_size_sum") == 132
    assert value(metrics, "interest_set_size_bucket", le="1.0") == 2
    assert value(metrics, "interest_set_size_bucket", le="48.0") == 3
    assert value(metrics, "interest_set_size_bucket", le="+Inf") == 5


def test_an_unheard_of_label_value_is_our_bug_and_says_so(metrics: Metrics) -> None:
    with pytest.raises(KeyError):
        metrics.connections_closed["bored"].inc()


async def test_tasks_are_those_of_the_loop_that_asks(metrics: Metrics) -> None:
    waiting = asyncio.Event()
    before = tasks_now()
    assert scrape(metrics)["futurecity_tasks"].samples[0].value == before
    tasks = [asyncio.create_task(waiting.wait()) for _ in range(3)]
    assert tasks_now() == before + 3
    waiting.set()
    await asyncio.gather(*tasks)
    assert tasks_now() == before


def test_what_costs_something_to_find_out_is_found_out_once_in_a_while() -> None:
    clock, found = HandClock(), iter([7, 8])
    figure = Seldom(lambda: next(found), 10.0, clock.now_s)
    assert [figure(), figure()] == [7, 7]
    clock.forward(9.9)
    assert figure() == 7
    clock.forward(0.2)
    assert [figure(), figure()] == [8, 8]


def test_where_no_loop_runs_there_are_no_tasks(metrics: Metrics) -> None:
    assert scrape(metrics)["futurecity_tasks"].samples[0].value == 0
