"""The gateway as its transports, its loop and its sessions know it, over the hamlet and without sockets."""

import pytest

from protocol import messages as m
from protocol.codec import pack_fields
from protocol.connection import Framing
from protocol.errors import CloseCode
from server.bus import Published
from server.gateway.gateway import SPARE_CONNECTIONS
from server.session import Session
from server.settings import AdmissionSettings, GameSettings
from server.store.records import StoreAway
from tests.fakes import FakeClient, snapshot
from tests.scenario import NORTH, Client, Scenario, deed
from tests.world.hamlet import CITY, config
from world.event import EventState
from world.events.steer_event import SteerEvent

TICKS_PER_S = 20
OUTSIDE = "192.0.2.7"


def town(**settings: float) -> Scenario:
    return Scenario(GameSettings.model_validate(settings), config())


@pytest.fixture
def scenario() -> Scenario:
    return town()


def connect(scenario: Scenario, address: str = OUTSIDE, websocket: bool = False) -> tuple[FakeClient, Session]:
    client = FakeClient(websocket)
    framing = Framing.MESSAGES if websocket else Framing.STREAM
    return client, scenario.city.gateway.open(client, framing, address)


def frames_of(client: Client, scenario: Scenario, ticks: int) -> list[int]:
    """The ticks of the frames that a client gets in so many ticks."""
    before = len(client.frames)
    scenario.tick(ticks)
    return [frame.tick for frame in client.frames[before:]]


# ---- connecting ----------------------------------------------------------------------------------


def test_one_address_has_so_many_connections_and_a_closed_one_makes_room() -> None:
    scenario = town(per_address_max=3)
    three = [connect(scenario) for _ in range(3)]
    client, session = connect(scenario)
    assert session.closed
    assert client.parted == [CloseCode.FULL]
    assert not any(other.closed for _, other in three)
    assert not connect(scenario, "192.0.2.8")[1].closed
    three[0][1].lost()
    assert not connect(scenario)[1].closed


def test_an_address_is_forgotten_with_its_last_connection(scenario: Scenario) -> None:
    for number in range(20):
        connect(scenario, f"192.0.2.{number}")[1].lost()
    assert not scenario.city.gateway.callers._open


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1"])
def test_this_machine_itself_has_as_many_connections_as_it_likes(address: str) -> None:
    scenario = town(per_address_max=1)
    assert not any(connect(scenario, address)[1].closed for _ in range(10))


@pytest.mark.parametrize("address", ["", "nonsense", "128.0.0.1", "fe80::1"])
def test_an_address_that_is_not_surely_this_machine_is_limited(address: str) -> None:
    scenario = town(per_address_max=1)
    assert [connect(scenario, address)[1].closed for _ in range(2)] == [False, True]


def test_there_is_an_end_to_connections_whoever_they_come_from() -> None:
    scenario = Scenario(GameSettings(players_max=1), config(), admission=AdmissionSettings(waiting_max=2))
    sessions = [connect(scenario, "127.0.0.1")[1] for _ in range(SPARE_CONNECTIONS + 4)]
    assert [session.closed for session in sessions].count(True) == 1
    assert sessions[-1].closed


def test_connections_are_counted_when_they_open_and_by_cause_when_they_close(scenario: Scenario) -> None:
    (_, tcp), (_, websocket) = connect(scenario), connect(scenario, websocket=True)
    tcp.lost()
    websocket.receive(b"\xc1")
    for transport in ("tcp", "ws"):
        assert scenario.sample("connections_opened_total", transport=transport) == 1
    for cause in ("lost", "malformed"):
        assert scenario.sample("connections_closed_total", cause=cause) == 1
    assert scenario.city.gateway.sessions == set()


# ---- silence -------------------------------------------------------------------------------------


def test_whoever_says_no_hello_is_closed_in_time_however_busy_it_looks() -> None:
    scenario = town(hello_timeout_s=3)
    silent, (trickling, session) = scenario.connect(), connect(scenario)
    for tick in range(3 * TICKS_PER_S):
        scenario.tick()
        session.receive(b"" if tick % TICKS_PER_S else b"\x00")
    assert silent.closed_with is CloseCode.HELLO_TIMEOUT
    assert trickling.parted == [CloseCode.HELLO_TIMEOUT]
    assert silent.last(m.Goodbye).retry_after_s is not None


