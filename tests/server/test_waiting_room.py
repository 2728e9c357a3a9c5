"""The waiting room: places by ticket, kept for a lost link through every stage, and given up in time."""

import pytest

from protocol.errors import CloseCode
from protocol.messages import Hello
from server.knock import Knock, Stage
from server.lanes import Lane
from server.players import Identity
from server.store.records import Saved
from server.waiting_room import WaitingRoom
from tests.fakes import FakeDesk
from tests.server.stampede import Person

GRACE = 40
SAVED = Saved(1, "Ada", {}, None, b"", 0, "secret")
O = Lane.ORDINARY  # noqa: E741 - the lane of most


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def room() -> WaitingRoom:
    return WaitingRoom(GRACE)


def come(room: WaitingRoom, desk: FakeDesk, told: bool = True, identity: Identity | None = None) -> Knock:
    knock = Knock(Person(desk).session, Hello(1, "Ada"), O, 0, identity or Identity())
    room.line_up(knock)
    knock.told = told
    return knock


def lose(room: WaitingRoom, knock: Knock, tick: int = 0, keeps: bool = True) -> None:
    assert knock.session is not None
    room.lost(knock.session, keeps, tick)


def bring_to(room: WaitingRoom, stage: Stage) -> None:
    """The first in line comes as far as this."""
    if stage is not Stage.WAITING:
        (knock,) = room.call(O, 1)
        if stage is not Stage.ASKED:
            room.known(knock, SAVED)
            if stage is not Stage.KNOWN:
                room.enter(O, 1)


STAGES = [Stage.WAITING, Stage.ASKED, Stage.KNOWN, Stage.ENTERING]


@pytest.mark.parametrize("stage", STAGES)
def test_in_every_stage_a_place_outlives_its_link_and_leads_in(room: WaitingRoom, desk: FakeDesk, stage: Stage) -> None:
    knock, _ = come(room, desk), come(room, desk)
    bring_to(room, stage)
    lose(room, knock)
    assert room.find(knock.ticket) is knock
    assert len(room.lines[O]) == 2
    room.take_up(knock, Person(desk).session)
    if stage is Stage.WAITING:
        assert room.call(O, 1) == [knock]
    if stage in (Stage.WAITING, Stage.ASKED):
        room.known(knock, SAVED)
    assert room.enter(O, 5) == [knock]
    room.forget(knock)
    assert (len(room.lines[O]), room.held, knock.stage) == (1, 0, Stage.GONE)


@pytest.mark.parametrize("stage", STAGES)
def test_a_place_is_given_up_when_nobody_comes_back_in_time(room: WaitingRoom, desk: FakeDesk, stage: Stage) -> None:
    knock = come(room, desk)
    bring_to(room, stage)
    lose(room, knock, tick=100)
    room.clear_out(100 + GRACE)
    assert room.find(knock.ticket) is knock
    room.clear_out(101 + GRACE)
    assert room.find(knock.ticket) is None
    assert (len(room.lines[O]), room.held, room.abandoned[O]) == (0, 0, 1)
    assert not room.ready[O]


def test_whoever_was_called_while_away_goes_in_at_once_on_return(room: WaitingRoom, desk: FakeDesk) -> None:
    knock = come(room, desk)
    lose(room, knock)
    (called,) = room.call(O, 1)
    room.known(called, SAVED)
    assert (room.held, room.enter(O, 5)) == (1, [])
    room.take_up(knock, Person(desk).session)
    assert room.enter(O, 5) == [knock]
    assert room.held == 0


def test_each_loss_has_its_own_time(room: WaitingRoom, desk: FakeDesk) -> None:
    knock = come(room, desk)
    lose(room, knock, tick=0)
    room.take_up(knock, Person(desk).session)
    lose(room, knock, tick=30)
    room.clear_out(GRACE + 1)
    assert room.find(knock.ticket) is knock
    room.clear_out(GRACE + 31)
    assert room.find(knock.ticket) is None


@pytest.mark.parametrize(("told", "keeps"), [(False, True), (True, False)])
def test_whoever_leaves_by_themselves_or_has_no_ticket_keeps_no_place(
    room: WaitingRoom, desk: FakeDesk, told: bool, keeps: bool
) -> None:
    knock = come(room, desk, told)
    lose(room, knock, keeps=keeps)
    assert (len(room.lines[O]), knock.stage) == (0, Stage.GONE)


def test_without_grace_no_place_is_kept(desk: FakeDesk) -> None:
    room = WaitingRoom(0)
    knock = come(room, desk)
    lose(room, knock)
    assert len(room.lines[O]) == 0


def test_a_ticket_shown_over_a_second_link_ends_the_first(room: WaitingRoom, desk: FakeDesk) -> None:
    knock = come(room, desk)
    before, after = knock.session, Person(desk).session
    assert before is not None
    room.take_up(knock, after)
    assert before.closed
    assert desk.ends == [CloseCode.REPLACED]
    assert (room.of(before), room.of(after), len(room.lines[O])) == (None, knock, 1)


def test_a_member_has_one_place_however_often_they_come(room: WaitingRoom, desk: FakeDesk) -> None:
    ada = Identity(subject="ada")
    knock = come(room, desk, identity=ada)
    assert room.find(None, ada) is knock
    assert room.find("made up", ada) is knock
    room.leave(knock)
    assert room.find(None, ada) is None


def test_new_guests_are_never_taken_for_one_another(room: WaitingRoom, desk: FakeDesk) -> None:
    come(room, desk)
    assert room.find(None, Identity()) is None


def test_whoever_comes_back_to_a_body_is_in_no_line_and_holds_no_place(room: WaitingRoom, desk: FakeDesk) -> None:
    knock = Knock(Person(desk).session, Hello(1), Lane.RETURNING, 0)
    room.come_back(knock)
    assert (room.held, [len(line) for line in room.lines.values()]) == (0, [0, 0])
    assert room.enter(Lane.RETURNING, 3) == [knock]
    lose(room, knock)
    assert (room.held, knock.stage) == (0, Stage.GONE)


def test_whoever_is_called_holds_a_place_until_they_have_a_body(room: WaitingRoom, desk: FakeDesk) -> None:
    for _ in range(3):
        come(room, desk)
    first, second = room.call(O, 2)
    assert room.held == 2
    room.known(first, SAVED)
    room.enter(O, 1)
    assert room.held == 1
    room.put_back(second)
    assert room.held == 0
