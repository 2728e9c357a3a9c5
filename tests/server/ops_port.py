"""An ops port over real HTTP, with a fake city behind it that answers when, and as, a test says."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from protocol.codec import encode
from protocol.messages import Denied, Happened
from server.clock import HandClock
from server.ops.content import content_routes
from server.ops.deeds import deed_routes
from server.ops.events import event_routes
from server.ops.guard import Guard, Wait
from server.ops.health import ops_application
from server.ops.metrics import Metrics
from server.ops.operators import Ops
from server.ops.sign_in import sign_in_routes
from server.programme import Programme
from server.settings import OpsSettings
from server.switches import Switchboard
from tests.fakes import FakeStore
from tests.server.test_health import FakeCity
from world.config import WorldConfig, load_config
from world.event import OPERATOR, EventState
from world.events.steer_event import EventSteered, SteerEvent
from world.tick import Issued

TOKEN = "sesame sesame sesame"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
RAIN = EventState("dawn", "rain", "idle", 0, {"crystals": 5000})
SHOW = EventState("gala", "show", "running", 4711 + 30 * 20, {})
PATIENCE_S = 10
ZONES = ["gate", "plaza"]

Client = TestClient[web.Request, web.Application]


class Contents:
    """A city that runs on the shipped content, and writes down what it is to go on with."""

    def __init__(self) -> None:
        self.content_dir: Path | None = None
        self.config = load_config()
        self.renewed: list[WorldConfig] = []

    def renew(self, config: WorldConfig) -> None:
        self.renewed.append(config)


async def no_wait(_: float) -> None:
    """Whoever has to wait for an answer does not, in most tests."""


class OpsPort:
    """An ops port with a store and one zone behind it; the zone answers when, and as, the test says."""

    def __init__(self, token: str | None = TOKEN, viewer_token: str | None = None) -> None:
        self.store = FakeStore()
        self.asked: asyncio.Queue[Issued] = asyncio.Queue()
        self.programme = Programme(lambda _, issued: self.asked.put_nowait(issued), ZONES)
        self.programme.learn(0, [RAIN, SHOW])
        self.city = FakeCity()
        settings = OpsSettings(token=token, token_name="ada", viewer_token=viewer_token)  # type: ignore[arg-type]
        metrics = self.metrics = Metrics(ZONES)
        self.switchboard = Switchboard(ZONES, metrics)
        self.clock = HandClock()
        self.waited_s: list[float] = []
        self.wait: Wait = no_wait
        guard = Guard(settings, metrics.sign_ins, self.clock.now_s, self._wait)
        ops = Ops(
            self.programme, self.switchboard, self.store.log_operation, lambda: self.city.tick, metrics.operations
        )
        self.contents = Contents()
        events = [*event_routes(ops), *content_routes(ops, self.contents)]
        routes = [*sign_in_routes(guard), *events, *deed_routes(ops)]
        application = ops_application(self.city, metrics, routes, guard)
        self.client: Client = TestClient(TestServer(application))

    async def _wait(self, seconds: float) -> None:
        self.waited_s.append(seconds)
        await self.wait(seconds)

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
        assert {row.by for row in self.store.logged} <= {"ada"}
        return [(row.action, row.result) for row in self.store.logged]
