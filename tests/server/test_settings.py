"""The settings: every number bounded and explained, and frozen once read."""

from pathlib import Path

import pytest
from annotated_types import Ge, Le
from pydantic import ValidationError

from server.settings import GameSettings, OpsSettings, ServerSettings, StoreSettings
from server.sources import allowed, fields

FIELDS = fields(ServerSettings)


@pytest.mark.parametrize("key", FIELDS)
def test_every_setting_says_what_it_is_for_and_what_it_may_be(key: str) -> None:
    assert FIELDS[key].description
    assert allowed(FIELDS[key])


@pytest.mark.parametrize("key", [key for key, info in FIELDS.items() if info.annotation in (int, float)])
def test_every_number_has_both_bounds_and_its_default_within(key: str) -> None:
    info = FIELDS[key]
    (low,) = [note.ge for note in info.metadata if isinstance(note, Ge)]
    (high,) = [note.le for note in info.metadata if isinstance(note, Le)]
    assert low <= info.default <= high


def test_the_ports_are_the_ones_everyone_is_told() -> None:
    settings = ServerSettings()
    assert (settings.game.port, settings.game.tcp_port, settings.ops.port) == (7400, 7401, 7490)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError, match=r"frozen"):
        ServerSettings().game.port = 1


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_the_ops_port_may_be_on_any_loopback_address(host: str) -> None:
    assert OpsSettings(host=host).host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "::", "city.example", ""])
def test_the_ops_port_is_never_anywhere_else(host: str) -> None:
    with pytest.raises(ValidationError):
        OpsSettings(host=host)


def test_a_burst_smaller_than_the_steady_rate_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"at least game\.messages_per_s"):
        GameSettings(messages_per_s=50, messages_burst=49)


def test_one_port_cannot_serve_two_purposes_but_any_free_port_may_be_asked_for_twice() -> None:
    with pytest.raises(ValidationError, match=r"a port other than game\.tcp_port"):
        ServerSettings(ops=OpsSettings(port=7401))
    free = ServerSettings(game=GameSettings(port=0, tcp_port=0), ops=OpsSettings(port=0))
    assert free.game.port == free.ops.port == 0


def test_more_demo_bots_than_places_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"at most game\.players_max"):
        ServerSettings(bots=51, game=GameSettings(players_max=50))


def test_without_a_word_nothing_is_recorded_and_the_shipped_city_is_served() -> None:
    settings = ServerSettings()
    assert settings.journal is None
    assert settings.world.content is None
    assert ServerSettings(journal=Path("a.journal")).journal == Path("a.journal")


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///data/city.db",
        "sqlite:////var/lib/city.db",
        "postgresql://city:word@db.example:5432/city",
        "postgresql://city@/city?host=/run/postgresql",
    ],
)
def test_the_store_is_a_database_that_outlives_the_process(url: str) -> None:
    assert StoreSettings(url=url).url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "city.db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///a?mode=ro",
        "postgresql://h/",
        "mysql://h/d",
    ],
)
def test_the_store_is_nothing_else(url: str) -> None:
    with pytest.raises(ValidationError):
        StoreSettings(url=url)
