"""A city put together without its sockets, as the health pages see it."""

from typing import cast

import pytest
from msgspec.structs import replace

from protocol.messages import Happened
from server.city import City
from server.clock import HandClock
from server.journal import Journal
from server.ops.health import CityView
from server.settings import GameSettings, ServerSettings
from server.store.records import StoreAway
from tests.fakes import FakeStore
from tests.scenario import Scenario, books, deed
from tests.world.hamlet import config
from world.events.steer_event import SteerEvent


class FakeJournal:
    """A journal that is behind."""

    lag_s = 1.5
    queued_bytes = 4711
    broken: Exception | None = None


@pytest.fixture
def scenario() -> Scenario:
    return Scenario(GameSettings(players_max=77), config())


def test_a_city_is_what_its_content_and_settings_say(scenario: Scenario) -> None:
    city: CityView = scenario.city
    assert (city.name, city.players_max, city.tick_rate_hz, city.shed_level) == ("Hamlet", 77, 20, 0)
    assert city.players_by_zone == {"west": 0, "east": 0}


def test_a_city_is_ready_once_it_listens_and_ticks_and_until_it_closes(scenario: Scenario) -> None:
    city = scenario.city
    assert not city.ready
    city.listening = True
    assert not city.ready
    scenario.tick()
    assert city.ready
    city.gateway.farewell()
    assert not city.ready


async def test_the_age_of_a_tick_grows_until_the_next_one_is_done(scenario: Scenario) -> None:
    city = scenario.city
    scenario.clock.forward(2.5)
    assert city.tick_age_s == 2.5
    assert city.uptime_s == 2.5
    assert city.tick == 0


def test_players_show_in_their_zone(scenario: Scenario) -> None:
    scenario.join_all(["Ada", "Ben"])
    assert scenario.city.players_by_zone == {"west": 2, "east": 0}
    assert scenario.city.tick > 0


def test_every_zone_of_the_content_ticks(scenario: Scenario) -> None:
    scenario.tick(3)
    assert [host.world.tick for host in scenario.city.zones] == [3, 3]


def test_the_state_of_the_journal_shows_in_the_metrics() -> None:
    journal = FakeJournal()
    city = City(ServerSettings(), config(), HandClock(), books(FakeStore()), cast("Journal", journal))
    value = city.metrics.registry.get_sample_value
    assert value("futurecity_journal_lag_seconds") == 1.5
    assert value("futurecity_journal_queue_bytes") == 4711
    assert value("futurecity_journal_broken") == 0
    journal.broken = OSError("disk full")
    assert value("futurecity_journal_broken") == 1


def test_what_a_rain_asks_of_the_books_has_room_beside_all_that_players_may_have_waiting() -> None:
    tuning = config().tuning
    narrow = replace(tuning, settling=replace(tuning.settling, pending_max=1))
    scenario = Scenario(config=replace(config(), tuning=narrow))
    ada = scenario.join("Ada")
    programme = scenario.city.gateway.programme
    scenario.store.away = StoreAway("unreachable", "nobody answers")
    ada.send(deed("light_firework", kind="rocket", colours=["red"], x=ada.frame.x - 300, z=ada.frame.z))
    scenario.tick()
    programme.ask(0, SteerEvent("drizzle", "start"), lambda _: None)
    scenario.tick()
    programme.ask(0, SteerEvent("drizzle", "cancel"), lambda _: None)
    scenario.tick(3)
    assert scenario.city.settler.waiting == scenario.city.unanswered == 3
    scenario.store.away = None
    scenario.tick(60)
    assert scenario.city.unanswered == 0
    assert [event.fields["cost"] for event in ada.all(Happened) if event.event == "firework_settled"] == [3]
