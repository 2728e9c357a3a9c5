"""What a newcomer is told: enough to play, for every client the same, and never too long."""

from protocol import limits
from protocol.codec import decode_server, encode
from protocol.messages import Welcome
from server.gateway.greeting import Greeting
from server.players import Player
from server.settings import GameSettings
from tests.world.hamlet import CITY, config
from world.catalogue import DEEDS, EVENTS
from world.config import load_config

SETTINGS = GameSettings(messages_per_s=33, messages_burst=44, idle_s=55)


def welcome(returned: bool = False, name: str = "Ada", missed: int | None = 0) -> Welcome:
    player = Player(1 << 17 | 9, name, 0, None, returned=returned)
    return Greeting(config(), SETTINGS).welcome(player, missed, 4711, 12.5)


def test_a_welcome_says_who_one_is_and_when_it_is() -> None:
    told = welcome(returned=True, missed=3)
    assert (told.entity, told.name, told.resumed, told.missed) == (1 << 17 | 9, "Ada", True, 3)
    assert (told.tick, told.time_s, told.tick_rate_hz, told.frame_rate_hz) == (4711, 12.5, 20, 10)
    assert told.version == limits.PROTOCOL_VERSION
    assert told.server.startswith("futurecity/")


def test_a_welcome_holds_the_players_own_token() -> None:
    greeting = Greeting(config(), SETTINGS)
    ada, ben = Player(1, "Ada", 0, None), Player(2, "Ben", 0, None)
    assert greeting.welcome(ada, 0, 1, 0.0).resume == ada.resume != ben.resume


def test_every_zone_is_described_by_its_number_in_frames_and_its_rectangle() -> None:
    zones = welcome().zones
    assert [zone.number for zone in zones] == [0, 1]
    assert [(zone.name, zone.x, zone.z, zone.width, zone.depth) for zone in zones] == [
        (zone.name, *zone.rect) for zone in CITY.zone
    ]


def test_the_catalogue_has_every_event_and_every_deed_that_clients_may_do() -> None:
    told = welcome()
    assert set(told.deeds) == {name for name, deed in DEEDS.items() if deed.public}
    assert set(told.events) == {name for name, event in EVENTS.items() if event.public}


def test_the_limits_are_those_that_are_kept() -> None:
    told = welcome().limits
    assert (told.messages_per_s, told.messages_burst, told.idle_s) == (33, 44, 55)
    assert told.message_bytes_max == limits.CLIENT_MESSAGE_BYTES_MAX
    assert (told.name_chars_max, told.interest_max, told.frame_records_max) == (24, 64, 32)


def test_the_longest_welcome_of_the_shipped_city_fits_on_the_wire() -> None:
    greeting = Greeting(load_config(None, 1), SETTINGS)
    player = Player(0xFFFFFFFF, "\U0001f3d9" * limits.NAME_CHARS_MAX, 0, None, returned=True)
    told = greeting.welcome(player, None, 2**32 - 1, 2e9)
    payload = encode(told)
    assert len(payload) < limits.SERVER_MESSAGE_BYTES_MAX / 4
    assert decode_server(payload) == told