def test_silence_counts_from_the_last_word_whenever_that_was_looked_at() -> None:
    scenario = town(idle_s=4)
    [ada] = scenario.join_all(["Ada"])
    ada.send(m.Ping(1.0))
    spoke = scenario.city.tick
    while ada.closed_with is None:
        scenario.tick()
        if scenario.city.tick == spoke + 3 * TICKS_PER_S + 10:
            ada.send(m.Ping(2.0))
    over = spoke + (3 + 4) * TICKS_PER_S + 10
    assert scenario.city.tick == over + -over % TICKS_PER_S


def test_whoever_falls_silent_is_closed_and_whoever_pings_is_not() -> None:
    scenario = town(idle_s=4)
    quiet, pinging = scenario.join_all(["Quiet", "Pinging"])
    for _ in range(10):
        pinging.send(m.Ping(1.0))
        scenario.tick(TICKS_PER_S)
    assert quiet.closed_with is CloseCode.IDLE
    assert pinging.closed_with is None
    assert len(scenario.city.gateway.reception.players) == 2


def test_a_player_gets_a_frame_on_every_second_tick_half_of_them_in_between(scenario: Scenario) -> None:
    ada, ben = scenario.join_all(["Ada", "Ben"])
    first = scenario.city.tick
    got = [frames_of(ada, scenario, 0), frames_of(ben, scenario, 10)]
    got[0] = [frame.tick for frame in ada.frames if frame.tick > first]
    assert len(got[0]) == len(got[1]) == 5
    assert sorted(got[0] + got[1]) == list(range(first + 1, first + 11))


# ---- deeds ---------------------------------------------------------------------------------------


def test_a_deed_is_done_in_the_zone_of_its_player(scenario: Scenario) -> None:
    ada = scenario.join("Ada")
    ada.send(deed("say", text="hello"))
    scenario.tick(3)
    assert ada.events("said") == [{"entity": ada.entity, "text": "hello"}]


def test_a_deed_that_is_unknown_or_wrong_is_denied_and_counted(scenario: Scenario) -> None:
    ada = scenario.join("Ada")
    ada.send(deed("fly", 5), deed("say", 6, text=""))
    assert [(denied.number, denied.reason) for denied in ada.all(m.Denied)] == [(5, "unknown_deed"), (6, "invalid")]
    for reason in ("unknown_deed", "invalid"):
        assert scenario.sample("denied_total", reason=reason) == 1


def test_what_is_for_one_player_alone_reaches_nobody_else(scenario: Scenario) -> None:
    ada, ben = scenario.join_all(["Ada", "Ben"])
    ada.send(deed("say", 9, text="   "))
    scenario.tick(2)
    assert [(denied.number, denied.reason) for denied in ada.all(m.Denied)] == [(9, "blank_text")]
    assert ben.all(m.Denied) == []


def test_nothing_but_welcome_is_said_to_whoever_is_coming_back_and_not_yet_in(scenario: Scenario) -> None:
    ada = scenario.join("Ada")
    ada.send(deed("say", 9, text="   "))
    back = scenario.connect()
    back.send(m.Hello(1, resume=ada.welcome.resume))
    scenario.tick(3)
    assert isinstance(back.heard[0], m.Welcome)
    assert back.welcome.resumed
    assert back.closed_with is None


def test_messages_dropped_unread_are_counted() -> None:
    scenario = town(messages_per_s=10, messages_burst=10)
    ada = scenario.join("Ada")
    ada.send(*[m.Ping(1.0)] * 40)
    heard = len(ada.all(m.Pong))
    scenario.tick(2)
    ada.send(m.Ping(1.0))
    assert scenario.sample("commands_total", outcome="dropped") == 40 - heard


def test_a_pong_says_the_tick_and_how_far_the_clock_is_into_it(scenario: Scenario) -> None:
    ada = scenario.join("Ada")
    scenario.clock.forward(0.0125)
    ada.send(m.Ping(77.0))
    assert ada.all(m.Pong) == [m.Pong(77.0, scenario.city.tick, 12.5)]


# ---- what is kept, and what operators ask --------------------------------------------------------


