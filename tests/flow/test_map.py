"""The map can be had from the game port by everybody, once."""

import aiohttp
import msgspec

from tests.flow.stages import WebSocketStage, staged
from world.chart import CityMap, chart


async def test_the_map_is_that_of_the_city_and_is_sent_again_only_when_it_has_changed() -> None:
    async with staged("ws") as stage:
        assert isinstance(stage, WebSocketStage)
        url, session = f"http://127.0.0.1:{stage.port}/city.json", stage.session
        async with session.get(url) as first:
            told = msgspec.json.decode(await first.read(), type=CityMap)
            assert told == chart(stage.scenario.city.config)
            assert first.content_type == "application/json"
            assert first.headers["Cache-Control"] == "no-cache"
        async with session.get(url, headers={"If-None-Match": first.headers["ETag"]}) as again:
            assert (again.status, await again.read()) == (304, b"")
        async with session.get(url, headers={"If-None-Match": '"another"'}) as changed:
            assert changed.status == 200
        await _by_name(session, url, told.fingerprint)


async def _by_name(session: aiohttp.ClientSession, url: str, fingerprint: str) -> None:
    """Who names the map may keep it; a name that it does not have any more is no promise."""
    async with session.head(url, params={"v": fingerprint}) as kept:
        assert (kept.status, "immutable" in kept.headers["Cache-Control"]) == (200, True)
    async with session.get(url, params={"v": "0" * 32}) as stale:
        assert (stale.status, stale.headers["Cache-Control"]) == (200, "no-cache")
