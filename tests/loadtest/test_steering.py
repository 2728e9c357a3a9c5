"""Steering through an ops port, and what is told when that does not work."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from loadtest.steering import Steering, SteeringError
from tests.office import TOKEN, VIEWER_TOKEN, Office

NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    office = Office()
    async with office.client:
        yield office


def steering(office: Office, token: str | None = TOKEN) -> Steering:
    return Steering(str(office.client.make_url("/")), token)


async def starting(request: web.Request) -> web.Response:
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        raise web.HTTPUnauthorized(reason="Authorization: Bearer TOKEN is missing or wrong")
    if request.match_info["name"] != "rain":
        return web.json_response({"ok": False, "error": "no event is called so"}, status=404)
    return web.json_response({"ok": True})


@pytest.fixture
async def ops() -> AsyncIterator[str]:
    """An ops port of which a test sees what it was asked; the real one needs ticks for an event."""
    application = web.Application()
    application.router.add_post("/events/{name}/start", starting)
    async with TestServer(application) as server:
        yield str(server.make_url("/"))


async def test_an_event_is_started_with_the_token(ops: str) -> None:
    await Steering(ops, TOKEN).start_event("rain")


async def test_a_wrong_token_and_an_unknown_event_are_told(ops: str) -> None:
    with pytest.raises(SteeringError, match="rain was not started: 401"):
        await Steering(ops, "another").start_event("rain")
    with pytest.raises(SteeringError, match=r"snow was not started: 404 .*no event is called so"):
        await Steering(ops, TOKEN).start_event("snow")


async def test_a_city_that_is_not_there_is_told() -> None:
    with pytest.raises(SteeringError, match="rain was not started: "):
        await Steering(NOWHERE, TOKEN).start_event("rain")


@pytest.mark.parametrize(("ops_url", "token"), [(None, TOKEN), (NOWHERE, None)])
async def test_without_address_or_token_nothing_is_steered(ops_url: str | None, token: str | None) -> None:
    with pytest.raises(SteeringError, match="neither ops port nor token of the server are known"):
        await Steering(ops_url, token).allow(0.5)


async def test_a_budget_is_set_and_set_back(office: Office) -> None:
    ours, governor = steering(office), office.city.governor
    assert await ours.allow(0.314159) == governor.busy_max == 0.3142
    assert await ours.allow(0.25) == governor.busy_max == 0.25
    await ours.restore()
    assert governor.busy_max == 0.9
    governor.busy_max = 0.7
    await ours.restore()
    assert governor.busy_max == 0.7


@pytest.mark.parametrize(("busy", "busy_max"), [(0.0, 0.05), (3.0, 1.0)])
async def test_a_budget_is_one_that_the_city_takes(office: Office, busy: float, busy_max: float) -> None:
    assert await steering(office).allow(busy) == office.city.governor.busy_max == busy_max


async def test_who_may_only_look_sets_no_budget(office: Office) -> None:
    with pytest.raises(SteeringError, match=r"the budget was not set to 0.5: 403"):
        await steering(office, VIEWER_TOKEN).allow(0.5)
    assert office.city.governor.busy_max == 0.9
