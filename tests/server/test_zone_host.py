"""A zone between the bus and the tick: what goes wrong inside stays inside, and what comes late is sent after."""

from collections.abc import Iterator

import numpy as np
import pytest
from structlog.testing import capture_logs

from protocol.codec import decode_server
from protocol.messages import AnyServerMessage, Denied, Happened
from server.bus import LocalBus, Published, Report
from server.ops.metrics import Metrics
from server.zone_host import ZoneHost
from tests.world.hamlet import CITY, EAST, RUN, config, space
from world.city import Rect
from world.event import NOTABLE, OPERATOR, Command, InZone, Only, Posting, Refusal, Settle, Telling
from world.events.emote import Emote
from world.events.halt import Halt
from world.events.join import Join
from world.events.leave import Leave
from world.events.say import Said, Say
from world.events.steer_event import SteerEvent
from world.state import World
from world.tick import MOVE_DTYPE, Issued

ADA, BEN = 1 << 17 | 1, 1 << 17 | 2
WEST_ZONE, EAST_ZONE = 0, 1


class Fragile(World):
    """A zone that fails while it is told to."""

    broken = False

    @property
    def area(self) -> Rect:
        if self.broken:
            raise RuntimeError("the ground is gone")
        return super().area


class Town:
    """Both zones of the hamlet on one bus."""

    def __init__(self) -> None:
        self.bus = LocalBus(len(CITY.zone))
        self.metrics = Metrics([zone.name for zone in CITY.zone])
        self.worlds = [Fragile(config(), number, space()) for number in range(len(CITY.zone))]
        self.hosts = [ZoneHost(world, self.bus, self.metrics) for world in self.worlds]
        self.ticks = 0

    def tick(self) -> Published:
        self.ticks += 1
        for host in self.hosts:
            host.take()
        for host in self.hosts:
            host.run(self.ticks)
        return self.bus.take_published()

    def do(self, entity: int, command: Command, zone: int = WEST_ZONE) -> Published:
        """One command, in a tick of its own."""
        self.bus.post(zone, Issued(entity, 7, command))
        return self.tick()

    def go_east(self, entity: int, number: int, zone: int = WEST_ZONE) -> None:
        self.bus.post_move(zone, np.array([(entity, number, EAST, EAST, RUN, 0)], MOVE_DTYPE).tobytes())

    def cross(self, entity: int) -> Published:
        """Run over the border; what was published in the tick of the crossing."""
        for number in range(1, 40):
            self.go_east(entity, number)
            published = self.tick()
            if published.snapshots[WEST_ZONE].departed:
                return published
        raise AssertionError("nobody crossed")

    def outcomes(self, outcome: str) -> float:
        value = self.metrics.registry.get_sample_value("futurecity_commands_total", {"outcome": outcome})
        assert value is not None
        return value


@pytest.fixture
def town() -> Iterator[Town]:
    with capture_logs():
        yield Town()


def said(report: Report) -> AnyServerMessage:
    return decode_server(report.payload)


def where(published: Published, entity: int) -> list[int]:
    return [snapshot.zone for snapshot in published.snapshots if entity in snapshot.rows["entity"]]


# ---- a tick --------------------------------------------------------------------------------------


def test_every_zone_publishes_one_snapshot_a_tick(town: Town) -> None:
    town.tick()
    published = town.do(ADA, Join("Ada", spawn="well"))
    assert [(snapshot.zone, snapshot.tick) for snapshot in published.snapshots] == [(0, 2), (1, 2)]
    assert where(published, ADA) == [WEST_ZONE]
    assert [profile.name for profile in published.snapshots[0].profiles] == ["Ada"]


def test_an_event_is_reported_once_with_its_place_as_the_message_clients_get(town: Town) -> None:
    town.do(ADA, Join("Ada", spawn="well"))
    (report,) = town.do(ADA, Say("hello")).reports
    assert report._replace(payload=b"") == Report(0, ADA, 400, 400, 2000, 1, b"")
    assert said(report) == Happened(2, "said", {"entity": ADA, "text": "hello"})


