"""A crowded place in layers: friends together, the same stage for all, and nobody loses anybody at a border."""

from functools import cache

import msgspec
import pytest

from protocol import messages as m
from protocol.limits import INTEREST_MAX
from server.settings import GameSettings
from tests.scenario import NORTH, Client, Scenario, content, deed
from world.config import WorldConfig

CODE = "blue-door-7"
COMFORTABLE = 4
# Long enough for a set to be chosen anew, and for three frames.
SOON = 20


@cache
def narrow(comfortable: int) -> WorldConfig:
    """The shipped city, in zones that are comfortable for a few."""
    config = content(1)
    zones = tuple(msgspec.structs.replace(zone, comfortable=comfortable) for zone in config.city.zone)
    return msgspec.structs.replace(config, city=msgspec.structs.replace(config.city, zone=zones))


@pytest.fixture
def gate() -> tuple[Scenario, list[Client]]:
    """Six people in the gate, within earshot of each other; four of them fit."""
    scenario = Scenario(config=narrow(COMFORTABLE))
    clients = scenario.join_all([f"Player {number}" for number in range(6)])
    for number, client in enumerate(clients):
        scenario.place(client.entity, 15_000 + 100 * number, 2000)
    scenario.tick(SOON)
    return scenario, clients


def layers(clients: list[Client]) -> list[int]:
    return [client.frame.layer for client in clients]


def sees(viewer: Client, other: Client) -> bool:
    """Whether a viewer's latest frames show somebody."""
    return any(other.entity in shown for shown in viewer.shown[-3:])


def iris(client: Client) -> int:
    """The host at the gate."""
    return next(p.entity for told in client.all(m.Profiles) for p in told.profiles if p.name == "Iris")


def test_whoever_does_not_fit_finds_the_same_place_with_the_others_who_did_not(
    gate: tuple[Scenario, list[Client]],
) -> None:
    _, clients = gate
    assert layers(clients) == [0] * COMFORTABLE + [1, 1]
    for viewer in clients:
        for other in clients:
            together = viewer is not other and viewer.frame.layer == other.frame.layer
            assert sees(viewer, other) == together
        assert all(iris(viewer) in shown for shown in viewer.shown[-3:])


def test_what_is_said_stays_in_a_layer_and_what_is_in_the_sky_is_for_all(gate: tuple[Scenario, list[Client]]) -> None:
    scenario, clients = gate
    clients[0].send(deed("say", text="below"), deed("light_firework", 2, kind="peony", colours=["gold"]))
    clients[4].send(deed("say", text="above"), deed("wave", 2, hand="left"))
    scenario.tick(SOON)
    said = [[event["text"] for event in client.events("said")] for client in clients]
    assert said == [["below"]] * COMFORTABLE + [["above"]] * 2
    waves = [{event["entity"] for event in client.events("waved")} - {iris(client)} for client in clients]
    assert waves == [set()] * COMFORTABLE + [{clients[4].entity}] * 2
    assert [len(client.events("firework_launched")) for client in clients] == [1] * 6


def test_a_friend_brings_you_to_their_layer(gate: tuple[Scenario, list[Client]]) -> None:
    scenario, clients = gate
    ada, zoe = clients[0], clients[5]
    for client in (ada, zoe):
        client.send(deed("join_party", code=CODE))
        scenario.tick()
    scenario.tick(SOON)
    assert layers(clients) == [0, 0, 0, 0, 1, 0]
    assert sees(ada, zoe)
    assert sees(zoe, ada)
    assert not sees(clients[4], zoe)
    assert ada.events("party_joined") == [
        {"entity": ada.entity, "members": 1},
        {"entity": zoe.entity, "members": 2},
    ]
    assert [len(client.events("party_joined")) for client in clients] == [2, 0, 0, 0, 0, 1]
    assert CODE not in repr([client.heard for client in clients])


def test_friends_find_each_other_again_behind_a_border(gate: tuple[Scenario, list[Client]]) -> None:
    scenario, clients = gate
    friends = [clients[0], clients[5]]
    for client in friends:
        client.send(deed("join_party", code=CODE))
    border = scenario.city.zones[1].world.area.z
    for client in friends:
        scenario.place(client.entity, 15_000, border - 50)
        client.send(client.intent(NORTH))
    scenario.tick(SOON)
    assert [(client.frame.zone, client.frame.layer) for client in friends] == [(1, 0), (1, 0)]
    assert all(sees(*pair) for pair in (friends, friends[::-1]))


def test_from_a_layer_that_the_next_zone_does_not_have_its_lowest_is_seen(gate: tuple[Scenario, list[Client]]) -> None:
    scenario, clients = gate
    walker, above = clients[0], clients[5]
    border = scenario.city.zones[1].world.area.z
    for client in (walker, above):
        scenario.place(client.entity, 15_000, border - 50)
    walker.send(walker.intent(NORTH))
    scenario.tick(SOON)
    assert (walker.frame.zone, above.frame.zone, above.frame.layer) == (1, 0, 1)
    assert sees(above, walker)
    assert not sees(walker, above)
    walker.send(deed("say", text="over here"))
    scenario.tick(SOON)
    assert [event["text"] for event in above.events("said")] == ["over here"]


def test_friends_stay_in_view_behind_a_crowd_and_after_a_lost_link() -> None:
    scenario = Scenario(GameSettings(joins_per_tick=100))
    clients = scenario.join_all([f"Player {number}" for number in range(INTEREST_MAX + 20)])
    ada, zoe = clients[0], clients[-1]
    for number, client in enumerate(clients):
        scenario.place(client.entity, 12_000 + 50 * number, 2000)
    scenario.tick(SOON)
    assert not sees(ada, zoe)
    for client in (ada, zoe):
        client.send(deed("join_party", code=CODE))
    scenario.tick(SOON)
    assert all(zoe.entity in shown for shown in ada.shown[-3:])
    ada.vanish()
    back = scenario.join("Player 0", resume=ada.welcome.resume)
    scenario.tick(SOON)
    assert back.entity == ada.entity
    assert all(zoe.entity in shown for shown in back.shown[-3:])
    zoe.send(deed("leave_party", 2))
    scenario.tick(SOON)
    assert not sees(back, zoe)
    assert back.events("party_left") == [{"entity": zoe.entity, "members": 1}]
