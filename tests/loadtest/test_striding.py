"""Going on by oneself is going on as a walker does that is asked each time."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest import striding
from loadtest.arrivals import Rules
from loadtest.behaviours.base import Here
from loadtest.behaviours.walker import Walker
from loadtest.city import TURN, Point
from loadtest.striding import ARRIVED_CM, ASK, STOPPED, STUCK, Courses, Place, Seen, Way, go_on, stride
from protocol.frames import GAIT_RUN

STEP_S = 0.5
HERE = Place(10.0, 0.0, 0.0)
FAR = Way(0.0, 50_000.0, 600.0, 99.0)
CM = st.integers(-100_000, 100_000)


def test_a_turn_is_as_in_the_city() -> None:
    assert striding._TURN == TURN


@pytest.mark.parametrize(
    ("x", "z", "expected"),
    [(0, 900, 0), (900, 0, 64), (0, -900, 128), (-900, 0, 192), (900, 900, 32), (-1, 900, 0), (-30, 900, 255)],
)
def test_directions_are_clockwise_from_north(x: float, z: float, expected: int) -> None:
    assert stride(HERE, HERE, Way(float(x), float(z), 600.0, 99.0)) == expected


def test_who_is_near_is_there_and_who_takes_too_long_gives_up() -> None:
    assert stride(HERE, HERE, Way(0.0, ARRIVED_CM - 1, 600.0, 99.0)) == STOPPED
    assert stride(HERE, HERE, Way(0.0, ARRIVED_CM + 1, 600.0, 99.0)) == 0
    assert stride(HERE, HERE, Way(0.0, 900.0, 600.0, HERE.when_s - 1)) == STOPPED


def test_who_hardly_moves_is_stuck() -> None:
    assert stride(HERE, Place(9.5, 0.0, -74.0), FAR) == STUCK
    assert stride(HERE, Place(9.5, 0.0, -76.0), FAR) == 0


def test_who_turns_aside_does_so_for_a_while() -> None:
    aside = FAR._replace(aside=-40.0, aside_until_s=HERE.when_s)
    assert stride(HERE, HERE, aside) == TURN - 40
    late = HERE._replace(when_s=HERE.when_s + 1)
    assert stride(late, late, aside) == 0


class Road:
    """One seat, on its way to the far north."""

    def __init__(self) -> None:
        self.known = np.ones(1, np.bool_)
        self.x, self.z, self.zone = np.zeros((3, 1), np.int64)
        self.courses = Courses.of(1)
        self.courses.ways[0], self.courses.lasts[0], self.courses.until_s[0] = FAR, HERE, 60.0

    def turn(self, now_s: float) -> int:
        """What it is told."""
        steers = np.zeros(1, np.int64)
        go_on(np.zeros(1, np.int64), now_s, Seen(self.known, self.x, self.z, self.zone), self.courses, steers)
        return int(steers[0])


def test_who_is_on_the_way_goes_on() -> None:
    road = Road()
    for step in range(1, 10):
        road.z[0] += 300
        assert road.turn(HERE.when_s + step * STEP_S) == 0
    assert road.courses.lasts[0].tolist() == [HERE.when_s + 4.5, 0.0, 2_700.0]


def test_who_has_something_to_decide_is_asked() -> None:
    for change in ("known", "zone", "stuck", "there", "until"):
        road = Road()
        road.z[0] = 300
        match change:
            case "known":
                road.known[0] = False
            case "zone":
                road.zone[0] = 1
            case "stuck":
                road.z[0] = 10
            case "there":
                road.z[0] = 49_950
            case "until":
                road.courses.until_s[0] = HERE.when_s + STEP_S
        assert road.turn(HERE.when_s + STEP_S) == ASK, change
        assert road.courses.lasts[0].tolist() == list(HERE), change


@given(CM, CM, CM, CM, st.integers(0, 2**32), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400))))
def test_it_goes_where_a_walker_goes(
    x: int, z: int, to_x: int, to_z: int, seed: int, moved: list[tuple[int, int]]
) -> None:
    walker, road = Walker(Random(seed), Rules()), Road()
    here = Here(0.0, Point(x, z), "plaza")
    walker.set_out(here, Point(to_x, to_z), GAIT_RUN)
    for step, (dx, dz) in enumerate(moved):
        before = walker.step(here)
        if before.legs is None or before.legs.last is None:
            return
        road.courses.ways[0], road.courses.lasts[0] = before.legs.way, before.legs.last
        at = Point(here.at.x + dx, here.at.z + dz)
        here = Here(STEP_S * (step + 1), at, "plaza")
        road.x[0], road.z[0] = at
        goes = road.turn(here.when_s)
        bumps = walker._bumps
        after = walker.step(here)
        assert (goes == after.steer) if walker.walking and walker._bumps == bumps else (goes == ASK)
