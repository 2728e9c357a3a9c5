"""Feelings are seen by those near, for a while."""

from typing import Literal

import msgspec
import pytest

from tests.world.hamlet import Hamlet
from world.animation import Animation
from world.event import Nearby
from world.events.emote import Emote, Emoted
from world.events.sit import Sit
from world.tick import Told

ME = 5
Kind = Literal["clap", "cheer", "dance", "bow", "laugh"]


@pytest.mark.parametrize("kind", ["clap", "cheer", "dance", "bow", "laugh"])
def test_every_kind_is_told_and_shown(kind: Kind) -> None:
    hamlet = Hamlet()
    hamlet.join(ME)
    assert hamlet.do(ME, Emote(kind)).told == [Told(Nearby(ME, 400, 400, 1500, layer=0), Emoted(ME, kind))]
    assert hamlet.state(ME, "animation") == Animation[kind.upper()]


def test_who_sits_goes_on_sitting_after_it() -> None:
    hamlet = Hamlet()
    hamlet.join(ME)
    hamlet.do(ME, Sit())
    hamlet.do(ME, Emote("laugh"))
    assert hamlet.state(ME, "animation") == Animation.LAUGH
    for _ in range(60):
        hamlet.step()
    assert hamlet.state(ME, "animation") == Animation.SIT


def test_the_newest_gesture_is_shown() -> None:
    hamlet = Hamlet()
    hamlet.join(ME)
    hamlet.do(ME, Emote("clap"))
    hamlet.do(ME, Emote("bow"))
    assert hamlet.state(ME, "animation") == Animation.BOW


def test_the_third_in_four_seconds_is_refused() -> None:
    hamlet = Hamlet()
    hamlet.join(ME)
    refused = [hamlet.do(ME, Emote("clap")).refused for _ in range(3)]
    assert [[no.reason for no in each] for each in refused] == [[], [], ["too_often"]]


def test_unknown_feelings_are_refused_by_the_schema() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"kind": "stare"}, Emote)
