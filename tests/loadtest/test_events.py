"""Starting an event through an ops port, and what is told when that does not work."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from loadtest.events import EventError, start_event

TOKEN = "a token of sixteen"


async def steer(request: web.Request) -> web.Response:
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        raise web.HTTPUnauthorized(reason="Authorization: Bearer TOKEN is missing or wrong")
    if request.match_info["name"] != "rain":
        return web.json_response({"ok": False, "error": "no event is called so"}, status=404)
    return web.json_response({"ok": True})


@pytest.fixture
async def ops() -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_post("/events/{name}/start", steer)
    async with TestServer(application) as server:
        yield str(server.make_url("/"))


async def test_an_event_is_started_with_the_token(ops: str) -> None:
    await start_event(ops, TOKEN, "rain")


async def test_a_wrong_token_and_an_unknown_event_are_told(ops: str) -> None:
    with pytest.raises(EventError, match="rain was not started: 401"):
        await start_event(ops, "another", "rain")
    with pytest.raises(EventError, match=r"snow was not started: 404 .*no event is called so"):
        await start_event(ops, TOKEN, "snow")


async def test_a_city_that_is_not_there_is_told() -> None:
    with pytest.raises(EventError, match="rain was not started: "):
        await start_event("http://127.0.0.1:1", TOKEN, "rain")
