"""Rains and shows over real HTTP: what is on, what each wish leads to, and what each answer says."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from server.ops import events
from server.ops.health import BODY_BYTES_MAX
from server.programme import WAITING_MAX
from tests.server.ops_port import BEARER, RAIN, SHOW, OpsPort
from world.events.steer_event import SteerEvent


@pytest.fixture
async def port() -> AsyncIterator[OpsPort]:
    port = OpsPort()
    async with port.client:
        yield port


# ---- looking -------------------------------------------------------------------------------------


async def test_everybody_on_this_machine_may_see_what_is_on(port: OpsPort) -> None:
    async with port.client.get("/events") as answer:
        assert (answer.status, await answer.json()) == (
            200,
            {
                "tick": 4711,
                "events": [
                    {"zone": "gate", **RAIN._asdict(), "ends_in_s": None},
                    {"zone": "gate", **SHOW._asdict(), "ends_in_s": 30.0},
                ],
            },
        )


# ---- changing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["start", "rehearse", "pause", "resume", "cancel"])
async def test_what_the_zone_does_is_answered_with_the_new_state_and_written_down_before(
    port: OpsPort, action: Any
) -> None:
    asking = asyncio.create_task(port.post(f"/events/dawn/{action}"))
    assert await port.request() == SteerEvent("dawn", action, 0, "ada")
    assert port.written == [(action, "asked")]
    port.agree(RAIN._replace(state="running", until_tick=4711 + 100))
    status, body = await asking
    assert (status, body["ok"]) == (200, True)
    assert body["event"]["state"] == "running"
    assert (body["event"]["until_tick"], body["event"]["ends_in_s"]) == (4811, 5.0)
    assert port.written == [(action, "asked"), (action, "done: running")]


async def test_an_extension_says_by_how_much(port: OpsPort) -> None:
    asking = asyncio.create_task(port.post("/events/dawn/extend", {"seconds": 60}))
    assert await port.request() == SteerEvent("dawn", "extend", 60, "ada")
    port.agree(RAIN._replace(state="running"))
    assert (await asking)[0] == 200
    assert port.written == [("extend 60 s", "asked"), ("extend 60 s", "done: running")]


async def test_what_the_zone_refuses_is_a_conflict_with_its_reason_and_is_written_down(port: OpsPort) -> None:
    asking = asyncio.create_task(port.post("/events/dawn/pause"))
    await port.request()
    port.refuse("not_running")
    status, body = await asking
    assert (status, body["ok"], body["reason"], body["message"]) == (409, False, "not_running", "not now")
    assert body["event"]["state"] == "idle"
    assert port.written == [("pause", "asked"), ("pause", "refused: not_running")]


async def test_an_event_that_does_not_exist_is_not_found_and_written_down(port: OpsPort) -> None:
    status, body = await port.post("/events/dusk/start")
    assert (status, body["known"]) == (404, ["dawn", "gala"])
    assert port.written == [("start", "asked"), ("start", "no event is called dusk")]
    assert port.asked.empty()


async def test_a_zone_that_does_not_answer_is_a_timeout_and_a_late_answer_harms_nobody(
    port: OpsPort, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "ANSWER_S", 0.01)
    status, body = await port.post("/events/dawn/start")
    assert status == 504
    assert "may still do it" in body["error"]
    assert [result.partition(" s;")[0] for _, result in port.written] == [
        "asked",
        "the zone did not answer within 0.01",
    ]
    await port.request()
    port.agree(RAIN)


async def test_two_requests_at_once_get_their_own_answers(port: OpsPort) -> None:
    first = asyncio.create_task(port.post("/events/dawn/start"))
    await port.request()
    number = port.number
    second = asyncio.create_task(port.post("/events/dawn/cancel"))
    await port.request()
    port.refuse("not_running")
    port.number = number
    port.agree(RAIN._replace(state="running"))
    assert ((await first)[0], (await second)[0]) == (200, 409)


async def test_a_script_gone_wild_is_refused(port: OpsPort) -> None:
    for _ in range(WAITING_MAX):
        assert port.programme.ask(0, SteerEvent("dawn", "start"), lambda _: None)
    status, body = await port.post("/events/dawn/start")
    assert (status, body["reason"]) == (409, "busy")


# ---- bad requests --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("extend", b""),
        ("extend", b"{}"),
        ("extend", b'{"seconds": 0}'),
        ("extend", b'{"seconds": -5}'),
        ("extend", b'{"seconds": 86401}'),
        ("extend", b'{"seconds": 1.5}'),
        ("extend", b'{"seconds": "60"}'),
        ("extend", b'{"seconds": 1e400}'),
        ("extend", b'{"seconds": 60, "hours": 1}'),
        ("extend", b"[" * 900),
        ("extend", b"\xff"),
        ("start", b'{"seconds": 60}'),
        ("start", b"null"),
        ("cancel", b"now"),
    ],
)
async def test_a_body_that_is_not_as_it_must_be_is_refused_and_nothing_is_asked(
    port: OpsPort, action: str, body: bytes
) -> None:
    async with port.client.post(f"/events/dawn/{action}", data=body, headers=BEARER) as answer:
        assert answer.status == 400
        assert f"the body of /events/dawn/{action}" in (await answer.json())["error"]
    assert (port.written, port.asked.empty()) == ([], True)


async def test_a_body_that_is_too_long_is_refused(port: OpsPort) -> None:
    body = b" " * (BODY_BYTES_MAX + 1)
    async with port.client.post("/events/dawn/extend", data=body, headers=BEARER) as answer:
        assert answer.status == 413


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/events/dawn/explode", 404),
        ("POST", "/events/Dawn/start", 404),
        ("POST", f"/events/{'d' * 33}/start", 404),
        ("POST", "/events/a%0Ab/start", 404),
        ("POST", "/events/dawn", 404),
        ("GET", "/events/dawn/start", 405),
        ("POST", "/events", 405),
    ],
)
async def test_what_is_not_there_is_refused_in_json(port: OpsPort, method: str, path: str, status: int) -> None:
    async with port.client.request(method, path, headers=BEARER) as answer:
        assert (answer.status, (await answer.json())["status"]) == (status, status)
