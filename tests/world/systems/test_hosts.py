"""Hosts stand where the content puts them and are never quite still."""

from tests.world.hamlet import CITY, Hamlet
from world.animation import Animation
from world.columns import SLOTS
from world.config import load_config
from world.events.leave import Leave
from world.events.wave import Waved
from world.systems.hosts import entity_of


def test_the_ids_of_hosts_are_the_highest_slots_downwards() -> None:
    assert entity_of(0) == (1 << 17) | 131_071
    assert entity_of(1) == (1 << 17) | 131_070
    assert entity_of(255) % SLOTS == SLOTS - 256


def test_hosts_are_there_from_the_first_tick_with_their_names() -> None:
    hamlet = Hamlet()
    west, east = hamlet.step()
    assert [(each.entity, each.name) for each in west.profiles] == [(entity_of(0), "Crier")]
    assert [(each.entity, each.name) for each in east.profiles] == [(entity_of(1), "Piper")]
    host = CITY.zone[1].host[0]
    assert hamlet.where(entity_of(1)) == (int((40 + host.x_m) * 100), 0, int(host.z_m * 100))


def test_a_host_that_was_sent_away_comes_back() -> None:
    hamlet = Hamlet()
    hamlet.step()
    assert entity_of(0) in hamlet.do(entity_of(0), Leave()).snapshot["entity"]


def test_hosts_turn_and_wave_now_and_then() -> None:
    hamlet = Hamlet()
    headings, waves, shown = set(), 0, 0
    for _ in range(20 * 60 * 2):
        outcome = hamlet.step()[0]
        headings.add(int(outcome.snapshot[0]["heading"]))
        shown += int(outcome.snapshot[0]["animation"] == Animation.WAVE)
        waves += sum(isinstance(told.event, Waved) for told in outcome.told)
    # Between 3 and 8 s from act to act, so 15 to 40 in two minutes; one in four is a wave.
    assert 8 <= len(headings) <= 40
    assert 1 <= waves <= 25
    assert shown == waves * 30


def test_hosts_stay_where_they_are() -> None:
    hamlet = Hamlet()
    hamlet.step()
    place = hamlet.where(entity_of(0))
    for _ in range(400):
        hamlet.step()
    assert hamlet.where(entity_of(0)) == place


def test_every_zone_of_the_city_has_a_host() -> None:
    assert all(zone.host for zone in load_config().city.zone)
