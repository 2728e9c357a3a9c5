"""Commands of the server's own wait in order, bounded, and enter in portions until the one at fault is found."""

from collections.abc import Callable

import pytest

from server.held import FIRST_PORTION, Held, is_own
from world.event import Command
from world.events.arrive import Arrive
from world.events.confirm import Confirm
from world.events.halt import Halt
from world.events.join import Join
from world.events.leave import Leave
from world.events.reject import Reject
from world.events.say import Say
from world.tick import Batch, Issued


def own(entity: int, command: Command | None = None) -> Issued:
    return Issued(entity, 0, command or Join(f"number {entity}"))


def holding(*issued: Issued) -> Held:
    held = Held()
    for one in issued:
        held.add(one)
    return held


def waiting(held: Held) -> list[Issued]:
    """All of it, taken out."""
    taken: list[Issued] = []
    while held:
        taken += held.enter(Batch()).commands
        held.entered()
    return taken


def test_what_the_server_asks_for_is_its_own_and_what_a_client_asks_for_is_not() -> None:
    assert is_own(own(1, Halt()))
    assert not is_own(own(1, Say("hello")))


def test_a_batch_enters_as_it_is_while_nothing_waits() -> None:
    held, batch = Held(), Batch([own(1), own(2, Say("hello"))])
    assert held.enter(batch) is batch
    held.entered()
    assert len(held) == 0


def test_what_waits_enters_first_and_own_commands_of_the_batch_go_to_the_end_of_the_line() -> None:
    held = holding(own(1), own(2))
    say = own(9, Say("hello"))
    assert held.enter(Batch([say, own(3)])).commands == [own(1), own(2), own(3), say]
    held.entered()
    assert len(held) == 0


def test_portions_grow_while_all_goes_well() -> None:
    held = holding(*map(own, range(1, 1 + 3 * FIRST_PORTION)))
    sizes = []
    while held:
        sizes.append(len(held.enter(Batch()).commands))
        held.entered()
    assert sizes == [FIRST_PORTION, 2 * FIRST_PORTION]


def test_what_did_not_enter_waits_still() -> None:
    held = holding(own(1))
    held.enter(Batch())
    held.begin_again()
    assert waiting(held) == [own(1)]


def outcome(held: Held, batch: Batch, breaks: Callable[[Issued], bool]) -> Issued | None:
    """One tick of a zone that some commands break, each by itself."""
    batch = held.enter(batch)
    if any(map(breaks, batch.commands)):
        return held.stayed_out(batch.commands)
    held.entered()
    return None


@pytest.mark.parametrize("bad", [1, 50, 100])
def test_the_one_that_breaks_the_zone_is_found_by_halves_and_given_up_and_all_others_enter(bad: int) -> None:
    held, entered, given_up = Held(), list[int](), []
    batch = Batch(list(map(own, range(1, 101))))
    for _ in range(40):
        before = [one.entity for one in held.enter(batch).commands]
        lost = outcome(held, batch, lambda one: one.entity == bad)
        given_up += [lost.entity] if lost else []
        entered += [] if bad in before else before
        batch = Batch()
    assert given_up == [bad]
    assert entered == [number for number in range(1, 101) if number != bad]
    assert len(held) == 0


def test_one_that_broke_the_zone_a_single_time_is_not_given_up() -> None:
    held = Held()
    assert outcome(held, Batch([own(1)]), lambda _: True) is None
    assert outcome(held, Batch(), lambda _: False) is None
    assert len(held) == 0


def test_two_that_break_it_one_after_the_other_are_both_given_up() -> None:
    held = holding(own(1), own(2), own(3))
    lost = [outcome(held, Batch(), lambda one: one.entity < 3) for _ in range(20)]
    assert [one for one in lost if one] == [own(1), own(2)]
    assert len(held) == 0


# ---- bounds --------------------------------------------------------------------------------------


@pytest.mark.parametrize("appearing", [Join("Ada"), Arrive(b"", 0, "", {})])
def test_whoever_leaves_before_having_appeared_was_never_there(appearing: Command) -> None:
    held = holding(own(1, appearing), own(1, Halt()), own(2))
    assert held.has(1)
    held.add(own(1, Leave()))
    assert not held.has(1)
    assert waiting(held) == [own(2)]


def test_whoever_is_in_the_zone_leaves_once_and_need_not_halt() -> None:
    held = holding(own(1, Halt()), own(1, Halt()))
    assert len(held) == 1
    held.add(own(1, Leave()))
    assert waiting(held) == [own(1, Leave())]


def test_the_same_answer_waits_once_and_every_other_one_beside_it() -> None:
    answers: list[Command] = [
        Confirm("a", "1.0.a"),
        Confirm("a", "1.0.a"),
        Confirm("b", "1.0.b"),
        Reject("c", "closed"),
    ]
    held = holding(*(own(0, answer) for answer in answers))
    assert [one.command for one in waiting(held)] == answers[1:]


def test_comings_and_goings_of_a_whole_evening_leave_nothing() -> None:
    held = Held()
    for entity in range(1000):
        for command in (Join("Ada"), Halt(), Halt(), Leave()):
            held.add(own(entity, command))
    assert len(held) == 0


def test_what_cannot_wait_is_withdrawn() -> None:
    held = holding(own(1), own(2, Halt()), own(3))
    assert held.withdraw(Join) == [own(1), own(3)]
    assert waiting(held) == [own(2, Halt())]
