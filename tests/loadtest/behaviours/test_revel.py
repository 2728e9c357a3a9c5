"""Revelling: a day like any other, with a run for every other crystal that lies near, and a firework now and then."""

from random import Random

from msgspec import structs

from loadtest.behaviours.base import Deed, Firework, Here, Intent
from loadtest.behaviours.revel import LEFT_S, NEAR_CM, Revel
from loadtest.city import Point
from loadtest.crystals import Crystal
from protocol.frames import GAIT_RUN
from tests.loadtest.behaviours.test_behaviours import SETTING
from tests.loadtest.behaviours.test_walker import STEP_S, moved

HOME = Point(5_000.0, 5_000.0)
QUIET = structs.replace(SETTING, firework=None)
FESTIVE = structs.replace(SETTING, firework=Firework("sparkler", ["gold", "rose", "azure"], 1, 40.0))
NEAR, FAR = Crystal(7, 5_000, 0, 6_000, 0, 1), Crystal(8, 5_000, 0, round(5_000 - NEAR_CM), 0, 1)
SEEDS = range(40)


def here(*crystals: Crystal, at: Point = HOME, when_s: float = 0.0, waiting: int = 0) -> Here:
    return Here(when_s, at, "crystal_plaza", crystals, waiting)


def tempted(seed: int, crystal: Crystal = NEAR) -> bool:
    return Revel(Random(seed), QUIET)._tempting(here(crystal)) is not None


TEMPTED = next(seed for seed in SEEDS if tempted(seed))
COOL = next(seed for seed in SEEDS if not tempted(seed))


def test_some_are_tempted_by_what_lies_near_and_nobody_by_what_is_far() -> None:
    assert 10 < sum(tempted(seed) for seed in SEEDS) < 30
    assert not any(tempted(seed, FAR) for seed in SEEDS)


def test_who_is_tempted_runs_there_asks_once_and_goes_on() -> None:
    mind, at, asked = Revel(Random(TEMPTED), QUIET), HOME, []
    assert mind.decide(here(NEAR))._replace(legs=None) == Intent(0, GAIT_RUN)
    for step in range(1, 20):
        intent = mind.decide(here(NEAR, at=at, when_s=step * STEP_S))
        at = moved(at, intent)
        asked += [intent.deed] if intent.deed else []
    assert asked == [Deed("pick_up_crystal", {"crystal": 7})]


def test_who_is_not_tempted_does_as_on_any_day_and_may_be_later() -> None:
    mind, plain = Revel(Random(COOL), QUIET), Revel(Random(COOL), QUIET)
    # The same chance has been drawn by both.
    plain.decide(here(NEAR))
    mind.decide(here(NEAR))
    for step in range(1, round(LEFT_S / STEP_S)):
        assert mind.decide(here(NEAR, when_s=step * STEP_S)) == plain.decide(here(when_s=step * STEP_S))
    assert any(mind._tempting(here(NEAR, when_s=again * LEFT_S)) for again in range(1, 20))


def test_who_waits_for_an_answer_is_not_tempted_by_another() -> None:
    mind = Revel(Random(TEMPTED), QUIET)
    assert mind._tempting(here(NEAR, waiting=1)) is None
    assert mind._tempting(here(NEAR)) == NEAR


def test_what_is_gone_or_cannot_be_reached_is_given_up() -> None:
    mind = Revel(Random(TEMPTED), QUIET)
    mind.decide(here(NEAR))
    assert mind.decide(here(when_s=STEP_S)).deed is None
    stuck = Revel(Random(TEMPTED), QUIET)
    running = [stuck.decide(here(NEAR, when_s=step * STEP_S)).gait == GAIT_RUN for step in range(100)]
    assert running[0]
    assert stuck._tempting(here(NEAR, when_s=100 * STEP_S)) is None


def test_fireworks_come_now_and_then_in_colours_of_the_scenario() -> None:
    lit: list[Deed] = []
    for seed in SEEDS:
        mind = Revel(Random(seed), FESTIVE)
        deeds = [mind.decide(here(when_s=step * STEP_S)).deed for step in range(round(400 / STEP_S))]
        lit += [deed for deed in deeds if deed is not None and deed.name == "light_firework"]
    assert 8 <= len(lit) / len(SEEDS) <= 12
    assert {deed.fields["kind"] for deed in lit} == {"sparkler"}
    assert {len(deed.fields["colours"]) for deed in lit} == {1, 2, 3}
    assert {colour for deed in lit for colour in deed.fields["colours"]} == {"gold", "rose", "azure"}


def test_where_the_scenario_names_no_firework_none_is_lit() -> None:
    mind = Revel(Random(1), QUIET)
    deeds = [mind.decide(here(when_s=step * STEP_S)).deed for step in range(400)]
    assert not any(deed and deed.name == "light_firework" for deed in deeds)
