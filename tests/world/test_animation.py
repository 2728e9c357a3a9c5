"""The world and the wire mean the same by every animation."""

from protocol.frames import ANIMATIONS
from world.animation import Animation
from world.motion import RUN, STAND, WALK


def test_the_order_is_the_wire_s() -> None:
    assert tuple(each.name.lower() for each in Animation) == ANIMATIONS
    assert [each.value for each in Animation] == list(range(len(ANIMATIONS)))


def test_gaits_are_shown_by_the_animations_of_their_number() -> None:
    assert (Animation.STAND, Animation.WALK, Animation.RUN) == (STAND, WALK, RUN)
