"""A city in memory whose ops port is real; while it is asked something, its ticks go on."""

import asyncio
from contextlib import suppress
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from server.drain import Stop
from server.ops_port import ops_port
from server.settings import OpsSettings
from tests.scenario import Scenario

TOKEN, VIEWER_TOKEN = "sesame sesame sesame", "looking looking looking"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
VIEWER = {"Authorization": f"Bearer {VIEWER_TOKEN}"}
PATIENCE_S = 10


class Office:
    """Whoever asks without saying who is the operator ada; the viewer is vic."""

    def __init__(self, scenario: Scenario | None = None) -> None:
        self.scenario = scenario or Scenario()
        self.city, self.store = self.scenario.city, self.scenario.store
        self.stop = Stop(1, self.scenario.clock.now_s)
        settings = OpsSettings(
            token=SecretStr(TOKEN), token_name="ada", viewer_token=SecretStr(VIEWER_TOKEN), viewer_name="vic"
        )
        self.city.listening = True
        self.waited_s: list[float] = []
        self.application = ops_port(self.city, settings, self.store, self.stop, self.scenario.clock, self._wait)
        self.client: TestClient[web.Request, web.Application] = TestClient(TestServer(self.application))

    async def ask(
        self, method: str, path: str, json: Any = None, headers: Any = None, data: bytes | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Ask, and let the city tick until it answers."""
        said = BEARER if headers is None else headers
        asking = asyncio.create_task(self._ask(method, path, said, {"json": json} if data is None else {"data": data}))
        async with asyncio.timeout(PATIENCE_S):
            while not asking.done():
                self.scenario.tick()
                with suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.shield(asking), 0.01)
        return asking.result()

    async def get(self, path: str, headers: Any = None) -> tuple[int, dict[str, Any]]:
        return await self.ask("GET", path, headers=headers)

    async def post(self, path: str, json: Any = None, headers: Any = None) -> tuple[int, dict[str, Any]]:
        return await self.ask("POST", path, json, headers)

    async def state(self, name: str) -> dict[str, Any]:
        _, answer = await self.get("/events")
        (found,) = [event for event in answer["events"] if event["name"] == name]
        return dict(found)

    @property
    def written(self) -> list[tuple[str, str, str, str]]:
        """The ops log."""
        return [(row.by, row.action, row.event, row.result) for row in self.store.logged]

    async def _wait(self, seconds: float) -> None:
        self.waited_s.append(seconds)

    async def _ask(self, method: str, path: str, headers: Any, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        async with self.client.request(method, path, headers=headers, **body) as answer:
            return answer.status, await answer.json()
