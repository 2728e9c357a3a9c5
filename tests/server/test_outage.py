"""Whether the store answers: counted every time, and said once when it goes and once when it is back."""

import pytest
from structlog.testing import capture_logs

from server.clock import HandClock
from server.ops.metrics import Metrics
from server.outage import Outage
from server.store.records import StoreAway

AWAY = StoreAway("locked", "somebody else holds it")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(("a_zone",))


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"futurecity_{name}", labels)


def test_a_store_that_nobody_has_asked_yet_is_up(metrics: Metrics, clock: HandClock) -> None:
    assert Outage(metrics, clock).up
    assert value(metrics, "store_up") == 1


def test_every_failure_is_counted_by_cause_and_an_outage_is_said_once(metrics: Metrics, clock: HandClock) -> None:
    outage = Outage(metrics, clock)
    with capture_logs() as logs:
        for _ in range(3):
            outage.failed(AWAY)
            clock.forward(2)
        assert not outage.up
        assert value(metrics, "store_up") == 0
        outage.answered()
        outage.answered()
    assert outage.up
    assert (value(metrics, "store_up"), value(metrics, "store_away_total", cause="locked")) == (1, 3)
    assert [log["log_level"] for log in logs] == ["error", "warning"]
    assert logs[1]["away_s"] == 6.0
