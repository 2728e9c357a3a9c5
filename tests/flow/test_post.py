"""What one player alone is told reaches it: over a lost link, at its own pace, and before the city closes."""

from protocol import messages as m
from protocol.errors import CloseCode
from server.settings import GameSettings
from tests.flow.stages import Player, Stage
from tests.scenario import Client, Scenario, deed

FARTHEST = 2**32 - 1


def serials(player: Player | Client) -> list[int]:
    """The numbers of what this player alone was told, in the order in which it heard of it."""
    told = [message for message in player.heard if isinstance(message, m.Happened | m.Denied)]
    return [message.serial for message in told if message.serial]


def far(number: int) -> m.Do:
    """A wish that the zone refuses."""
    return deed("pick_up_crystal", number, crystal=FARTHEST)


async def returned(stage: Stage, player: Player, heard: int) -> Player:
    again = await stage.knock(m.Hello(1, "Ada", None, player.welcome.resume, "", heard))
    assert again.welcome.resumed
    return again


async def asked_and_lost(stage: Stage) -> Player:
    """Somebody who has heard three answers and lost the link before two more came."""
    ada = await stage.join("Ada")
    for number in (1, 2, 3):
        await ada.send(far(number))
        await stage.tick()
    assert serials(ada) == [1, 2, 3]
    await ada.send(far(4), far(5))
    await ada.vanish()
    stage.players.remove(ada)
    await stage.tick(3)
    return ada


async def test_what_was_missed_comes_in_order_right_behind_the_welcome(stage: Stage) -> None:
    ada = await asked_and_lost(stage)
    again = await returned(stage, ada, heard=2)
    assert again.welcome.missed == 3
    at = again.heard.index(again.welcome)
    told = again.heard[at + 1 : at + 4]
    assert [(message.serial, message.number) for message in told if isinstance(message, m.Denied)] == [
        (3, 3),
        (4, 4),
        (5, 5),
    ]
    assert ada.all(m.Denied)[-1] == told[0]
    await again.send(far(6))
    await stage.tick()
    assert serials(again) == [3, 4, 5, 6]


async def test_whoever_claims_what_cannot_be_gets_a_clean_start(stage: Stage) -> None:
    ada = await asked_and_lost(stage)
    again = await returned(stage, ada, heard=99)
    assert again.welcome.missed is None
    assert serials(again) == []
    await again.send(far(6))
    await stage.tick()
    assert serials(again) == [6]


async def test_what_a_body_was_told_ends_with_it(stage: Stage) -> None:
    ada = await asked_and_lost(stage)
    stranger = await stage.knock(m.Hello(1, "Ben", None, "no such token", "", 2))
    assert (stranger.welcome.resumed, stranger.welcome.missed) == (False, 0)
    await stranger.send(far(1))
    await stage.tick()
    assert serials(stranger) == [1]
    assert (await returned(stage, ada, heard=5)).welcome.missed == 0


async def test_everybody_is_told_that_the_city_closes_and_plays_until_it_does(stage: Stage) -> None:
    ada = await stage.join("Ada")
    gateway = stage.scenario.city.gateway
    gateway.shut_the_door()
    gateway.announce_end(30.0)
    await ada.send(deed("wave", hand="left"), far(7))
    await stage.tick(3)
    assert ada.last(m.Closing).in_s == 30.0
    assert ada.events("waved")
    assert serials(ada) == [1]
    gateway.farewell()
    await ada.settled()
    assert ada.closed_with == CloseCode.GOING_AWAY
    assert ada.heard.index(ada.last(m.Closing)) < ada.heard.index(ada.last(m.Goodbye))


# ---- in memory, where a link can be made to stall ------------------------------------------------


def stalled(settings: GameSettings) -> tuple[Scenario, Client]:
    scenario = Scenario(settings)
    slow = scenario.join("Slow")
    slow.link.stalled = True
    slow.link.backlog += bytes(settings.write_mark_bytes + 1)
    scenario.tick(4)
    return scenario, slow


def read_on(slow: Client, settings: GameSettings) -> None:
    """The client takes what had waited, but for what the test had put there."""
    del slow.link.backlog[: settings.write_mark_bytes + 1]
    slow.link.read_again()


def test_letters_wait_for_a_slow_client_and_come_in_order_when_it_reads() -> None:
    settings = GameSettings()
    scenario, slow = stalled(settings)
    for number in (1, 2, 3):
        slow.send(far(number))
        scenario.tick()
    held = len(slow.link.backlog)
    assert serials(slow) == []
    scenario.tick(4)
    assert len(slow.link.backlog) == held, "neither frames nor letters are added"
    read_on(slow, settings)
    scenario.tick(2)
    assert serials(slow) == [1, 2, 3]
    assert slow.frame.tick >= scenario.city.tick - 1


def test_a_parked_client_comes_back_to_its_body_and_to_everything_it_was_told() -> None:
    settings = GameSettings(slow_s=1)
    scenario, slow = stalled(settings)
    slow.send(far(1), far(2))
    scenario.tick(25)
    assert slow.link.gone
    assert slow.closed_with is None
    again = scenario.connect()
    again.send(m.Hello(1, "Slow", None, slow.welcome.resume, "", 0))
    scenario.tick(3)
    assert (again.entity, again.welcome.missed, serials(again)) == (slow.entity, 2, [1, 2])
