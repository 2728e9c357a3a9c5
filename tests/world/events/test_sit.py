"""Sitting needs ground and stillness, and ends with a step or a jump."""

import pytest

from tests.world.hamlet import EAST, RUN, STAND, WALK, Hamlet
from world.animation import Animation
from world.event import Nearby
from world.events.sit import Sat, Sit
from world.tick import Told

ME = 5


def sitter() -> Hamlet:
    hamlet = Hamlet()
    hamlet.join(ME)
    hamlet.do(ME, Sit())
    return hamlet


def test_who_sits_is_seen_to() -> None:
    hamlet = Hamlet()
    hamlet.join(ME)
    assert hamlet.do(ME, Sit()).told == [Told(Nearby(ME, 400, 400, 1000, layer=0), Sat(ME))]
    assert hamlet.state(ME, "animation") == Animation.SIT


@pytest.mark.parametrize(("gait", "flags"), [(WALK, 0), (RUN, 0), (STAND, 1)])
def test_any_step_or_jump_stands_up(gait: int, flags: int) -> None:
    hamlet = sitter()
    hamlet.go(ME, EAST, 1, gait, flags)
    assert hamlet.state(ME, "sitting") == 0


def test_turning_the_head_does_not_stand_up() -> None:
    hamlet = sitter()
    hamlet.go(ME, EAST, 3, STAND)
    assert hamlet.state(ME, "animation") == Animation.SIT


@pytest.mark.parametrize(("gait", "flags"), [(WALK, 0), (STAND, 1)])
def test_nobody_sits_on_the_move_or_in_the_air(gait: int, flags: int) -> None:
    hamlet = Hamlet()
    hamlet.join(ME)
    hamlet.go(ME, EAST, 1, gait, flags)
    assert [no.reason for no in hamlet.do(ME, Sit()).refused] == ["not_standing"]


def test_nobody_sits_twice() -> None:
    assert [no.reason for no in sitter().do(ME, Sit()).refused] == ["already_sitting"]