def test_what_a_player_wants_kept_comes_back_the_newest_only(scenario: Scenario) -> None:
    ada = scenario.join("Ada")
    ada.send(m.Keep(pack_fields({"volume": 1})), m.Keep(pack_fields({"volume": 7})), m.Bye())
    back = scenario.connect()
    back.send(m.Hello(1, None, ada.welcome.token))
    scenario.tick(3)
    assert bytes(back.welcome.settings) == bytes(pack_fields({"volume": 7}))
    assert (back.welcome.name, back.welcome.account) == ("Ada", ada.welcome.account)


def test_the_programme_is_what_zones_publish_and_keep_to_until_they_publish_another(scenario: Scenario) -> None:
    gateway = scenario.city.gateway
    rain = EventState("dawn", "rain", "idle", 0, {})
    scenario.tick()
    for programme in ([rain], None):
        gateway.merge(Published([snapshot([], CITY.zone[1], 1)._replace(programme=programme)], []))
    (listed,) = [listed for listed in gateway.programme.events if listed.zone == 1]
    assert listed.state == rain


def test_what_a_zone_says_to_the_operator_answers_the_request_and_reaches_no_player(scenario: Scenario) -> None:
    ada = scenario.join("Ada")
    told: list[m.Denied | m.Happened] = []
    number = scenario.city.gateway.programme.ask(0, SteerEvent("no_such_event", "start"), told.append)
    before = len(ada.heard)
    scenario.tick(3)
    (denied,) = told
    assert isinstance(denied, m.Denied)
    assert (denied.number, denied.deed) == (number, "steer_event")
    assert all(isinstance(message, m.Frame) for message in ada.heard[before:])


# ---- the whole -----------------------------------------------------------------------------------


def test_everybody_is_told_when_the_city_closes_and_nobody_is_let_in_any_more(scenario: Scenario) -> None:
    clients = [*scenario.join_all(["Ada", "Ben"]), scenario.connect()]
    scenario.city.gateway.farewell()
    assert [client.closed_with for client in clients] == [CloseCode.GOING_AWAY] * 3
    assert scenario.connect().closed_with is CloseCode.GOING_AWAY
    scenario.tick(3)


def test_from_the_first_warning_on_nobody_is_let_in_and_everybody_plays_on(scenario: Scenario) -> None:
    scenario = town(joins_per_tick=1)
    ada, waiting, silent = scenario.join("Ada"), scenario.connect(), scenario.connect()
    waiting.send(m.Hello(1, "Ben"))
    scenario.city.gateway.shut_the_door()
    scenario.city.gateway.announce_end(30.0)
    ada.send(deed("wave", hand="left"))
    scenario.tick(5)
    assert [client.last(m.Closing).in_s for client in (ada, waiting)] == [30.0, 30.0]
    assert silent.heard == []
    assert ada.events("waved")
    assert waiting.all(m.Welcome) == []
    silent.send(m.Hello(1, "Cem"))
    assert silent.closed_with is scenario.connect().closed_with is CloseCode.GOING_AWAY
    scenario.city.gateway.farewell()
    assert waiting.last(m.Goodbye).retry_after_s


def test_a_city_that_winds_down_answers_what_it_took_and_takes_nothing_more(scenario: Scenario) -> None:
    ada, city = scenario.join("Ada"), scenario.city
    scenario.store.away = StoreAway("locked", "a backup has it")
    ada.send(deed("light_firework", 1, kind="rocket", colours=["red"], x=3600, z=2000))
    scenario.tick(2)
    assert city.unanswered == 1
    city.gateway.wind_down()
    scenario.store.away = None
    ada.send(deed("light_firework", 2, kind="rocket", colours=["red"], x=3600, z=2000))
    scenario.tick(8)
    assert [event["number"] for event in ada.events("firework_settled")] == [1]
    assert [(denied.number, denied.reason) for denied in ada.all(m.Denied)] == [(2, "closing")]
    assert scenario.sample("denied_total", reason="closing") == 1
    assert (city.unanswered, ada.closed_with) == (0, None)
    assert scenario.connect().closed_with is CloseCode.GOING_AWAY


def test_a_city_that_winds_down_lets_nobody_in_who_waits() -> None:
    scenario = Scenario(GameSettings(players_max=1), config())
    ada, ben = scenario.join("Ada"), scenario.connect()
    ben.send(m.Hello(1, "Ben"))
    scenario.tick()
    scenario.city.gateway.wind_down()
    ada.send(m.Bye())
    scenario.tick(5)
    assert ben.all(m.Welcome) == []
    assert ben.closed_with is None
    scenario.city.gateway.farewell()
    assert ben.closed_with is CloseCode.GOING_AWAY