def test_a_firework_is_reported_with_its_own_importance_and_the_end_of_its_burst(town: Town) -> None:
    published = town.do(OPERATOR, SteerEvent("salute", "start"))
    (report,) = (report for report in published.reports if report.until_tick)
    happened = said(report)
    assert isinstance(happened, Happened)
    assert (report.entity, report.x, report.z, report.radius_cm) == (0, 3000, 3000, 30_000)
    assert report.importance == happened.fields["importance"] == NOTABLE
    assert report.until_tick == happened.fields["end_tick"] == 1 + 10 + 20 + 20


@pytest.mark.parametrize(("audience", "entity", "only"), [(Only(ADA), ADA, True), (InZone(), 0, False)])
def test_an_audience_without_a_place_is_one_entity_or_the_whole_zone(
    town: Town, monkeypatch: pytest.MonkeyPatch, audience: Only | InZone, entity: int, only: bool
) -> None:
    def announce(world: World) -> Telling:
        yield audience, Said(BEN, "the show begins")

    monkeypatch.setattr("world.tick.SYSTEMS", (announce,))
    reports = town.tick().reports
    assert [(report.zone, report.entity, report.only) for report in reports] == [(0, entity, only), (1, entity, only)]


def test_what_a_zone_wants_settled_goes_to_the_bus_and_a_late_refusal_to_its_actor(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = Settle("fund.1", "fund", (Posting("house", -5), Posting("pool:rain.1", 5)))

    def rain(world: World) -> Telling:
        if world.zone == EAST_ZONE:
            yield settle
            yield Refusal(ADA, 7, "pick_up_crystal", "taken", None, "somebody was faster")

    monkeypatch.setattr("world.tick.SYSTEMS", (rain,))
    (report,) = town.tick().reports
    assert town.bus.take_settlements() == [(EAST_ZONE, settle)]
    assert (report.zone, report.entity, report.only) == (EAST_ZONE, ADA, True)
    assert said(report) == Denied(7, "pick_up_crystal", "taken", None, "somebody was faster")


def test_a_refusal_is_told_to_its_actor_alone(town: Town) -> None:
    (report,) = town.do(ADA, Say("hello")).reports
    assert report.only
    assert report.entity == ADA
    answer = said(report)
    assert isinstance(answer, Denied)
    assert (answer.number, answer.deed, answer.reason) == (7, "say", "not_here")
    assert (town.outcomes("refused"), town.outcomes("applied")) == (1, 0)


def test_commands_and_moves_that_counted_are_counted_as_applied(town: Town) -> None:
    town.do(ADA, Join("Ada", spawn="well"))
    town.go_east(ADA, 1)
    town.do(ADA, Emote("bow"))
    assert town.outcomes("applied") == 3
    assert town.metrics.snapshot_bytes._value.get() > 0


# ---- what goes wrong -----------------------------------------------------------------------------


class Explode(Command, frozen=True):
    """A deed that no rule is written for."""


def test_a_rule_that_breaks_costs_its_own_command_and_its_actor_is_told(town: Town) -> None:
    town.do(ADA, Join("Ada", spawn="well"))
    town.bus.post(WEST_ZONE, Issued(ADA, 1, Say("before")))
    town.bus.post(WEST_ZONE, Issued(ADA, 2, Explode()))
    town.bus.post(WEST_ZONE, Issued(ADA, 3, Say("after")))
    with capture_logs() as logs:
        reports = town.tick().reports
    told = [said(report) for report in reports]
    assert [message.fields["text"] for message in told if isinstance(message, Happened)] == ["before", "after"]
    (apology,) = [message for message in told if isinstance(message, Denied)]
    assert (apology.number, apology.deed, apology.reason) == (2, "explode", "fault")
    assert (town.outcomes("fault"), town.outcomes("applied")) == (1, 3)
    assert [(log["position"], log["deed"]) for log in logs] == [(1, "explode")]


def test_a_zone_that_fails_does_not_stop_the_others(town: Town) -> None:
    town.worlds[WEST_ZONE].broken = True
    town.bus.post(WEST_ZONE, Issued(ADA, 1, Halt()))
    town.go_east(ADA, 1)
    with capture_logs() as logs:
        published = town.do(BEN, Join("Ben"), zone=EAST_ZONE)
    assert [snapshot.zone for snapshot in published.snapshots] == [EAST_ZONE]
    assert where(published, BEN) == [EAST_ZONE]
    assert town.outcomes("fault") == 2
    assert [(log["log_level"], log["zone"], log["tick"]) for log in logs] == [("error", WEST_ZONE, 1)]


def test_a_zone_that_failed_goes_on_when_it_can(town: Town) -> None:
    town.do(ADA, Join("Ada", spawn="well"))
    for broken in (True, True, False):
        town.worlds[WEST_ZONE].broken = broken
        published = town.tick()
    assert where(published, ADA) == [WEST_ZONE]
    assert published.snapshots[WEST_ZONE].tick == 4


# ---- borders -------------------------------------------------------------------------------------


def test_whoever_crosses_is_in_exactly_one_snapshot_of_every_tick(town: Town) -> None:
    town.do(ADA, Join("Ada", spawn="border"))
    crossing = town.cross(ADA)
    assert where(crossing, ADA) == [WEST_ZONE]
    assert crossing.snapshots[WEST_ZONE].departed == [(ADA, EAST_ZONE)]
    arrival = town.tick()
    assert where(arrival, ADA) == [EAST_ZONE]
    assert [profile.entity for profile in arrival.snapshots[EAST_ZONE].profiles] == [ADA]
    assert arrival.snapshots[WEST_ZONE].departed == []


def test_what_is_posted_to_the_old_zone_for_somebody_who_has_just_crossed_is_sent_after_them(town: Town) -> None:
    town.do(ADA, Join("Ada", spawn="border"))
    town.do(BEN, Join("Ben", spawn="well"))
    town.cross(ADA)
    town.bus.post(WEST_ZONE, Issued(ADA, 1, Say("late")))
    town.bus.post(WEST_ZONE, Issued(BEN, 1, Say("here")))
    town.go_east(ADA, 9000)
    first, second = town.tick(), town.tick()
    assert [(report.zone, report.entity) for report in first.reports] == [(WEST_ZONE, BEN)]
    assert [(report.zone, report.entity) for report in second.reports] == [(EAST_ZONE, ADA)]
    rows = second.snapshots[EAST_ZONE].rows
    assert rows["input"][rows["entity"] == ADA].tolist() == [9000]
    assert town.outcomes("dropped") == 0


def test_a_leave_that_comes_late_is_sent_after_too_so_that_no_body_stays_behind(town: Town) -> None:
    town.do(ADA, Join("Ada", spawn="border"))
    town.cross(ADA)
    town.do(ADA, Leave(), zone=WEST_ZONE)
    assert where(town.tick(), ADA) == []


def test_nothing_is_sent_after_for_more_than_a_tick(town: Town) -> None:
    town.do(ADA, Join("Ada", spawn="border"))
    town.cross(ADA)
    town.tick()
    (report,) = town.do(ADA, Say("too late")).reports
    assert (report.zone, report.entity, report.only) == (WEST_ZONE, ADA, True)


def test_whoever_comes_back_into_a_zone_that_has_failed_meanwhile_is_not_sent_away_again(town: Town) -> None:
    town.do(ADA, Join("Ada", spawn="border"))
    town.cross(ADA)
    west = town.worlds[WEST_ZONE]
    west.broken = True
    town.do(ADA, Leave(), zone=EAST_ZONE)
    west.broken = False
    published = town.do(ADA, Join("Ada", spawn="well"), zone=WEST_ZONE)
    assert where(published, ADA) == [WEST_ZONE]
