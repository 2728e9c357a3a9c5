"""A world knows who is here and where."""

import pytest

from tests.world.hamlet import Hamlet
from world.event import Refused

ME = 5


def test_whoever_is_here_has_a_row_and_a_place() -> None:
    hamlet = Hamlet()
    hamlet.join(ME)
    assert hamlet.west.row(ME) == hamlet.west.here(ME)
    assert hamlet.west.place(ME) == (400, 400)
    assert hamlet.west.count == 2  # the host came in the same tick


@pytest.mark.parametrize("entity", [0, 6, (1 << 17) | ME])
def test_whoever_is_not_here_has_none(entity: int) -> None:
    hamlet = Hamlet()
    hamlet.join(ME)
    assert hamlet.west.row(entity) is None
    for question in (hamlet.west.here, hamlet.west.place, hamlet.west.remove):
        with pytest.raises(Refused, match="not_here"):
            question(entity)


def test_each_zone_has_its_own_rectangle_and_content() -> None:
    hamlet = Hamlet()
    assert hamlet.east.area == (4000, 0, 4000, 4000)
    assert hamlet.east.map.name == "east"


@pytest.mark.parametrize(("seconds", "ticks"), [(0.0, 1), (0.04, 1), (0.1, 2), (3.0, 60)])
def test_seconds_are_whole_ticks_and_at_least_one(seconds: float, ticks: int) -> None:
    assert Hamlet().west.ticks(seconds) == ticks
