"""Lighting: as often as the scenario says once it has begun, never in a burst, and moving all the while."""

from itertools import pairwise
from random import Random

from msgspec import structs

from loadtest.behaviours.base import Deed, Firework, Here
from loadtest.behaviours.gather import Gather
from loadtest.behaviours.light import Light
from loadtest.city import Point
from tests.loadtest.behaviours.test_behaviours import SETTING

STEP_S = 0.5
STORM = structs.replace(SETTING, firework=Firework("sparkler", ["gold"], 1))


def here(when_s: float, zone: str = "crystal_plaza", begun: bool = True) -> Here:
    return Here(when_s, Point(5_000.0, 5_000.0), zone, begun=begun)


def lit(seed: int, seconds: float, late: float = 0.0) -> list[float]:
    mind = Light(Random(seed), STORM)
    moments = [step * STEP_S + (late if step % 10 else 0.0) for step in range(round(seconds / STEP_S))]
    return [when_s for when_s in moments if mind.decide(here(when_s)).deed is not None]


def test_it_lights_as_often_as_the_scenario_says() -> None:
    for seed in range(10):
        assert len(lit(seed, 60)) in (59, 60)
        assert min(after - before for before, after in pairwise(lit(seed, 60))) >= 0.5


def test_a_late_one_does_not_catch_up_in_a_burst() -> None:
    assert min(after - before for before, after in pairwise(lit(1, 60, late=0.4))) >= 0.5


def test_it_asks_for_the_firework_of_the_scenario() -> None:
    mind = Light(Random(1), STORM)
    deeds = [mind.decide(here(step * STEP_S)).deed for step in range(4)]
    assert Deed("light_firework", {"kind": "sparkler", "colours": ["gold"]}) in deeds


def test_not_everybody_begins_at_the_same_moment() -> None:
    assert len({lit(seed, 5)[0] for seed in range(10)}) > 1


def test_before_it_begins_and_on_the_way_it_only_moves() -> None:
    for where, begun in (("crystal_plaza", False), ("street", True)):
        lighter, gatherer = Light(Random(1), STORM), Gather(Random(1), STORM)
        for step in range(20):
            seen = here(step * STEP_S, where, begun)
            assert lighter.decide(seen) == gatherer.decide(seen)
