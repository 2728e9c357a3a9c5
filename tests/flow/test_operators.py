"""An operator steers a real rain and a real show over HTTP, and whoever stands there sees it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from protocol import messages as m
from protocol.crystals import read_crystals
from protocol.limits import CRYSTALS_MAX
from tests.office import Office
from tests.scenario import Client


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    office = Office()
    async with office.client:
        office.scenario.tick()
        yield office


def walk_in(office: Office, zone: str) -> Client:
    """Somebody in the middle of a zone, who crossed its border as far as the city knows."""
    ada = office.scenario.join("Ada")
    here = next(each for each in ada.welcome.zones if each.name == "gate")
    there = next(each for each in ada.welcome.zones if each.name == zone)
    edge = min(max(there.x + 200, here.x), here.x + here.width - 1)
    office.scenario.place(ada.entity, edge, here.z + here.depth + 50)
    office.scenario.tick(3)
    office.scenario.place(ada.entity, there.x + there.width // 2 + 300, there.z + there.depth // 4)
    office.scenario.tick(3)
    assert ada.frame.zone == there.number
    return ada


def heard(client: Client, event: str) -> list[dict[str, Any]]:
    return [happened.fields for happened in client.all(m.Happened) if happened.event == event]


async def test_a_rain_is_started_paused_resumed_extended_and_cancelled(office: Office) -> None:
    ada = walk_in(office, "crystal_plaza")
    status, started = await office.post("/events/crystal_rain/start")
    assert (status, started["event"]["state"], started["event"]["zone"]) == (200, "running", "crystal_plaza")
    office.scenario.tick(60)
    fallen = (await office.state("crystal_rain"))["detail"]["fallen"]
    assert fallen >= 500
    assert read_crystals(ada.all(m.Crystals)[-1].rows).size == CRYSTALS_MAX
    assert (await office.post("/events/crystal_rain/pause"))[1]["event"]["state"] == "paused"
    held = (await office.state("crystal_rain"))["detail"]["fallen"]
    office.scenario.tick(40)
    assert (await office.state("crystal_rain"))["detail"]["fallen"] == held
    assert (await office.post("/events/crystal_rain/resume"))[1]["event"]["state"] == "running"
    until = (await office.state("crystal_rain"))["until_tick"]
    status, extended = await office.post("/events/crystal_rain/extend", {"seconds": 30})
    assert (status, extended["event"]["until_tick"]) == (200, until + 600)
    assert (await office.post("/events/crystal_rain/cancel"))[0] == 200
    office.scenario.tick(20)
    assert (await office.state("crystal_rain"))["state"] == "idle"
    # Those that always lie in the plaza.
    assert read_crystals(ada.all(m.Crystals)[-1].rows).size == 3
    assert [each["state"] for each in heard(ada, "event_changed")] == ["running", "paused", "running", "ending", "idle"]
    funds = {name: left for name, left in office.scenario.store.balances.items() if name.startswith("pool:")}
    assert funds == {"pool:1.1.rain.crystal_rain.1": 0}


async def test_what_does_not_fit_is_a_conflict_that_says_how_the_event_stands(office: Office) -> None:
    status, answer = await office.post("/events/crystal_rain/resume")
    assert (status, answer["reason"]) == (409, "wrong_state")
    assert "it is idle" in answer["message"]
    operations = [(row.by, row.action, row.event, row.result) for row in office.scenario.store.logged]
    assert operations == [
        ("ada", "resume", "crystal_rain", "asked"),
        ("ada", "resume", "crystal_rain", "refused: wrong_state"),
    ]


async def test_a_show_is_started_by_hand_and_seen(office: Office) -> None:
    assert (await office.post("/events/bay_finale/start"))[0] == 200
    zone = next(host for host in office.scenario.city.zones if host.world.map.name == "fireworks_bay")
    office.scenario.tick(40)
    assert zone.world.sky.in_air(office.scenario.city.tick) > 0
    assert (await office.post("/events/bay_finale/cancel"))[1]["event"]["state"] == "idle"
