"""Health, readiness, metrics and status, asked over real HTTP."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from server.ops.health import CityView, Outside, json_errors, ops_application, status_handler
from server.ops.metrics import PHASES, Metrics

OPEN = Outside(capacity=5000, waiting=0, open=True, full=False, wait_s=0.0)


@dataclass
class FakeCity:
    """A city that is whatever the test says."""

    name: str = "Future City"
    ready: bool = True
    tick: int = 4711
    tick_age_s: float = 0.02
    tick_rate_hz: int = 20
    players_max: int = 5000
    players_by_zone: Mapping[str, int] = field(default_factory=lambda: {"gate": 3, "plaza": 40})
    door: Outside = OPEN
    uptime_s: float = 12.345
    shed_level: int = 1


Client = TestClient[web.Request, web.Application]


@pytest.fixture
def city() -> FakeCity:
    return FakeCity()


@pytest.fixture
async def client(city: FakeCity) -> AsyncIterator[Client]:
    view: CityView = city
    application = ops_application(view, Metrics(tuple(city.players_by_zone)))
    application.router.add_get("/status", status_handler(view))
    async with TestClient(TestServer(application)) as client:
        yield client


async def ask(client: Client, path: str) -> tuple[int, dict[str, Any]]:
    async with client.get(path) as answer:
        return answer.status, await answer.json()


async def test_a_city_that_ticks_is_healthy(client: Client) -> None:
    assert await ask(client, "/healthz") == (200, {"ok": True, "tick": 4711, "tick_age_s": 0.02})


async def test_a_city_that_stopped_ticking_is_not_healthy_and_says_since_when(city: FakeCity, client: Client) -> None:
    city.tick_age_s = 2.5
    status, body = await ask(client, "/healthz")
    assert (status, body["ok"]) == (503, False)
    assert "2.5 s" in body["reason"]


async def test_a_draining_city_is_healthy_and_not_ready(city: FakeCity, client: Client) -> None:
    assert (await ask(client, "/readyz"))[0] == 200
    city.ready = False
    status, body = await ask(client, "/readyz")
    assert status == 503
    assert "draining" in body["reason"]
    assert (await ask(client, "/healthz"))[0] == 200


async def test_a_city_with_a_line_is_ready_and_says_what_newcomers_are_in_for(city: FakeCity, client: Client) -> None:
    city.door = Outside(capacity=3000, waiting=70, open=False, full=False, wait_s=12.5)
    status, body = await ask(client, "/readyz")
    assert (status, body["open"], body["waiting"], body["capacity"]) == (200, False, 70, 3000)
    _, body = await ask(client, "/status")
    assert [body[name] for name in ("open", "waiting", "capacity", "wait_s")] == [False, 70, 3000, 12.5]


async def test_a_city_where_nobody_may_even_wait_is_not_ready(city: FakeCity, client: Client) -> None:
    city.door = Outside(capacity=3000, waiting=50_000, open=False, full=True, wait_s=None)
    status, body = await ask(client, "/readyz")
    assert (status, body["ok"]) == (503, False)
    assert "as many wait as may wait" in body["reason"]


async def test_a_draining_city_is_open_to_nobody(city: FakeCity, client: Client) -> None:
    city.ready = False
    assert (await ask(client, "/status"))[1]["open"] is False


async def test_the_metrics_are_as_ready_as_readyz(city: FakeCity, client: Client) -> None:
    for ready in (True, False):
        city.ready = ready
        async with client.get("/metrics") as answer:
            assert f"futurecity_ready {float(ready)}" in (await answer.text()).splitlines()
        assert (await ask(client, "/readyz"))[0] == (200 if ready else 503)


async def test_status_is_small_and_says_who_is_where(client: Client) -> None:
    status, body = await ask(client, "/status")
    assert status == 200
    assert body["players"] == 43
    assert body["zones"] == [{"name": "gate", "players": 3}, {"name": "plaza", "players": 40}]
    assert {
        "name",
        "version",
        "protocol",
        "players_max",
        "tick",
        "tick_rate_hz",
        "uptime_s",
        "shed_level",
        "ready",
    } < set(body)


async def test_a_page_from_anywhere_may_read_the_status_and_no_page_may_read_the_metrics(client: Client) -> None:
    async with client.get("/status") as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    async with client.get("/metrics") as answer:
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_only_the_metrics_that_are_asked_for_by_name_are_told(client: Client) -> None:
    names = ("futurecity_ticks_total", "futurecity_tick_phase_seconds_total", "futurecity_interest_set_size_sum")
    async with client.get("/metrics", params=[("name[]", name) for name in (*names, "no_such_thing")]) as answer:
        told = [line for line in (await answer.text()).splitlines() if not line.startswith("#")]
    assert {line.partition("{")[0].partition(" ")[0] for line in told} == set(names)
    assert len(told) == 2 + len(PHASES)


@pytest.mark.parametrize(
    ("accept", "content_type", "last_line"),
    [
        ("", "text/plain", None),
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text", "# EOF"),
    ],
)
async def test_metrics_come_in_the_format_that_was_asked_for(
    client: Client, accept: str, content_type: str, last_line: str | None
) -> None:
    async with client.get("/metrics", headers={"Accept": accept}) as answer:
        lines = (await answer.text()).splitlines()
        assert answer.status == 200
        assert answer.content_type == content_type
    assert 'futurecity_players{transport="ws",zone="plaza"} 0.0' in lines
    assert (lines[-1] == "# EOF") == (last_line == "# EOF")


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("POST", "/healthz", 405)])
async def test_what_is_not_there_is_refused_in_json(client: Client, method: str, path: str, status: int) -> None:
    async with client.request(method, path) as answer:
        body = await answer.json()
        assert (answer.status, body["status"], body["path"]) == (status, status, path)
        assert ("Allow" in answer.headers) == (status == 405)


async def test_a_handlers_own_bug_is_not_dressed_up_as_the_callers_fault() -> None:
    async def broken(_: web.Request) -> web.Response:
        raise web.HTTPServiceUnavailable

    application = web.Application(middlewares=[json_errors])
    application.router.add_get("/", broken)
    async with TestClient(TestServer(application)) as client, client.get("/") as answer:
        assert answer.status == 503
