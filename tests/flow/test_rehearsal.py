"""A rehearsal over every transport: staff see, hear and take part, and for everybody else nothing is on."""

import time
from collections.abc import AsyncIterator

import jwt
import pytest
from pydantic import SecretStr

from protocol import messages as m
from protocol.crystals import read_crystals
from protocol.limits import CRYSTALS_MAX
from server.settings import AuthSettings
from tests.flow.stages import Player, Stage, staged
from tests.scenario import deed
from world.events.steer_event import Action, SteerEvent

SECRET = "a secret of this city, forty bytes or so"
A_DAY_S = 86_400
PLAZA = "crystal_plaza"


@pytest.fixture(params=["memory", "ws", "tcp"])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    async with staged(request.param, auth=AuthSettings(key=SecretStr(SECRET))) as opened:
        yield opened


async def walk_in(stage: Stage, name: str, **claims: str) -> Player:
    """Somebody in the middle of the plaza, who crossed its border as far as the city knows."""
    token = jwt.encode({"sub": name, "aud": "futurecity", "exp": int(time.time()) + A_DAY_S, **claims}, SECRET, "HS256")
    player = await stage.join(name, token=token)
    gate, plaza = (next(each for each in player.welcome.zones if each.name == zone) for zone in ("gate", PLAZA))
    stage.scenario.place(player.entity, plaza.x + 200, gate.z + gate.depth + 50)
    await stage.tick(3)
    stage.scenario.place(player.entity, plaza.x + plaza.width // 2 + 300, plaza.z + plaza.depth // 4)
    await stage.tick(3)
    assert player.frame.zone == plaza.number
    return player


def steer(stage: Stage, name: str, action: Action) -> None:
    programme = stage.scenario.city.gateway.programme
    found = programme.find(name)
    assert found is not None
    programme.ask(found.zone, SteerEvent(name, action), lambda _: None)


def state(stage: Stage, name: str) -> str:
    found = stage.scenario.city.gateway.programme.find(name)
    assert found is not None
    return found.state.state


def seen(player: Player) -> list[int]:
    """The crystals that a player was shown last."""
    found: list[int] = read_crystals(player.last(m.Crystals).rows)["crystal"].tolist()
    return found


async def test_a_rain_is_rehearsed_by_staff_before_everybody_s_eyes_who_see_nothing(stage: Stage) -> None:
    stella, gil = await walk_in(stage, "stella", role="staff"), await walk_in(stage, "gil")
    await stage.tick(12)
    before, usual = dict(stage.scenario.store.balances), set(seen(gil))
    steer(stage, "crystal_rain", "rehearse")
    await stage.tick(60)
    assert state(stage, "crystal_rain") == "rehearsal"
    assert len(seen(stella)) == CRYSTALS_MAX
    assert set(seen(gil)) <= usual
    (wanted, *_) = (crystal for crystal in seen(stella) if crystal not in usual)
    world = next(host.world for host in stage.scenario.city.zones if host.world.map.name == PLAZA)
    crystal = world.crystals.find(wanted)
    assert crystal is not None
    for player in (stella, gil):
        stage.scenario.place(player.entity, crystal.x, crystal.z)
    await gil.send(deed("pick_up_crystal", 1, crystal=wanted))
    await stage.tick(2)
    await stella.send(deed("pick_up_crystal", 2, crystal=wanted))
    await stage.tick(12)
    (denied,) = gil.all(m.Denied)
    assert (denied.deed, denied.number, denied.reason, denied.field) == ("pick_up_crystal", 1, "rehearsal", "crystal")
    assert stella.events("crystal_rehearsed") == [{"crystal": wanted, "value": crystal.value, "number": 2}]
    steer(stage, "crystal_rain", "cancel")
    await stage.tick(12)
    assert set(seen(stella)) == set(seen(gil))
    assert wanted not in world.crystals.ids()
    assert [each["state"] for each in stella.events("event_changed")] == ["rehearsal", "idle"]
    assert len(stella.events("crystal_taken")) == 1
    for event in ("event_changed", "crystal_taken", "crystal_rehearsed", "crystal_gained"):
        assert gil.events(event) == []
    assert stage.scenario.store.balances == before


async def test_a_show_is_rehearsed_for_staff_and_then_shown_to_everybody_just_so(stage: Stage) -> None:
    stella, gil = await walk_in(stage, "stella", role="staff"), await walk_in(stage, "gil")
    steer(stage, "bay_finale", "rehearse")
    await stage.tick(130)
    rehearsed = [each["seed"] for each in stella.events("firework_launched")]
    assert len(rehearsed) > 5
    assert gil.events("firework_launched") == []
    assert [each for each in gil.all(m.Sky) if any(each.counts)] == []
    steer(stage, "bay_finale", "cancel")
    await stage.tick(2)
    steer(stage, "bay_finale", "start")
    await stage.tick(130)
    assert [each["seed"] for each in gil.events("firework_launched")] == rehearsed
    assert [each["seed"] for each in stella.events("firework_launched")] == rehearsed * 2


async def test_whoever_comes_in_while_fireworks_of_a_rehearsal_burn_sees_them_if_they_are_staff(stage: Stage) -> None:
    stella = await walk_in(stage, "stella", role="staff")
    steer(stage, "bay_finale", "rehearse")
    await stage.tick(20)
    assert stella.events("firework_launched")
    late, guest = await walk_in(stage, "silas", role="staff"), await walk_in(stage, "gil")
    assert late.events("firework_launched")
    assert guest.events("firework_launched") == []
