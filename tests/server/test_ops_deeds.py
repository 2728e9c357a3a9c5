"""Deeds over real HTTP: which broke, which are off and where, and switching them on and off."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from server.switches import FAULTS_MAX, SWITCHABLE, Off
from tests.server.ops_port import BEARER, ZONES, OpsPort

TICK = 4711
OFF = [{"zone": zone, "since_tick": TICK, "why": "by ada"} for zone in ZONES]


@pytest.fixture
async def port() -> AsyncIterator[OpsPort]:
    port = OpsPort()
    async with port.client:
        yield port


async def listed(port: OpsPort) -> dict[str, dict[str, Any]]:
    """Every deed by name, without it."""
    async with port.client.get("/deeds") as answer:
        body = await answer.json()
    assert (answer.status, body["tick"]) == (200, TICK)
    return {deed.pop("deed"): deed for deed in body["deeds"]}


async def test_everybody_on_this_machine_may_see_that_all_is_well(port: OpsPort) -> None:
    assert await listed(port) == {deed: {"broke": {}, "off": []} for deed in SWITCHABLE}


async def test_what_broke_lately_and_what_is_off_for_it_is_shown_with_its_zone(port: OpsPort) -> None:
    port.switchboard.broke(0, "wave", TICK - 10)
    with capture_logs():
        for _ in range(FAULTS_MAX):
            port.switchboard.broke(1, "say", TICK - 10)
    deeds = await listed(port)
    assert deeds["wave"] == {"broke": {"gate": 1}, "off": []}
    off = {"zone": "plaza", "since_tick": TICK - 10, "why": "broke 5 times within 60 s"}
    assert deeds["say"] == {"broke": {"plaza": FAULTS_MAX}, "off": [off]}


async def test_a_deed_is_switched_off_everywhere_and_on_again(port: OpsPort) -> None:
    status, body = await port.post("/deeds/say/off")
    assert (status, body["ok"], body["deed"]) == (200, True, {"deed": "say", "broke": {}, "off": OFF})
    assert [port.switchboard.off(zone) for zone in (0, 1)] == [{"say": Off(TICK, "by ada")}] * 2
    status, body = await port.post("/deeds/say/on", {})
    assert (status, body["deed"]["off"]) == (200, [])
    assert [port.switchboard.off(zone) for zone in (0, 1)] == [{}, {}]
    assert port.written == [
        ("switch off", "asked"),
        ("switch off", "done: off"),
        ("switch on", "asked"),
        ("switch on", "done: on"),
    ]
    assert {row.event for row in port.store.logged} == {"say"}


async def test_a_deed_is_switched_off_in_one_zone_alone(port: OpsPort) -> None:
    status, body = await port.post("/deeds/move/off", {"zone": "plaza"})
    assert (status, body["deed"]["off"]) == (200, OFF[1:])
    assert port.written == [("switch off in plaza", "asked"), ("switch off in plaza", "done: off")]


@pytest.mark.parametrize("deed", ["join", "confirm", "steer_event", "explode"])
async def test_what_is_no_deed_of_players_is_not_found_and_written_down(port: OpsPort, deed: str) -> None:
    status, body = await port.post(f"/deeds/{deed}/off")
    assert (status, body["known"]) == (404, list(SWITCHABLE))
    assert port.written[-1] == ("switch off", f"no deed of players is called {deed}")


async def test_a_zone_that_does_not_exist_is_not_found_and_nothing_is_switched(port: OpsPort) -> None:
    status, body = await port.post("/deeds/say/off", {"zone": "moon"})
    assert (status, body["known"]) == (404, ZONES)
    assert port.switchboard.off(0) == {}


@pytest.mark.parametrize(
    "body", [b"now", b"[]", b'{"zone": 1}', b'{"zone": ""}', b'{"zones": "gate"}', b'{"zone": "' + b"x" * 33 + b'"}']
)
async def test_a_body_that_is_not_as_it_must_be_is_refused_and_nothing_is_switched(port: OpsPort, body: bytes) -> None:
    async with port.client.post("/deeds/say/off", data=body, headers=BEARER) as answer:
        assert answer.status == 400
        assert "the body of /deeds/say/off" in (await answer.json())["error"]
    assert (port.written, port.switchboard.off(0)) == ([], {})


async def test_whoever_has_not_the_token_switches_nothing(port: OpsPort) -> None:
    with capture_logs():
        status, _ = await port.post("/deeds/say/off", headers={"Authorization": "Bearer of bad news"})
    assert (status, port.switchboard.off(0)) == (401, {})


@pytest.mark.parametrize(("method", "path", "status"), [("POST", "/deeds/say/twist", 404), ("POST", "/deeds", 405)])
async def test_what_is_not_there_is_refused(port: OpsPort, method: str, path: str, status: int) -> None:
    async with port.client.request(method, path, headers=BEARER) as answer:
        assert answer.status == status
