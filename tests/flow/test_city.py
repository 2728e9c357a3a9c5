"""What players see each other do: joining, walking, talking, crossing a border, coming back."""

from itertools import pairwise

import pytest

from protocol import messages as m
from protocol.errors import CloseCode
from protocol.frames import ANIMATIONS
from tests.flow.stages import LIBERAL, Stage, staged
from tests.scenario import NORTH, deed
from world.config import TICK_RATE_HZ

RUN_CM_PER_TICK = 30


async def test_a_newcomer_learns_who_and_where_it_is_and_what_may_be_done(stage: Stage) -> None:
    ada = await stage.join("Ada")
    assert ada.welcome.name == "Ada"
    assert [zone.name for zone in ada.welcome.zones][ada.frame.zone] == "gate"
    assert ada.welcome.deeds["say"]["text"]["max_length"] == 200
    assert {"move", "say", "wave", "emote", "sit", "pick_up_crystal", "light_firework"} <= set(ada.welcome.deeds)
    assert "said" in ada.welcome.events
    gate = ada.welcome.zones[0]
    assert gate.x <= ada.frame.x < gate.x + gate.width
    assert gate.z <= ada.frame.z < gate.z + gate.depth


async def test_frames_come_on_every_second_tick(stage: Stage) -> None:
    ada = await stage.join("Ada")
    await stage.tick(20)
    ticks = [frame.tick for frame in ada.frames]
    assert {later - earlier for earlier, later in pairwise(ticks)} == {2}


async def test_two_players_see_and_know_each_other(stage: Stage) -> None:
    ada = await stage.join("Ada")
    ben = await stage.join("Ben")
    await stage.tick(20)
    assert ada.places[ben.entity] == (ben.frame.x, ben.frame.y, ben.frame.z)
    names = {profile.entity: profile.name for told in ada.all(m.Profiles) for profile in told.profiles}
    assert names[ben.entity] == "Ben"


async def test_walking_is_acknowledged_and_obeys_the_speed_limit(stage: Stage) -> None:
    ada = await stage.join("Ada")
    ben = await stage.join("Ben")
    before = ada.frame
    await ada.send(ada.intent(NORTH))
    await stage.tick(10)
    assert ada.frame.input == 1
    travelled = ada.frame.z - before.z
    assert 0 < travelled <= RUN_CM_PER_TICK * (ada.frame.tick - before.tick)
    assert travelled >= RUN_CM_PER_TICK * 8
    assert ANIMATIONS[ada.frame.animation] == "run"
    await stage.tick(2)
    assert ben.places[ada.entity][2] > before.z


async def test_words_are_heard_near_and_not_far(stage: Stage) -> None:
    ada, ben, far = [await stage.join(name) for name in ("Ada", "Ben", "Far")]
    stage.scenario.place(ada.entity, 15000, 3000)
    stage.scenario.place(ben.entity, 15500, 3000)
    stage.scenario.place(far.entity, 20000, 3000)
    await stage.tick(2)
    await ada.send(deed("say", text="hello"))
    await stage.tick(3)
    assert ben.events("said") == [{"entity": ada.entity, "text": "hello"}]
    assert far.events("said") == []


async def test_an_emote_is_seen_as_an_event_and_as_a_pose(stage: Stage) -> None:
    ada, ben = [await stage.join(name) for name in ("Ada", "Ben")]
    await ada.send(deed("wave", hand="left"))
    await stage.tick(3)
    assert ben.events("waved") == [{"entity": ada.entity, "hand": "left"}]
    assert ANIMATIONS[ada.frame.animation] == "wave"


async def test_crossing_a_border_keeps_the_link_the_body_and_every_frame(stage: Stage) -> None:
    ada, ben = [await stage.join(name) for name in ("Ada", "Ben")]
    stage.scenario.place(ada.entity, 15000, 5900)
    stage.scenario.place(ben.entity, 15200, 5800)
    await stage.tick(2)
    assert ada.frame.zone == 0
    await ada.send(ada.intent(NORTH))
    await stage.tick(20)
    zones = [zone.name for zone in ada.welcome.zones]
    assert zones[ada.frame.zone] == "crystal_plaza"
    assert zones[ben.frame.zone] == "gate"
    ticks = [frame.tick for frame in ada.frames]
    assert {later - earlier for earlier, later in pairwise(ticks)} == {2}
    assert all(0 <= b.z - a.z <= 2 * RUN_CM_PER_TICK for a, b in pairwise(ada.frames[-11:]))
    assert ben.entity in ada.shown[-1]
    assert ada.entity in ben.shown[-1]
    await ada.send(deed("wave", hand="right"), ada.stop())
    await stage.tick(3)
    assert ada.events("waved"), "deeds reach the new zone"
    assert ada.frame.input == 2


async def test_a_lost_link_leaves_the_body_standing_and_a_token_gives_it_back(stage: Stage) -> None:
    ada, ben = [await stage.join(name) for name in ("Ada", "Ben")]
    await ada.send(ada.intent(NORTH))
    await stage.tick(4)
    await ada.vanish()
    stage.players.remove(ada)
    await stage.tick(10)
    assert ada.entity in ben.shown[-1]
    again = await stage.join("Somebody", resume=ada.welcome.resume)
    assert again.welcome.resumed
    assert again.entity == ada.entity
    assert again.welcome.name == "Ada"
    assert again.welcome.resume != ada.welcome.resume
    assert again.frame.z == ben.places[ada.entity][2]
    thief = await stage.join("Thief", resume=ada.welcome.resume)
    assert not thief.welcome.resumed
    assert thief.entity != ada.entity


@pytest.mark.parametrize("way", ["memory", "ws", "tcp"])
async def test_a_body_whose_player_does_not_return_leaves_the_city(way: str) -> None:
    async with staged(way, LIBERAL.model_copy(update={"resume_s": 4})) as stage:
        ada, ben = [await stage.join(name) for name in ("Ada", "Ben")]
        await ada.vanish()
        stage.players.remove(ada)
        await stage.tick(3 * TICK_RATE_HZ)
        assert ada.entity in ben.shown[-1]
        await stage.tick(2 * TICK_RATE_HZ)
        assert ada.entity not in ben.shown[-1]
        assert sum(stage.scenario.city.players_by_zone.values()) == 1


async def test_goodbye_is_answered_and_the_body_is_gone_at_once(stage: Stage) -> None:
    ada, ben = [await stage.join(name) for name in ("Ada", "Ben")]
    await ada.send_payload(b"\x91\x05")
    await ada.settled()
    await stage.tick(4)
    assert ada.closed_with == CloseCode.BYE
    assert ada.entity not in ben.shown[-1]


async def test_pong_tells_the_tick_and_echoes_the_senders_clock(stage: Stage) -> None:
    ada = await stage.join("Ada")
    await ada.send(m.Ping(123456.75))
    pong = next(pong for pong in ada.all(m.Pong) if pong.sent == 123456.75)
    assert pong.tick == stage.scenario.city.tick
    assert pong.into_tick_ms == 0


async def test_when_the_city_closes_everybody_is_told_when_to_come_back(stage: Stage) -> None:
    ada = await stage.join("Ada")
    stage.scenario.city.gateway.farewell()
    await ada.settled()
    goodbye = ada.last(m.Goodbye)
    assert goodbye.code == CloseCode.GOING_AWAY
    assert goodbye.retry_after_s is not None
    assert goodbye.retry_after_s > 0
