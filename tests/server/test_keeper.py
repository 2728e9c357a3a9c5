"""What is kept of players: where they stand, in rotation and when they leave, the newest of each account only."""

from collections.abc import Callable, Sequence

import pytest

from protocol import messages as m
from protocol.codec import pack_fields
from server.clock import HandClock
from server.errand import PAUSE_MAX_S
from server.keeper import GROUP_MAX, ROTATION_TICKS, Keeper
from server.outage import Outage
from server.players import Player
from server.store.records import Place, PlayerState, StoreAway
from tests.fakes import FakeStore, driven
from tests.scenario import Client, Scenario
from tests.world.hamlet import config

AWAY = StoreAway("full", "the disk is full")


@pytest.fixture
def scenario() -> Scenario:
    return Scenario(config=config())


def player_of(scenario: Scenario, client: Client) -> Player:
    return scenario.city.gateway.reception.players[client.entity]


def place_of(client: Client) -> Place:
    return Place(client.frame.x, client.frame.z, 0)


def kept(scenario: Scenario, account: int = 1) -> Place | None:
    place = scenario.store.players[account].state.place
    return place and place._replace(heading=0)


def rest(scenario: Scenario, seconds: float = Keeper.rest_s) -> None:
    """As long as the keeper leaves the store alone after a save."""
    scenario.tick(round(seconds * 20) + 1)


def test_everybody_is_written_down_twice_a_minute(scenario: Scenario) -> None:
    clients = scenario.join_all(["Ada", "Ben", "Cleo"])
    scenario.tick(ROTATION_TICKS)
    rest(scenario)
    assert [kept(scenario, 1 + number) for number in range(3)] == [place_of(client) for client in clients]


def test_whoever_leaves_is_written_down_with_what_they_had_kept(scenario: Scenario) -> None:
    ada = scenario.join("Ada")
    where = place_of(ada)
    ada.send(m.Keep(pack_fields({"volume": 7})), m.Bye())
    rest(scenario)
    state = scenario.store.players[1].state
    assert (kept(scenario), state.name, state.settings) == (where, "Ada", bytes(pack_fields({"volume": 7})))


def test_saves_are_a_second_apart_and_carry_the_newest_of_each_account_only(scenario: Scenario) -> None:
    ada = scenario.join("Ada")
    rest(scenario)
    scenario.store.saved.clear()
    for volume in range(10):
        ada.send(m.Keep(pack_fields({"volume": volume})))
        scenario.tick()
    rest(scenario)
    assert scenario.store.players[1].state.settings == bytes(pack_fields({"volume": 9}))
    assert scenario.store.saved == [1, 1]


def test_while_the_store_is_away_the_newest_of_each_account_waits_and_is_known(scenario: Scenario) -> None:
    ada = scenario.join("Ada")
    keeper = scenario.city.keeper
    scenario.store.away = AWAY
    for volume in range(5):
        ada.send(m.Keep(pack_fields({"volume": volume})))
        scenario.tick(20)
    assert keeper.waiting == 1
    newest = keeper.newest(1)
    assert newest is not None
    assert newest.settings == bytes(pack_fields({"volume": 4}))
    scenario.store.away = None
    rest(scenario, PAUSE_MAX_S)
    assert (keeper.waiting, keeper.newest(1)) == (0, None)
    assert scenario.store.players[1].state.settings == newest.settings


class InterruptedStore(FakeStore):
    """A store in whose saves something happens."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], None] = lambda: None

    async def save(self, states: Sequence[PlayerState]) -> None:
        await super().save(states)
        self.meanwhile()


def test_what_changes_while_it_is_being_written_is_written_again(scenario: Scenario) -> None:
    player, gateway = player_of(scenario, scenario.join("Ada")), scenario.city.gateway
    store, clock = InterruptedStore(), HandClock()
    keeper = Keeper(gateway.scene, gateway.reception.players, store, Outage(scenario.city.metrics, clock))
    store.meanwhile = lambda: keeper.note(player)
    keeper.note(player)
    driven(keeper.advance())
    assert keeper.waiting == 1
    store.meanwhile = lambda: None
    clock.forward(Keeper.rest_s)
    driven(keeper.advance())
    assert (keeper.waiting, store.saved) == (0, [1, 1])


def test_whoever_has_no_account_or_no_body_yet_is_not_noted(scenario: Scenario) -> None:
    ada = scenario.join("Ada")
    rest(scenario)
    keeper = scenario.city.keeper
    before = keeper.waiting
    keeper.note(Player(ada.entity, "Nobody", 0, None))
    keeper.note(Player(ada.entity + 1, "Coming", 0, None, account=9))
    assert keeper.waiting == before


def test_a_crowd_is_written_in_groups(scenario: Scenario) -> None:
    keeper = scenario.city.keeper
    ada = player_of(scenario, scenario.join("Ada"))
    scenario.store.saved.clear()
    for account in range(1, GROUP_MAX + 2):
        keeper.note(Player(ada.entity, "Ada", 0, None, account=account))
    rest(scenario)
    rest(scenario)
    assert scenario.store.saved[:2] == [GROUP_MAX, 1]
