"""The crowd is the same for every server: where they stand, and how densely."""

import math
import statistics

import pytest

from loadtest.peers.crowd import SIDE_CM, draw_places


def test_a_seed_decides_where_everybody_stands() -> None:
    assert draw_places(300, 1) == draw_places(300, 1)
    assert draw_places(300, 1) != draw_places(300, 2)


@pytest.mark.parametrize("bots", [1, 50, 5000])
def test_everybody_stands_in_the_plaza(bots: int) -> None:
    places = draw_places(bots, 1)
    assert len(places) == bots
    assert all(0 < x < SIDE_CM and 0 < z < SIDE_CM for x, z in places)


def test_people_gather_and_are_not_spread_evenly() -> None:
    places = draw_places(1000, 1)
    reach_cm = [sorted(math.dist(one, other) for other in places)[64] for one in places[::20]]
    # Evenly spread, 64 of a thousand would be a circle of 14 m.
    assert statistics.median(reach_cm) < 900
