"""Rains and shows over real HTTP: who may change them, what each answer says, and that all of it is written down."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr
from structlog.testing import capture_logs

from protocol.codec import encode
from protocol.messages import Denied, Happened
from server.ops import events
from server.ops.events import Ops, event_routes
from server.ops.health import BODY_BYTES_MAX, ops_application
from server.ops.metrics import Metrics
from server.programme import WAITING_MAX, Programme
from server.settings import OpsSettings
from server.store.records import Operation, StoreAway
from tests.fakes import FakeStore
from tests.server.test_health import FakeCity
from world.event import OPERATOR, EventState
from world.events.steer_event import EventSteered, SteerEvent
from world.tick import Issued

TOKEN = "sesame sesame sesame"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
RAIN = EventState("dawn", "rain", "idle", 0, {"crystals": 5000})
SHOW = EventState("gala", "show", "running", 4711 + 30 * 20, {})
PATIENCE_S = 10

Client = TestClient[web.Request, web.Application]


class Town:
    """An ops port with a store and one zone behind it; the zone answers when, and as, the test says."""

    def __init__(self, token: str | None = TOKEN) -> None:
        self.store = FakeStore()
        self.asked: asyncio.Queue[Issued] = asyncio.Queue()
        self.programme = Programme(lambda _, issued: self.asked.put_nowait(issued), ["gate"])
        self.programme.learn(0, [RAIN, SHOW])
        self.city = FakeCity()
        settings = OpsSettings(token=None if token is None else SecretStr(token), token_name="ada")
        ops = Ops(self.programme, self.store.log_operation, lambda: self.city.tick, settings)
        application = ops_application(self.city, Metrics(("gate",)), event_routes(ops))
        self.client: Client = TestClient(TestServer(application))

    async def post(self, path: str, json: Any = None, headers: Any = None) -> tuple[int, dict[str, Any]]:
        async with self.client.post(path, json=json, headers=BEARER if headers is None else headers) as answer:
            return answer.status, await answer.json()

    async def request(self) -> SteerEvent:
        """What the zone is asked next."""
        async with asyncio.timeout(PATIENCE_S):
            issued = await self.asked.get()
        assert issued.entity == OPERATOR
        assert isinstance(issued.command, SteerEvent)
        self.number = issued.number
        return issued.command

    def agree(self, state: EventState) -> None:
        """The zone does it; this is how the event stands then."""
        self.programme.learn(0, [state, SHOW])
        done = EventSteered(self.number, state.name, "start", state.kind, state.state, state.until_tick)
        self.programme.hear(encode(Happened(1, done.name, msgspec.structs.asdict(done))))

    def refuse(self, reason: str) -> None:
        self.programme.hear(encode(Denied(self.number, "steer_event", reason, None, "not now")))

    @property
    def written(self) -> list[tuple[str, str]]:
        """What the ops log says was done, and what came of it."""
        assert {(row.by, row.event) for row in self.store.operations} <= {("ada", "dawn"), ("ada", "dusk")}
        return [(row.action, row.result) for row in self.store.operations]


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    town = Town()
    async with town.client:
        yield town


# ---- looking -------------------------------------------------------------------------------------


async def test_everybody_on_this_machine_may_see_what_is_on(town: Town) -> None:
    async with town.client.get("/events") as answer:
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


@pytest.mark.parametrize("action", ["start", "pause", "resume", "cancel"])
async def test_what_the_zone_does_is_answered_with_the_new_state_and_written_down_before(
    town: Town, action: Any
) -> None:
    asking = asyncio.create_task(town.post(f"/events/dawn/{action}"))
    assert await town.request() == SteerEvent("dawn", action, 0, "ada")
    assert town.written == [(action, "asked")]
    town.agree(RAIN._replace(state="running", until_tick=4711 + 100))
    status, body = await asking
    assert (status, body["ok"]) == (200, True)
    assert body["event"]["state"] == "running"
    assert (body["event"]["until_tick"], body["event"]["ends_in_s"]) == (4811, 5.0)
    assert town.written == [(action, "asked"), (action, "done: running")]


async def test_an_extension_says_by_how_much(town: Town) -> None:
    asking = asyncio.create_task(town.post("/events/dawn/extend", {"seconds": 60}))
    assert await town.request() == SteerEvent("dawn", "extend", 60, "ada")
    town.agree(RAIN._replace(state="running"))
    assert (await asking)[0] == 200
    assert town.written == [("extend 60 s", "asked"), ("extend 60 s", "done: running")]


async def test_what_the_zone_refuses_is_a_conflict_with_its_reason_and_is_written_down(town: Town) -> None:
    asking = asyncio.create_task(town.post("/events/dawn/pause"))
    await town.request()
    town.refuse("not_running")
    status, body = await asking
    assert (status, body["ok"], body["reason"], body["message"]) == (409, False, "not_running", "not now")
    assert body["event"]["state"] == "idle"
    assert town.written == [("pause", "asked"), ("pause", "refused: not_running")]


async def test_an_event_that_does_not_exist_is_not_found_and_written_down(town: Town) -> None:
    status, body = await town.post("/events/dusk/start")
    assert (status, body["known"]) == (404, ["dawn", "gala"])
    assert town.written == [("start", "asked"), ("start", "no event is called dusk")]
    assert town.asked.empty()


async def test_a_zone_that_does_not_answer_is_a_timeout_and_a_late_answer_harms_nobody(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "ANSWER_S", 0.01)
    status, body = await town.post("/events/dawn/start")
    assert status == 504
    assert "may still do it" in body["error"]
    assert [result.partition(" s;")[0] for _, result in town.written] == [
        "asked",
        "the zone did not answer within 0.01",
    ]
    await town.request()
    town.agree(RAIN)


async def test_two_requests_at_once_get_their_own_answers(town: Town) -> None:
    first = asyncio.create_task(town.post("/events/dawn/start"))
    await town.request()
    number = town.number
    second = asyncio.create_task(town.post("/events/dawn/cancel"))
    await town.request()
    town.refuse("not_running")
    town.number = number
    town.agree(RAIN._replace(state="running"))
    assert ((await first)[0], (await second)[0]) == (200, 409)


async def test_a_script_gone_wild_is_refused(town: Town) -> None:
    for _ in range(WAITING_MAX):
        assert town.programme.ask(0, SteerEvent("dawn", "start"), lambda _: None)
    status, body = await town.post("/events/dawn/start")
    assert (status, body["reason"]) == (409, "busy")


# ---- who may -------------------------------------------------------------------------------------


async def test_without_a_token_in_the_settings_nobody_may_and_is_told_how_to_set_one() -> None:
    town = Town(token=None)
    async with town.client:
        for headers in ({}, BEARER, {"Authorization": "Bearer "}):
            status, body = await town.post("/events/dawn/start", headers=headers)
            assert status == 403
            assert "--ops.token" in body["error"]
    assert (town.written, town.asked.empty()) == ([], True)


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, "Bearer é"],
)
async def test_whoever_has_not_the_token_may_not_and_changes_nothing(town: Town, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    with capture_logs() as logs:
        async with town.client.post("/events/dawn/start", headers=headers) as answer:
            assert answer.status == 401
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert TOKEN not in await answer.text()
    assert (town.written, town.asked.empty()) == ([], True)
    assert [log["log_level"] for log in logs] == ["warning"]
    assert TOKEN not in str(logs)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_scheme_is_read_as_http_reads_it(town: Town, scheme: str) -> None:
    status, _ = await town.post("/events/dusk/start", headers={"Authorization": f"{scheme} {TOKEN}"})
    assert status == 404


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
    town: Town, action: str, body: bytes
) -> None:
    async with town.client.post(f"/events/dawn/{action}", data=body, headers=BEARER) as answer:
        assert answer.status == 400
        assert f"the body of {action} must be" in (await answer.json())["error"]
    assert (town.written, town.asked.empty()) == ([], True)


async def test_a_body_that_is_too_long_is_refused(town: Town) -> None:
    body = b" " * (BODY_BYTES_MAX + 1)
    async with town.client.post("/events/dawn/extend", data=body, headers=BEARER) as answer:
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
async def test_what_is_not_there_is_refused_in_json(town: Town, method: str, path: str, status: int) -> None:
    async with town.client.request(method, path, headers=BEARER) as answer:
        assert (answer.status, (await answer.json())["status"]) == (status, status)


# ---- the ops log ---------------------------------------------------------------------------------


async def test_nothing_is_done_that_cannot_be_written_down(town: Town) -> None:
    town.store.away = StoreAway("full", "the disk is full")
    status, body = await town.post("/events/dawn/start")
    assert status == 503
    assert "nothing was done" in body["error"]
    assert town.asked.empty()


async def test_what_was_done_and_could_not_be_written_down_is_said_to_be_so(town: Town) -> None:
    asking = asyncio.create_task(town.post("/events/dawn/start"))
    await town.request()
    town.store.away = StoreAway("full", "the disk is full")
    with capture_logs() as logs:
        town.agree(RAIN._replace(state="running"))
        status, body = await asking
    assert (status, body["event"]["state"]) == (503, "running")
    assert "done: running" in body["error"]
    assert [log["result"] for log in logs if log["event"] == "operation"] == ["done: running"]
    assert town.store.operations == [Operation("ada", "start", "dawn", "asked")]
