"""A wave is seen by those near, for a while."""

import msgspec
import pytest

from tests.world.hamlet import Hamlet
from world.animation import Animation
from world.event import Nearby
from world.events.wave import Wave, Waved
from world.tick import Told

ME = 5


def test_whoever_is_near_enough_to_be_meant_is_told_of_the_hand() -> None:
    hamlet = Hamlet()
    hamlet.join(ME)
    assert hamlet.do(ME, Wave("left")).told == [Told(Nearby(ME, 400, 400, 1500, layer=0), Waved(ME, "left"))]


def test_the_body_shows_it_for_a_second_and_a_half() -> None:
    hamlet = Hamlet()
    hamlet.join(ME)
    hamlet.do(ME, Wave("right"))
    shown = 0
    while hamlet.state(ME, "animation") == Animation.WAVE:
        shown += 1
        hamlet.step()
    assert shown == 30


def test_the_third_wave_in_four_seconds_is_refused() -> None:
    hamlet = Hamlet()
    hamlet.join(ME)
    refused = [hamlet.do(ME, Wave("left")).refused for _ in range(3)]
    assert [[no.reason for no in each] for each in refused] == [[], [], ["too_often"]]


def test_there_are_two_hands() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"hand": "both"}, Wave)
