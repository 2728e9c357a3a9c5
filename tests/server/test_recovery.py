"""A zone that breaks goes on as if what broke it was never asked; nothing confirmed is lost, nothing is told twice."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from protocol.codec import decode_server
from protocol.messages import Denied, Happened, Hello
from server.bus import Published
from server.held import is_own
from server.journal import Journal
from server.recovery import PAUSE_FIRST_TICKS, PAUSE_MAX_TICKS, attempts
from server.replay import replay
from server.switches import FAULTS_MAX
from tests.scenario import Scenario, content, deed
from tests.server.curse import Curse
from tests.server.town import ADA, BEN, EAST_ZONE, WEST_ZONE, Town
from tests.world.hamlet import packed
from world.digest import digest
from world.event import OPERATOR, Command, Settle
from world.events.confirm import Confirm
from world.events.halt import Halt
from world.events.join import Join
from world.events.leave import Leave
from world.events.light_firework import LightFirework
from world.events.say import Say
from world.events.sit import Sit
from world.events.steer_event import SteerEvent
from world.tick import Batch, Issued

CID = 1 << 17 | 3


@pytest.fixture
def curse(monkeypatch: pytest.MonkeyPatch) -> Curse:
    return Curse(monkeypatch)


@pytest.fixture
def town(curse: Curse) -> Iterator[Town]:
    """Two people at the well, the town's curse asleep."""
    with capture_logs():
        town = Town()
        for who in (ADA, BEN):
            town.do(who, Join(str(who), spawn="well", account=who))
        town.tick()
        yield town


def told(published: Published) -> list[tuple[int, str]]:
    """Who caused, or hears of, what."""
    said = [(report.entity, decode_server(report.payload)) for report in published.reports]
    return [
        (who, what.event if isinstance(what, Happened) else f"{what.deed}: {what.reason}")
        for who, what in said
        if isinstance(what, Happened | Denied)
    ]


def restarts(town: Town) -> float:
    return town.metric("zone_restarts_total", zone="west")


def stands_still(town: Town) -> bool:
    return town.metric("zone_standing_still", zone="west") == 1


def goes_on(town: Town) -> Published:
    """Tick until the zone is back; what was published then."""
    for _ in range(PAUSE_MAX_TICKS):
        published = town.tick()
        if len(published.snapshots) == 2:
            return published
    raise AssertionError("it stands still")


# ---- what is tried -------------------------------------------------------------------------------


def batch_of(*commands: Command, moves: int = 0) -> Batch:
    return Batch([Issued(ADA, 0, command) for command in commands], packed([(ADA, 1, 0, 0, 0, 0)] * moves))


@pytest.mark.parametrize(
    ("batch", "blamed"),
    [
        (batch_of(), []),
        (batch_of(moves=2), [{"move"}]),
        (batch_of(Say("hello"), Say("hello")), [{"say"}]),
        (batch_of(Say("hello"), moves=1), [{"move"}, {"say"}, {"move", "say"}]),
        (batch_of(Say("hello"), Halt()), [{"say"}, set()]),
        (batch_of(Halt()), [set()]),
    ],
)
def test_each_kind_of_deed_is_left_out_once_then_all_then_everything(batch: Batch, blamed: list[set[str]]) -> None:
    tried = list(attempts(batch))
    assert [set(attempt.blamed) for attempt in tried] == blamed
    for attempt in tried:
        assert len(attempt.batch.commands) + len(attempt.left_out) == len(batch.commands)
        assert not any(is_own(issued) for issued in attempt.left_out) or not attempt.batch.commands


# ---- a tick that breaks --------------------------------------------------------------------------


def test_only_the_deed_that_broke_the_zone_is_not_done(town: Town, curse: Curse) -> None:
    curse.on_sitting = True
    town.bus.post(WEST_ZONE, Issued(ADA, 1, Say("hello")))
    town.bus.post(WEST_ZONE, Issued(ADA, 2, Sit()))
    town.go_east(BEN, 1)
    town.bus.post(WEST_ZONE, Issued(CID, 0, Join("Cid", spawn="well")))
    published = town.tick()
    assert told(published) == [(ADA, "sit: fault"), (ADA, "said")]
    rows = published.snapshots[WEST_ZONE].rows
    assert rows["input"][rows["entity"] == BEN].tolist() == [1]
    assert CID in rows["entity"]
    assert (restarts(town), town.metric("deed_faults_total", deed="sit"), town.outcomes("fault")) == (1, 1, 1)


