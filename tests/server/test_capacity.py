"""Capacity: health where it is known, the hard maximum otherwise, and never beyond it."""

from dataclasses import dataclass

import pytest

from server.capacity import LAG_S, PEOPLE_MIN, Capacity
from tests.fakes import Calm

RATE_HZ = 20


@dataclass
class FakeHealth:
    busy: float = 0.0
    level: int = 0


def capacity(health: FakeHealth, players: int, players_max: int = 5000, seconds: float = 60) -> Capacity:
    measured = Capacity(players_max, 0.8, health, RATE_HZ)
    for _ in range(round(seconds * RATE_HZ)):
        measured.turn(players)
    return measured


@pytest.mark.parametrize(
    ("busy", "players", "room"),
    [(0.4, 1000, 2000), (0.8, 1000, 1000), (1.2, 3000, 2000), (0.1, 1000, 5000), (0.0, 1000, 5000)],
)
def test_as_many_fit_as_the_busy_time_of_those_who_are_here_says(busy: float, players: int, room: int) -> None:
    assert capacity(FakeHealth(busy), players).people_max == pytest.approx(room, rel=0.01)


def test_what_a_few_people_cost_says_nothing() -> None:
    assert capacity(FakeHealth(0.5), PEOPLE_MIN - 10).people_max == 5000
    assert capacity(FakeHealth(0.5), PEOPLE_MIN + 10).people_max < 5000


def test_a_stampede_does_not_look_cheap_because_busy_time_lags() -> None:
    health = FakeHealth(0.1)
    measured = capacity(health, 500)
    for _ in range(round(LAG_S * RATE_HZ / 4)):
        measured.turn(4000)
    assert measured.people_max < 4000 / 0.1 * 0.8
    assert measured.people_max <= capacity(health, 1300).people_max


def test_a_city_that_is_busy_with_those_who_only_come_is_not_full() -> None:
    health, rush = FakeHealth(0.8), Capacity(5000, 0.8, FakeHealth(0.8), RATE_HZ)
    for _ in range(60 * RATE_HZ):
        rush.turn(600, coming_s=0.6 / RATE_HZ)
    assert rush.people_max == pytest.approx(4 * capacity(health, 600).people_max, rel=0.01)


def test_room_that_is_there_for_a_moment_is_none_and_a_busier_city_is_believed_at_once() -> None:
    health = FakeHealth(0.8)
    measured = capacity(health, 1000)
    health.busy = 0.4
    measured.turn(1000)
    assert measured.people_max == pytest.approx(1000, rel=0.02)
    for _ in range(20 * RATE_HZ):
        measured.turn(1000)
    assert measured.people_max == pytest.approx(2000, rel=0.02)
    health.busy = 0.9
    assert measured.people_max == pytest.approx(889, rel=0.01)


@pytest.mark.parametrize(("level", "admits"), [(0, True), (3, True), (4, False)])
def test_at_the_last_level_there_are_no_ordinary_newcomers(level: int, admits: bool) -> None:
    assert Capacity(10, 0.8, FakeHealth(level=level), RATE_HZ).admits is admits


def test_a_city_that_does_not_measure_itself_is_as_large_as_its_settings_say() -> None:
    calm = Capacity(77, 0.8, Calm(), RATE_HZ)
    assert (calm.people_max, calm.hard_max, calm.admits) == (77, 77, True)