def test_gauges_show_players_by_zone_and_transport_and_what_was_sent(scenario: Scenario) -> None:
    ada = scenario.join("Ada")
    scenario.tick(5)
    sent = scenario.city.gateway.traffic.sent[False]
    scenario.city.gateway.publish_gauges()
    assert scenario.sample("players", zone="west", transport="tcp") == 1
    assert scenario.sample("players", zone="west", transport="ws") == 0
    assert scenario.sample("players", zone="east", transport="tcp") == 0
    assert scenario.sample("bytes_sent_total", transport="tcp") == sent > 0
    assert scenario.city.gateway.traffic.sent[False] == 0
    ada.link.stall(123)
    scenario.tick(4)
    unsent = len(ada.link.backlog)
    scenario.city.gateway.publish_gauges()
    assert unsent >= 123
    assert scenario.sample("send_backlog_bytes") == scenario.sample("send_backlog_largest_bytes")
    assert 123 < scenario.sample("send_backlog_bytes") <= unsent
    assert scenario.sample("bytes_sent_total", transport="tcp") == sent + unsent - 123


def test_a_gauge_shows_how_many_layers_each_zone_has(scenario: Scenario) -> None:
    scenario.city.gateway.publish_gauges()
    assert scenario.sample("layers", zone="west") == 1
    ada, ben = scenario.join_all(["Ada", "Ben"])
    world = scenario.city.zones[0].world
    world.columns.layer[world.here(ben.entity)] = 1
    ada.send(deed("wave", hand="left"))
    scenario.tick()
    scenario.city.gateway.publish_gauges()
    assert scenario.sample("layers", zone="west") == 2
    assert scenario.sample("layers", zone="east") == 1


def test_gauges_show_the_door() -> None:
    scenario = Scenario(GameSettings(players_max=1), config(), admission=AdmissionSettings(grace_s=0))
    ada = scenario.join("Ada")
    waiting = [scenario.connect() for _ in range(3)]
    for client in waiting:
        client.send(m.Hello(1, "Late"))
    scenario.tick()
    waiting[0].vanish()
    scenario.city.gateway.publish_gauges()
    assert scenario.sample("waiting", lane="ordinary") == 2
    assert scenario.sample("abandoned_total", lane="ordinary") == 1
    assert scenario.sample("admitted_total", lane="ordinary") == 1
    assert (scenario.sample("queued_sent_total"), scenario.sample("capacity")) == (3, 1)
    assert scenario.sample("places_free") == 0
    ada.send(m.Bye())
    scenario.city.gateway.publish_gauges()
    assert scenario.sample("abandoned_total", lane="ordinary") == 1


def test_players_by_zone_counts_bodies_that_wait_and_no_hosts(scenario: Scenario) -> None:
    ada, _ = scenario.join_all(["Ada", "Ben"])
    ada.vanish()
    scenario.tick()
    assert scenario.city.gateway.players_by_zone() == {"west": 2, "east": 0}


def test_set_sizes_are_counted_as_sets_are_chosen(scenario: Scenario) -> None:
    scenario.join_all(["Ada", "Ben"])
    scenario.tick(20)
    assert scenario.sample("interest_set_size_count") >= 4
    assert scenario.sample("interest_set_size_sum") >= scenario.sample("interest_set_size_count")


def test_nobody_who_has_left_is_served_or_seen(scenario: Scenario) -> None:
    ada, ben = scenario.join_all(["Ada", "Ben"])
    ada.send(m.Bye())
    scenario.tick(2)
    assert frames_of(ada, scenario, 4) == []
    scenario.tick(4)
    assert ada.entity not in ben.shown[-1]


def test_whoever_takes_over_a_living_link_may_number_inputs_anew() -> None:
    scenario = Scenario()
    desk = scenario.join("Ada")
    desk.inputs = 1000
    desk.send(desk.intent(NORTH))
    scenario.tick(4)
    assert desk.frame.input == 1001
    phone = scenario.join("Ada", resume=desk.welcome.resume)
    assert (phone.entity, desk.closed_with) == (desk.entity, CloseCode.REPLACED)
    phone.send(phone.intent(NORTH))
    scenario.tick(4)
    assert phone.frame.input == 1