def test_a_zone_that_broke_is_bit_for_bit_as_if_the_deed_had_not_been_asked(curse: Curse) -> None:
    towns = []
    with capture_logs():
        for sits in (False, True):
            curse.on_sitting = sits
            towns.append(town := Town())
            for who in (ADA, BEN):
                town.do(who, Join(str(who), account=who))
            for tick in range(100):
                town.go_east(ADA, tick + 1)
                if tick % 9 == 0:
                    town.bus.post(WEST_ZONE, Issued(BEN, tick, Say("hello")))
                if sits and tick % 30 == 10:
                    town.bus.post(WEST_ZONE, Issued(BEN, tick, Sit()))
                town.tick()
    assert curse.struck == 3 * 2
    for zone in (WEST_ZONE, EAST_ZONE):
        assert digest(towns[0].world(zone)) == digest(towns[1].world(zone))


def test_where_two_deeds_break_it_at_once_only_the_servers_own_commands_enter(town: Town, curse: Curse) -> None:
    curse.on_sitting = curse.on_running = True
    for issued in (Issued(ADA, 2, Sit()), Issued(BEN, 0, Leave()), Issued(ADA, 3, Say("hello"))):
        town.bus.post(WEST_ZONE, issued)
    town.go_east(ADA, 1)
    assert told(town.tick()) == [(ADA, "sit: fault"), (ADA, "say: fault")]
    assert not town.here(BEN)
    assert [town.metric("deed_faults_total", deed=deed) for deed in ("move", "sit", "say")] == [1, 1, 1]


def test_a_deed_that_breaks_its_zone_again_and_again_is_switched_off_and_peace_returns(
    town: Town, curse: Curse
) -> None:
    curse.on_sitting = True
    for number in range(FAULTS_MAX):
        assert told(town.do(ADA, Sit())) == [(ADA, "sit: fault")]
        assert restarts(town) == number + 1
    assert told(town.do(ADA, Sit())) == [(ADA, "sit: switched_off")]
    assert restarts(town) == FAULTS_MAX
    assert town.metric("deeds_off", deed="sit") == 1


def test_moves_that_break_it_are_switched_off_like_any_deed(town: Town, curse: Curse) -> None:
    curse.on_running = True
    for number in range(2 * FAULTS_MAX):
        town.go_east(ADA, number + 1)
        assert len(town.tick().snapshots) == 2
    assert restarts(town) == FAULTS_MAX
    assert (town.outcomes("fault"), town.outcomes("dropped")) == (FAULTS_MAX, FAULTS_MAX)


def test_a_body_that_breaks_the_zone_is_found_and_refused_and_everybody_else_comes_in(town: Town, curse: Curse) -> None:
    crowd = list(range(1 << 17 | 100, 1 << 17 | 130))
    curse.entities = {crowd[17]}
    for entity in crowd:
        town.bus.post(WEST_ZONE, Issued(entity, 0, Join("crowd", spawn="well")))
    town.bus.post(WEST_ZONE, Issued(ADA, 1, Say("hello")))
    words = [word for _ in range(20) for word in told(town.tick())]
    assert sorted(words) == sorted([(ADA, "say: fault"), (crowd[17], "join: fault")])
    assert [entity for entity in crowd if not town.here(entity)] == [crowd[17]]
    assert restarts(town) < 10
    town.do(ADA, Say("hello"))
    assert not stands_still(town)


# ---- what is owned -------------------------------------------------------------------------------


def asked(town: Town) -> list[Settle]:
    return [settle for _, settle in town.bus.take_settlements()]


def test_what_was_asked_of_the_books_is_not_asked_again_and_its_answer_counts_once(town: Town, curse: Curse) -> None:
    curse.on_sitting = True
    town.do(ADA, LightFirework("rocket", ["red"]))
    (settle,) = asked(town)
    town.do(BEN, Sit())
    assert asked(town) == []
    assert settle.key in town.world().pending
    town.bus.post(WEST_ZONE, Issued(0, 0, Confirm(settle.key, f"1.0.{settle.key}", 90)))
    assert told(town.do(BEN, Sit())) == [(BEN, "sit: fault"), (ADA, "firework_launched"), (ADA, "firework_settled")]
    assert restarts(town) == 2
    assert (len(town.world().pending), asked(town)) == (0, [])
    assert told(town.do(0, Confirm(settle.key, f"1.0.{settle.key}", 90))) == []


def test_answers_of_the_books_wait_for_a_zone_that_stands_still(town: Town, curse: Curse) -> None:
    town.do(ADA, LightFirework("rocket", ["red"]))
    (settle,) = asked(town)
    curse.zones[WEST_ZONE] = town.ticks + 1
    town.do(0, Confirm(settle.key, f"1.0.{settle.key}", 90))
    assert stands_still(town)
    curse.zones.clear()
    words = told(goes_on(town)) + told(town.tick())
    assert words == [(ADA, "firework_launched"), (ADA, "firework_settled")]
    assert (len(town.world().pending), asked(town)) == (0, [])


