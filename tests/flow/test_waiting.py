"""What people see who come to a full city: their position, their turn and the way back, over every transport."""

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from protocol import messages as m
from protocol.errors import CloseCode
from server.line import LOOKS
from server.settings import AdmissionSettings
from server.waiting_room import REFRESH_TICKS
from tests.flow.stages import LIBERAL, Player, Stage, staged

GRACE_S = 3
TICKS_PER_S = 20
# In this time everybody has heard of a change.
HEARD_TICKS = REFRESH_TICKS + REFRESH_TICKS // LOOKS


@pytest.fixture(params=["memory", "ws", "tcp"])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    settings = LIBERAL.model_copy(update={"players_max": 2, "resume_s": 5})
    admission = AdmissionSettings(grace_s=GRACE_S, waiting_max=3)
    async with staged(request.param, settings, admission=admission) as opened:
        yield opened


def positions(player: Player) -> list[int]:
    return [queued.position for queued in player.all(m.Queued)]


async def lose(stage: Stage, player: Player) -> None:
    """The link breaks, and nobody listens to it any more."""
    await player.vanish()
    stage.players.remove(player)


async def full(stage: Stage) -> list[Player]:
    """Everybody who has a place."""
    return [await stage.join(name) for name in ("Ada", "Ben")]


async def test_whoever_finds_the_city_full_waits_and_is_welcomed_when_it_is_their_turn(stage: Stage) -> None:
    ada, _ = await full(stage)
    cleo, dan = [await stage.knock(m.Hello(1, name)) for name in ("Cleo", "Dan")]
    assert (positions(cleo), positions(dan)) == ([1], [2])
    assert (cleo.closed_with, cleo.frames) == (None, [])
    await ada.send(m.Bye())
    stage.players.remove(ada)
    await stage.tick(4)
    assert cleo.welcome.name == "Cleo"
    assert cleo.frames
    await stage.tick(HEARD_TICKS)
    assert positions(dan) == [2, 1]
    assert positions(cleo) == [1], "whoever is in is told no position any more"


async def test_a_ticket_leads_back_to_the_place_in_line_and_then_to_the_body(stage: Stage) -> None:
    ada, ben = await full(stage)
    cleo, dan = [await stage.knock(m.Hello(1, name)) for name in ("Cleo", "Dan")]
    ticket = cleo.last(m.Queued).ticket
    await lose(stage, cleo)
    await stage.tick(10)
    again = await stage.knock(m.Hello(1, "Cleo", resume=ticket))
    assert (positions(again), again.last(m.Queued).ticket) == ([1], ticket)
    await ada.send(m.Bye())
    stage.players.remove(ada)
    await stage.tick(4)
    assert again.welcome.name == "Cleo"
    assert dan.frames == []
    await lose(stage, again)
    back = await stage.join("Cleo", resume=ticket)
    assert (back.welcome.resumed, back.entity) == (True, again.entity)
    assert ben.closed_with is None


async def test_a_place_is_kept_while_its_turn_comes_and_given_up_in_the_end(stage: Stage) -> None:
    ada, _ = await full(stage)
    cleo, dan = [await stage.knock(m.Hello(1, name)) for name in ("Cleo", "Dan")]
    await lose(stage, cleo)
    await ada.send(m.Bye())
    stage.players.remove(ada)
    await stage.tick(GRACE_S * TICKS_PER_S - 10)
    assert dan.frames == []
    await stage.tick(20)
    assert dan.welcome.name == "Dan"
    late = await stage.knock(m.Hello(1, "Cleo", resume=cleo.last(m.Queued).ticket))
    assert (late.frames, late.last(m.Queued).ticket == cleo.last(m.Queued).ticket) == ([], False)


async def test_whoever_waits_may_only_ping_and_leave(stage: Stage) -> None:
    await full(stage)
    cleo, dan, eve = [await stage.knock(m.Hello(1, name)) for name in ("Cleo", "Dan", "Eve")]
    await cleo.send(m.Bye())
    stage.players.remove(cleo)
    await dan.send(dan.intent(0))
    stage.players.remove(dan)
    assert (cleo.closed_with, dan.closed_with) == (CloseCode.BYE, CloseCode.UNEXPECTED)
    await stage.tick(HEARD_TICKS)
    assert positions(eve) == [3, 1]


async def test_when_as_many_wait_as_may_wait_one_more_is_told_when_to_try_again(stage: Stage) -> None:
    await full(stage)
    waiting = [await stage.knock(m.Hello(1, f"Guest {number}")) for number in range(3)]
    late = await stage.knock(m.Hello(1, "Late"))
    assert late.last(m.Goodbye).code == CloseCode.FULL
    assert late.last(m.Goodbye).retry_after_s
    assert [positions(player) for player in waiting] == [[1], [2], [3]]
    door = stage.scenario.city.door
    assert (door.open, door.full, door.waiting, door.capacity) == (False, True, 3, 2)


async def test_whoever_is_in_comes_back_past_everybody_who_waits(stage: Stage) -> None:
    ada, _ = await full(stage)
    cleo = await stage.knock(m.Hello(1, "Cleo"))
    await lose(stage, ada)
    await stage.tick(4)
    back = await stage.join("Ada", resume=ada.welcome.resume)
    assert back.welcome.resumed
    assert (back.entity, positions(cleo)) == (ada.entity, [1])


async def test_whoever_waits_in_silence_is_closed_and_keeps_the_place_for_the_time_of_grace() -> None:
    settings = LIBERAL.model_copy(update={"players_max": 1, "idle_s": 2})
    async with staged("memory", settings, admission=AdmissionSettings(grace_s=GRACE_S)) as stage:
        ada = await stage.join("Ada")
        cleo = await stage.knock(m.Hello(1, "Cleo"))
        stage.players.remove(cleo)
        for _ in range(3):
            await ada.send(m.Ping(0.0))
            await stage.tick(TICKS_PER_S)
        assert cleo.closed_with == CloseCode.IDLE
        back = await stage.knock(m.Hello(1, "Cleo", resume=cleo.last(m.Queued).ticket))
        assert back.last(m.Queued) == replace(cleo.last(m.Queued), position=1)
