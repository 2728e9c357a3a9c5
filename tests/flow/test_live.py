"""The live view: made once a second however many look, bounded in watchers, and over when the city closes."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from server.ops.heat import CELL_M
from server.ops.live import WATCHERS_MAX
from tests.office import PATIENCE_S, VIEWER, Office

STREAM = "/api/live/stream"


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    office = Office()
    async with office.client:
        office.scenario.tick()
        yield office


async def test_it_says_who_is_where_by_cell_and_layer_and_leaves_hosts_out(office: Office) -> None:
    ada, *_ = office.scenario.join_all(["Ada", "Ben", "Cem"])
    gate = next(zone for zone in ada.welcome.zones if zone.name == "gate")
    for client, x in ((ada.entity, 100), (ada.entity + 1, 200), (ada.entity + 2, CELL_M * 100 + 100)):
        office.scenario.place(client, gate.x + x, gate.z + 100)
    office.scenario.tick(20)
    _, live = await office.get("/api/live", headers=VIEWER)
    (shown,) = [zone for zone in live["zones"] if zone["name"] == "gate"]
    assert (live["players"], live["connected"], shown["people"], shown["layers"]) == (3, 3, 3, [3])
    assert (shown["counts"][:2], sum(shown["counts"])) == ([2, 1], 3)
    assert len(shown["counts"]) % shown["columns"] == 0
    assert (live["waiting"], live["closes_in_s"]) == ({"returning": 0, "staff": 0, "ordinary": 0}, None)
    assert all(zone["counts"] == [0] * len(zone["counts"]) for zone in live["zones"] if zone["name"] != "gate")


async def test_it_is_made_at_most_once_a_second(office: Office) -> None:
    async with office.client.get("/api/live", headers=VIEWER) as answer:
        first = await answer.json()
    office.scenario.tick(10)
    async with office.client.get("/api/live", headers=VIEWER) as answer:
        assert await answer.json() == first
    office.scenario.tick(10)
    async with office.client.get("/api/live", headers=VIEWER) as answer:
        assert (await answer.json())["tick"] == first["tick"] + 20


async def test_frames_and_bytes_are_counted_by_the_second(office: Office) -> None:
    office.scenario.join("Ada")
    await office.get("/api/live")
    office.scenario.tick(40)
    office.city.gateway.publish_gauges()
    _, live = await office.get("/api/live")
    assert 9 < live["frames_per_s"] < 11
    assert live["sent_bytes_per_s"] > 300


async def test_a_watcher_is_told_at_once_and_the_stream_ends_with_the_city(office: Office) -> None:
    async with asyncio.timeout(PATIENCE_S), office.client.get(STREAM, headers=VIEWER) as answer:
        assert (answer.status, answer.content_type) == (200, "text/event-stream")
        line = await answer.content.readline()
        assert msgspec.json.decode(line.removeprefix(b"data: "))["name"] == office.city.name
        await office.application.shutdown()
        rest = await answer.content.read()
    assert rest.strip() == b"" or rest.startswith(b"\ndata: ")


async def test_so_many_may_watch_and_whoever_goes_makes_room(office: Office) -> None:
    async with asyncio.timeout(PATIENCE_S):
        watching = [await office.client.get(STREAM, headers=VIEWER) for _ in range(WATCHERS_MAX)]
        for each in watching:
            await each.content.readline()
        async with office.client.get(STREAM, headers=VIEWER) as answer:
            assert (answer.status, f"{WATCHERS_MAX} watch" in (await answer.json())["error"]) == (503, True)
        watching[0].close()
        while (again := await office.client.get(STREAM, headers=VIEWER)).status == 503:
            again.release()
            await asyncio.sleep(0)
        for each in (again, *watching):
            each.close()
