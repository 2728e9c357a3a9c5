"""A lost link does not walk on."""

from tests.world.hamlet import EAST, RUN, STAND, Hamlet, intent
from world.events.halt import Halt
from world.tick import Issued


def test_who_is_halted_stands_where_they_are() -> None:
    hamlet = Hamlet()
    hamlet.join(5)
    hamlet.go(5, EAST, 3, RUN)
    place = hamlet.where(5)
    hamlet.do(5, Halt())
    assert hamlet.where(5) == place
    assert hamlet.state(5, "gait") == STAND


def test_who_is_halted_has_sent_nothing_as_far_as_frames_say() -> None:
    hamlet = Hamlet()
    hamlet.join(5)
    hamlet.go(5, EAST, 3, RUN)
    assert hamlet.state(5, "input") > 0
    hamlet.do(5, Halt())
    assert hamlet.state(5, "input") == 0


def test_what_came_in_the_tick_of_the_halt_came_before_it() -> None:
    hamlet = Hamlet()
    hamlet.join(5)
    hamlet.join(6)
    hamlet.go(5, EAST, 3, RUN)
    hamlet.step(Issued(5, 0, Halt()), moves=[intent(5, 99, EAST), intent(6, 1, EAST)])
    assert (hamlet.state(5, "gait"), hamlet.state(5, "input")) == (STAND, 0)
    assert (hamlet.state(6, "gait"), hamlet.state(6, "input")) == (RUN, 1)
    place = hamlet.where(5)
    hamlet.step()
    assert hamlet.where(5) == place


def test_a_halt_in_the_air_still_lands() -> None:
    hamlet = Hamlet()
    hamlet.join(5)
    hamlet.go(5, EAST, 3, RUN, flags=1)
    hamlet.do(5, Halt())
    for _ in range(20):
        hamlet.step()
    assert hamlet.where(5)[1] == 0


def test_who_is_not_here_cannot_be_halted() -> None:
    assert [no.reason for no in Hamlet().do(5, Halt()).refused] == ["not_here"]
