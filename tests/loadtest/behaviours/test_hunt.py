"""Hunting: the nearest crystal at a run, one question at a time, and no second one too soon."""

from random import Random

from loadtest.behaviours.base import STAY, Deed, Here, Intent
from loadtest.behaviours.hunt import REACH_CM, Hunt
from loadtest.city import Point, distance_cm
from loadtest.crystals import Crystal
from protocol.frames import GAIT_RUN
from tests.loadtest.behaviours.test_behaviours import SETTING
from tests.loadtest.behaviours.test_walker import STEP_S, moved

HOME = Point(5_000.0, 5_000.0)
NEAR, FAR = Crystal(7, 5_000, 0, 6_000, 0, 1), Crystal(8, 5_000, 0, 2_000, 0, 3)


def here(*crystals: Crystal, at: Point = HOME, when_s: float = 0.0, waiting: int = 0, begun: bool = True) -> Here:
    return Here(when_s, at, "crystal_plaza", crystals, waiting, begun)


def hunter(seed: int = 1) -> Hunt:
    return Hunt(Random(seed), SETTING)


def asked(intent: Intent) -> int | None:
    return intent.deed.fields["crystal"] if intent.deed else None


def test_it_runs_to_the_nearest_and_asks_for_it_within_reach() -> None:
    mind, at = hunter(), HOME
    for step in range(10):
        intent = mind.decide(here(NEAR, FAR, at=at, when_s=step * STEP_S))
        if intent.deed:
            break
        assert intent._replace(legs=None) == Intent(0, GAIT_RUN)
        at = moved(at, intent)
    assert intent == STAY._replace(deed=Deed("pick_up_crystal", {"crystal": 7}))
    assert distance_cm(at, Point(NEAR.x, NEAR.z)) <= REACH_CM


def test_it_stands_until_it_is_answered() -> None:
    close = Point(5_000.0, 5_900.0)
    mind = hunter()
    assert asked(mind.decide(here(NEAR, at=close))) == 7
    assert mind.decide(here(NEAR, at=close, when_s=5, waiting=1)) == STAY


def test_it_does_not_ask_again_before_it_was_shown_anew() -> None:
    mind, close = hunter(), Point(5_000.0, 5_900.0)
    assert asked(mind.decide(here(NEAR, at=close))) == 7
    assert asked(mind.decide(here(NEAR, at=close, when_s=0.5))) is None
    assert asked(mind.decide(here(NEAR, at=close, when_s=1.5))) == 7


def test_what_cannot_be_reached_is_left_to_others() -> None:
    mind = hunter()
    for step in range(200):
        intent = mind.decide(here(NEAR, FAR, when_s=step * STEP_S))
        if intent.gait == GAIT_RUN and intent.steer == 128:
            break
    # It never moved, so it gave the near one up and set out for the other.
    assert step * STEP_S > 10


def test_crystals_of_other_zones_are_not_hunted() -> None:
    mind, gatherer = hunter(), hunter()
    elsewhere = Crystal(9, 10_500, 0, 5_000, 0, 1)
    for step in range(20):
        wanted = gatherer.decide(here(when_s=step * STEP_S, begun=False))
        assert mind.decide(here(elsewhere, when_s=step * STEP_S)) == wanted


def test_before_it_begins_and_where_there_are_none_it_gathers() -> None:
    for seen in (here(NEAR, at=Point(5_000, 5_900), begun=False), here()):
        assert hunter().decide(seen) == hunter().decide(here(begun=False, at=seen.at))
        assert hunter().decide(seen).deed is None
