"""A zone between the bus and the tick: what goes wrong inside stays inside, and what comes late is sent after."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import msgpack  # type: ignore[import-untyped]
import pytest
from structlog.testing import capture_logs

from protocol.codec import decode_server
from protocol.messages import AnyServerMessage, Denied, Happened
from server.bus import Published, Report
from server.journal import TICK, Journal
from server.switches import FAULTS_MAX, Off
from tests.server.curse import Curse
from tests.server.town import ADA, BEN, EAST_ZONE, WEST_ZONE, Town
from tests.world.hamlet import config
from world.catalogue import RULES
from world.event import ALL_LAYERS, NOTABLE, OPERATOR, Command, InZone, Only, Posting, Refusal, Settle, Telling
from world.events.confirm import Confirm
from world.events.emote import Emote
from world.events.join import Join
from world.events.leave import Leave
from world.events.say import Said, Say
from world.events.steer_event import SteerEvent
from world.state import World
from world.tick import Issued


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
    assert report._replace(payload=b"") == Report(0, ADA, 400, 400, 2000, 1, b"", layer=0)
    assert said(report) == Happened(2, "said", {"entity": ADA, "text": "hello"})


def test_a_firework_is_reported_with_its_own_importance_and_the_end_of_its_burst(town: Town) -> None:
    published = town.do(OPERATOR, SteerEvent("salute", "start"))
    (report,) = (report for report in published.reports if report.until_tick)
    happened = said(report)
    assert isinstance(happened, Happened)
    assert (report.entity, report.x, report.z, report.radius_cm) == (0, 3000, 3000, 30_000)
    assert report.layer == ALL_LAYERS
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


@pytest.fixture
def curse(monkeypatch: pytest.MonkeyPatch) -> Curse:
    return Curse(monkeypatch)


def break_rule(monkeypatch: pytest.MonkeyPatch, command: type[Command]) -> None:
    """From now on the rule of this deed raises."""

    def broken(*_: object) -> Telling:
        raise ZeroDivisionError("a bug on purpose")

    monkeypatch.setattr("world.tick.RULES", {**RULES, command: RULES[command]._replace(apply=broken)})


@pytest.fixture
def emote_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    break_rule(monkeypatch, Emote)


def denials(published: Published) -> list[tuple[int, str, str]]:
    """Whom it was denied to, by number: entity, deed and reason."""
    told = [(report.entity, said(report)) for report in published.reports]
    return [(entity, message.deed, message.reason) for entity, message in told if isinstance(message, Denied)]


@pytest.mark.usefixtures("emote_is_broken")
def test_a_rule_that_breaks_costs_its_own_command_and_its_actor_is_told(town: Town) -> None:
    town.do(ADA, Join("Ada", spawn="well"))
    for number, wish in enumerate((Say("before"), Emote("bow"), Say("after"))):
        town.bus.post(WEST_ZONE, Issued(ADA, number, wish))
    with capture_logs() as logs:
        reports = town.tick().reports
    told = [said(report) for report in reports]
    assert [message.fields["text"] for message in told if isinstance(message, Happened)] == ["before", "after"]
    (apology,) = [message for message in told if isinstance(message, Denied)]
    assert (apology.number, apology.deed, apology.reason) == (1, "emote", "fault")
    assert (town.outcomes("fault"), town.outcomes("applied")) == (1, 3)
    assert [(log["tick"], log["position"], log["deed"]) for log in logs] == [(2, 1, "emote")]
    assert town.metric("deed_faults_total", deed="emote") == 1


def test_nobody_hears_of_an_answer_of_the_books_that_breaks(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    break_rule(monkeypatch, Confirm)
    town.do(ADA, Join("Ada", spawn="well"))
    assert town.do(0, Confirm("light.1", "1.0.light.1")).reports == []
    assert town.metric("deed_faults_total", deed="confirm") == 1


@pytest.mark.usefixtures("emote_is_broken")
def test_a_deed_that_breaks_too_often_is_switched_off_in_its_zone_alone(town: Town) -> None:
    town.do(ADA, Join("Ada", spawn="well"))
    town.do(BEN, Join("Ben"), zone=EAST_ZONE)
    for _ in range(FAULTS_MAX):
        assert denials(town.do(ADA, Emote("bow"))) == [(ADA, "emote", "fault")]
    assert denials(town.do(ADA, Emote("bow"))) == [(ADA, "emote", "switched_off")]
    assert denials(town.do(BEN, Emote("bow"), zone=EAST_ZONE)) == [(BEN, "emote", "fault")]
    assert [said(report) for report in town.do(ADA, Say("hello")).reports] == [
        Happened(town.ticks, "said", {"entity": ADA, "text": "hello"})
    ]
    assert town.metric("denied_total", reason="switched_off") == 1


def test_what_is_switched_off_does_not_enter_the_journal(tmp_path: Path) -> None:
    with capture_logs():
        journal = Journal.open(tmp_path / "town.journal", config())
        town = Town(journal)
        town.do(ADA, Join("Ada", spawn="well"))
        town.switchboard.switch_off(WEST_ZONE, "say", Off(1, "a test"))
        town.switchboard.switch_off(WEST_ZONE, "move", Off(1, "a test"))
        town.go_east(ADA, 1)
        town.do(ADA, Say("hello"))
        journal.close()
    values = list(msgpack.Unpacker(BytesIO((tmp_path / "town.journal").read_bytes())))
    entered = [(value[3], value[4]) for value in values[1:-1] if value[0] == TICK and value[2] == WEST_ZONE]
    assert [(len(commands), moves) for commands, moves in entered] == [(1, b""), (0, b"")]
    assert (town.outcomes("refused"), town.outcomes("dropped")) == (1, 1)


def test_a_zone_that_stands_still_publishes_nothing_and_does_not_stop_the_others(town: Town, curse: Curse) -> None:
    curse.zones[WEST_ZONE] = 0
    town.bus.post(WEST_ZONE, Issued(ADA, 1, Say("hello")))
    town.go_east(ADA, 1)
    published = town.do(BEN, Join("Ben"), zone=EAST_ZONE)
    assert [snapshot.zone for snapshot in published.snapshots] == [EAST_ZONE]
    assert where(published, BEN) == [EAST_ZONE]
    assert denials(published) == [(ADA, "say", "fault")]
    assert town.outcomes("fault") == 2


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


def test_whoever_comes_back_into_a_zone_that_has_failed_meanwhile_is_not_sent_away_again(
    town: Town, curse: Curse
) -> None:
    town.do(ADA, Join("Ada", spawn="border"))
    town.cross(ADA)
    curse.zones[WEST_ZONE] = 0
    town.do(ADA, Leave(), zone=EAST_ZONE)
    curse.zones.clear()
    while town.tick().snapshots[0].zone != WEST_ZONE:
        assert town.ticks < 100
    published = town.do(ADA, Join("Ada", spawn="well"), zone=WEST_ZONE)
    assert where(published, ADA) == [WEST_ZONE]