# ---- a zone that stands still --------------------------------------------------------------------


def test_a_zone_that_cannot_go_on_is_tried_after_pauses_that_grow_to_a_minute(town: Town, curse: Curse) -> None:
    curse.zones[WEST_ZONE] = town.ticks + 1
    tries, before = [], 0
    for _ in range(5 * PAUSE_MAX_TICKS):
        town.tick()
        if curse.struck > before:
            tries.append(town.ticks)
            before = curse.struck
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert pauses[0] == PAUSE_FIRST_TICKS
    assert all(later in (2 * earlier, PAUSE_MAX_TICKS) for earlier, later in pairwise(pauses))
    assert pauses[-1] == PAUSE_MAX_TICKS
    assert restarts(town) == 1


def test_people_are_where_they_were_when_their_zone_goes_on(town: Town, curse: Curse) -> None:
    before = digest(town.world())
    curse.zones[WEST_ZONE] = town.ticks + 1
    town.go_east(ADA, 1)
    town.do(BEN, Say("hello"))
    assert stands_still(town)
    curse.zones.clear()
    published = goes_on(town)
    assert not stands_still(town)
    assert published.snapshots[WEST_ZONE].tick == town.ticks
    after = digest(town.world())
    assert {name for name in before if before[name] != after[name]} <= {"tick"}


def test_meanwhile_deeds_and_newcomers_are_refused_and_comings_and_goings_wait(town: Town, curse: Curse) -> None:
    town.do(CID, Join("Cid", spawn="border"), zone=WEST_ZONE)
    town.cross(CID)
    curse.zones[EAST_ZONE] = town.ticks + 1
    town.tick()
    published = [
        town.do(ADA, Say("hello"), zone=EAST_ZONE),
        town.do(BEN, Join("Ben"), zone=EAST_ZONE),
        town.do(BEN, Leave(), zone=EAST_ZONE),
        town.do(OPERATOR, SteerEvent("salute", "start"), zone=EAST_ZONE),
    ]
    words = [word for each in published for word in told(each)]
    assert words == [(ADA, "say: fault"), (BEN, "join: fault"), (OPERATOR, "steer_event: fault")]
    assert not town.here(CID, EAST_ZONE)
    curse.zones.clear()
    goes_on(town)
    town.tick()
    assert town.here(CID, EAST_ZONE)
    assert not town.here(BEN, EAST_ZONE)


def test_whoever_leaves_while_their_zone_stands_still_is_gone_when_it_goes_on(town: Town, curse: Curse) -> None:
    curse.zones[WEST_ZONE] = town.ticks + 1
    town.do(ADA, Halt())
    town.do(ADA, Leave())
    curse.zones.clear()
    goes_on(town)
    town.tick()
    assert (town.here(ADA), town.here(BEN)) == (False, True)


def test_a_zone_that_cannot_be_taken_back_stands_still_too_and_is_whole_once_it_can(town: Town, curse: Curse) -> None:
    before = digest(town.world())
    curse.zones[WEST_ZONE] = 0
    town.do(ADA, Say("hello"))
    assert stands_still(town)
    curse.zones.clear()
    goes_on(town)
    after = digest(town.world())
    assert {name for name in before if before[name] != after[name]} <= {"tick"}


def test_a_zone_that_breaks_at_its_first_tick_lets_people_in_once_it_can(curse: Curse) -> None:
    with capture_logs():
        town = Town()
        curse.zones[WEST_ZONE] = 0
        town.tick()
        curse.zones.clear()
        goes_on(town)
        town.do(ADA, Join("Ada"))
    assert town.here(ADA)


# ---- what is written down ------------------------------------------------------------------------


def test_copies_are_taken_now_and_then_and_timed(town: Town) -> None:
    for number in range(100):
        town.go_east(ADA, number + 1)
        town.tick()
    assert 2 <= town.metric("checkpoint_seconds_count") <= 6


def test_what_failed_and_what_entered_are_both_in_the_journal_and_it_replays(curse: Curse, tmp_path: Path) -> None:
    path = tmp_path / "city.journal"
    journal = Journal.open(path, content(1))
    curse.on_sitting = True
    with capture_logs():
        scenario = Scenario(journal=journal)
        ada, ben = scenario.join_all(["Ada", "Ben"])
        for number in range(3):
            ada.send(ada.intent(0), deed("say", number, text="hello"))
            ben.send(deed("sit", number))
            scenario.tick(30)
        late = scenario.connect()
        late.send(Hello(1, "Late"))
        scenario.tick(5)
        journal.close()
    assert len(late.frames) > 0
    report = replay(path)
    assert report.same
    assert [failure.rpartition(": ")[2] for failure in report.failures] == ["a bug on purpose"] * 3
