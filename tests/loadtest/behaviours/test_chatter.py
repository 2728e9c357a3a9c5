"""Small talk: as often as its habits say, never in a burst, and always legal by the catalogue."""

from itertools import pairwise
from random import Random

import pytest

from loadtest.behaviours.base import Deed
from loadtest.behaviours.chatter import Chatter

CATALOGUE = {
    "say": {"text": {"type": "str", "min_length": 1, "max_length": 5}},
    "wave": {"hand": {"type": "str", "one_of": ["left", "right"]}},
    "sit": {},
    "toss": {"height": {"type": "int", "ge": 2, "le": 9}, "spin": {"type": "bool", "default": False}},
}


def said(habits: dict[str, float], minutes: float, seed: int = 1) -> list[tuple[float, Deed]]:
    chatter = Chatter(Random(seed), habits, CATALOGUE)
    found = [(when / 2, chatter.next_deed(when / 2)) for when in range(round(minutes * 120))]
    return [(when_s, deed) for when_s, deed in found if deed is not None]


def test_a_habit_comes_about_as_often_as_it_says() -> None:
    assert len(said({"wave": 30.0}, 100)) == pytest.approx(200, rel=0.15)


def test_a_habit_never_comes_in_a_burst() -> None:
    times = [when_s for when_s, _ in said({"wave": 30.0}, 100)]
    assert min(after - before for before, after in pairwise(times)) >= 15


def test_fields_are_what_the_catalogue_wants() -> None:
    deeds = [deed for _, deed in said(dict.fromkeys(CATALOGUE, 10.0), 20)]
    assert {deed.name for deed in deeds} == set(CATALOGUE)
    for deed in deeds:
        match deed:
            case Deed("say", {"text": text}):
                assert 1 <= len(text) <= 5
            case Deed("wave", {"hand": hand}):
                assert hand in ("left", "right")
            case Deed("toss", fields):
                assert fields == {"height": 2}
            case Deed("sit", fields):
                assert fields == {}


def test_everybody_begins_at_another_moment() -> None:
    starts = {said({"wave": 30.0}, 10, seed)[0][0] for seed in range(20)}
    assert len(starts) > 10


def test_without_habits_nothing_is_said() -> None:
    assert said({}, 5) == []
