"""A lost link does not walk on."""

from tests.world.hamlet import EAST, RUN, STAND, Hamlet
from world.events.halt import Halt


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
    assert hamlet.state(5, "input") == 3
    hamlet.do(5, Halt())
    assert hamlet.state(5, "input") == 0
    hamlet.go(5, EAST, 1, RUN)
    assert hamlet.state(5, "input") == 1


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
