"""What stays true when everybody comes to one place."""

from itertools import pairwise

import numpy as np
import pytest

from protocol import messages as m
from protocol.codec import encode
from protocol.errors import CloseCode
from protocol.limits import FRAME_NEAREST, FRAME_RECORDS_MAX, INTEREST_MAX
from server.settings import AdmissionSettings, GameSettings
from tests.scenario import Client, Scenario

CROWD = 120
# Fifteen in a row, eight rows, a metre apart, in the middle of the gate.
PER_ROW, APART_CM = 15, 100


@pytest.fixture
def crowd() -> tuple[Scenario, list[Client]]:
    scenario = Scenario(GameSettings(joins_per_tick=100))
    clients = scenario.join_all([f"Player {number}" for number in range(CROWD)])
    gate = scenario.city.zones[0].world.area
    for number, client in enumerate(clients):
        scenario.place(
            client.entity, gate.x + 6000 + number % PER_ROW * APART_CM, gate.z + 2000 + number // PER_ROW * APART_CM
        )
    scenario.tick(24)
    return scenario, clients


def test_a_frame_shows_the_nearest_every_time_and_the_whole_set_within_three(
    crowd: tuple[Scenario, list[Client]],
) -> None:
    scenario, clients = crowd
    viewer = clients[CROWD // 2]
    scenario.tick(6)
    places = {client.entity: (client.frame.x, client.frame.z) for client in clients if client is not viewer}
    x, z = viewer.frame.x, viewer.frame.z
    distances = {entity: (ax - x) ** 2 + (az - z) ** 2 for entity, (ax, az) in places.items()}
    ranked = sorted(distances.values())
    frames = [[entity for entity in shown if entity in places] for shown in viewer.shown[-3:]]
    assert all(len(shown) == FRAME_RECORDS_MAX for shown in viewer.shown[-3:])
    for shown in frames:
        assert sum(distances[entity] <= ranked[FRAME_NEAREST - 1] for entity in shown) >= FRAME_NEAREST - 4
    together = {entity for shown in frames for entity in shown}
    assert len(together) >= INTEREST_MAX - 4
    assert max(distances[entity] for entity in together) <= ranked[INTEREST_MAX + 12] * 16 / 13


def test_the_cost_of_a_frame_does_not_grow_with_the_crowd(crowd: tuple[Scenario, list[Client]]) -> None:
    scenario, clients = crowd
    viewer = clients[0]
    heard = len(viewer.heard)
    scenario.tick(20)
    sizes = [len(encode(message)) for message in viewer.heard[heard:]]
    assert sum(sizes) <= 6000, "six kilobytes a second"


def test_a_host_stays_in_sight_however_many_stand_nearer(crowd: tuple[Scenario, list[Client]]) -> None:
    clients = crowd[1]
    names = {p.entity: p.name for told in clients[0].all(m.Profiles) for p in told.profiles}
    iris = next(entity for entity, name in names.items() if name == "Iris")
    for client in clients:
        assert all(iris in shown for shown in client.shown[-3:])


def test_the_crowd_map_counts_everybody_who_stands_there(crowd: tuple[Scenario, list[Client]]) -> None:
    scenario, clients = crowd
    scenario.tick(20)
    told = clients[0].last(m.Crowd)
    cells = np.frombuffer(told.counts, np.uint8).reshape(told.rows, told.columns)
    x, z = scenario.city.gateway.scene.x, scenario.city.gateway.scene.z
    slots = scenario.city.gateway.scene.present
    inside = (x[slots] >= told.x) & (x[slots] < told.x + told.columns * told.cell)
    inside &= (z[slots] >= told.z) & (z[slots] < told.z + told.rows * told.cell)
    assert cells.sum() == inside.sum()
    assert cells.sum() >= CROWD


def test_a_slow_client_pays_alone(crowd: tuple[Scenario, list[Client]]) -> None:
    scenario, clients = crowd
    slow, healthy = clients[0], clients[1]
    slow.link.stalled = True
    frames = len(healthy.frames)
    for _ in range(10):
        scenario.tick(20)
        for client in clients:
            client.send(m.Ping(0.0))
    settings = GameSettings()
    assert len(slow.link.backlog) <= settings.write_mark_bytes + 1024
    assert slow.closed_with is None
    assert not slow.link.gone
    assert len(healthy.frames) == frames + 100
    skipped = scenario.city.metrics.registry.get_sample_value("futurecity_frames_skipped_total", {"reason": "slow"})
    assert skipped
    slow.link.read_again()
    scenario.tick(4)
    assert slow.frame.tick >= scenario.city.tick - 1, "the newest frame heals whatever was left out"


def test_a_client_that_has_stopped_reading_for_good_is_parked_not_kept(crowd: tuple[Scenario, list[Client]]) -> None:
    scenario, clients = crowd
    stuck = clients[0]
    stuck.link.stalled = True
    for _ in range(26):
        scenario.tick(20)
        for client in clients:
            if not client.link.gone:
                client.send(m.Ping(0.0))
    assert stuck.link.gone
    closed = scenario.city.metrics.registry.get_sample_value
    assert closed("futurecity_connections_closed_total", {"cause": "slow"}) == 1
    again = scenario.join("Player 0", resume=stuck.welcome.resume)
    assert again.entity == stuck.entity
    assert all(client.closed_with is None for client in clients[1:])


def test_everybody_waits_their_turn_at_the_door_and_nobody_beyond_the_places_is_let_in() -> None:
    scenario = Scenario(GameSettings(players_max=30, joins_per_tick=5), admission=AdmissionSettings(waiting_max=0))
    clients = [scenario.connect() for _ in range(40)]
    for number, client in enumerate(clients):
        client.send(m.Hello(1, f"Player {number}"))
    welcomed = []
    for _ in range(10):
        scenario.tick()
        welcomed.append(sum(bool(client.all(m.Welcome)) for client in clients))
    assert max(later - earlier for earlier, later in pairwise([0, *welcomed])) == 5
    assert welcomed[-1] == 30
    assert [client.closed_with for client in clients[30:]] == [CloseCode.FULL] * 10
    assert all(client.last(m.Goodbye).retry_after_s for client in clients[30:])
