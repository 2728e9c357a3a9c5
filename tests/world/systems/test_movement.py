"""Bodies go where they may and nowhere else."""

import math
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.world.hamlet import CITY, EAST, NORTH, RUN, SOUTH, STAND, WALK, WEST, Hamlet, intent, space
from tests.world.prediction import Body, predict
from world.animation import Animation
from world.events.wave import Wave
from world.terrain import WALL_CM

ME = 5
STEERS = st.integers(0, 255)
GAITS = st.sampled_from((STAND, WALK, RUN, RUN, RUN))
# What a player does for a while: a direction, a gait, jumping or not, and for how many ticks.
LEGS = st.lists(st.tuples(STEERS, GAITS, st.booleans(), st.integers(1, 30)), max_size=5)
SPAWNS = st.sampled_from([spawn.name for spawn in CITY.zone[0].spawn])


def test_a_run_covers_six_metres_in_a_second() -> None:
    hamlet = Hamlet()
    hamlet.join(ME)
    x, _, z = hamlet.where(ME)
    hamlet.go(ME, EAST, 20)
    assert hamlet.where(ME) == (x + 600, 0, z)


def test_a_walk_in_any_direction_is_as_fast_as_in_any_other() -> None:
    hamlet = Hamlet()
    for entity in range(1, 257):
        hamlet.join(entity, "pond", zone=1)
    x, _, z = hamlet.where(1)
    hamlet.step(moves=[intent(entity, 1, entity - 1, WALK) for entity in range(1, 257)])
    for _ in range(19):
        hamlet.step()
    for entity in range(1, 257):
        to_x, _, to_z = hamlet.where(entity)
        assert abs(math.hypot(to_x - x, to_z - z) - 180) < 2


def test_an_intent_that_is_not_renewed_ends_after_three_seconds() -> None:
    hamlet = Hamlet()
    hamlet.join(ME, "pond", zone=1)
    x, _, z = hamlet.where(ME)
    hamlet.step(moves=[intent(ME, 1, EAST, WALK)])
    for _ in range(100):
        hamlet.step()
    assert hamlet.where(ME) == (x + 60 * 9, 0, z)
    assert hamlet.state(ME, "animation") == Animation.STAND


def test_a_building_stops_a_body_25_cm_before_its_wall() -> None:
    hamlet = Hamlet()
    hamlet.join(ME, "porch")
    hamlet.go(ME, NORTH, 60)
    x, y, z = hamlet.where(ME)
    assert (x, y) == (2000, 0)
    assert 1600 - 25 - 30 <= z < 1600 - 25
    assert hamlet.state(ME, "animation") == Animation.STAND


def test_a_body_slides_along_a_wall() -> None:
    hamlet = Hamlet()
    hamlet.join(ME, "porch")
    hamlet.go(ME, NORTH, 30)
    _, _, z = hamlet.where(ME)
    hamlet.go(ME, 32, 20)  # north-east, into the wall
    x, _, z_after = hamlet.where(ME)
    assert x == 2000 + 20 * 5431 // 256
    assert z - 30 < z_after < 1575
    assert hamlet.state(ME, "animation") == Animation.RUN


def test_feet_climb_a_step_but_not_a_kerb() -> None:
    hamlet = Hamlet()
    hamlet.join(ME, "stair")
    hamlet.go(ME, NORTH, 12)
    assert hamlet.where(ME)[1] == 40
    hamlet.go(ME, NORTH, 40)
    _, y, z = hamlet.where(ME)
    assert y == 0
    assert 2400 <= z < 2600


def test_a_jump_climbs_a_kerb() -> None:
    hamlet = Hamlet()
    hamlet.join(ME, "stair")
    hamlet.go(ME, NORTH, 40)
    hamlet.go(ME, NORTH, 1, flags=1)
    hamlet.go(ME, NORTH, 9)
    assert hamlet.where(ME)[1] >= 45


def test_a_jump_rises_119_cm_and_lands_after_14_ticks() -> None:
    hamlet = Hamlet()
    hamlet.join(ME)
    heights = []
    hamlet.go(ME, NORTH, 1, STAND, flags=1)
    while not hamlet.state(ME, "grounded"):
        assert hamlet.state(ME, "animation") == Animation.AIR
        heights.append(hamlet.where(ME)[1])
        hamlet.step()
    assert max(heights) == 119
    assert len(heights) == 13
    assert hamlet.where(ME)[1] == 0
    assert hamlet.state(ME, "vy") == 0


def test_a_jump_in_the_air_is_lost() -> None:
    hamlet = Hamlet()
    hamlet.join(ME)
    hamlet.go(ME, NORTH, 12, STAND, flags=1)
    assert hamlet.where(ME)[1] < 119
    hamlet.go(ME, NORTH, 1, STAND)
    hamlet.go(ME, NORTH, 3, STAND)
    assert hamlet.state(ME, "grounded") == 1


def test_feet_follow_a_ramp_up_and_down() -> None:
    hamlet = Hamlet()
    hamlet.join(ME, "slope")
    hamlet.go(ME, EAST, 40)
    x, y, _ = hamlet.where(ME)
    assert x == 2000 + 40 * 30
    assert y == 300
    for _ in range(40):
        hamlet.go(ME, WEST, 1)
        assert hamlet.state(ME, "grounded") == 1
    assert hamlet.where(ME)[:2] == (2000, 0)


def test_who_walks_off_a_ledge_falls_and_lands() -> None:
    hamlet = Hamlet()
    hamlet.join(ME, "slope")
    hamlet.go(ME, EAST, 40)
    seen = set()
    while hamlet.where(ME)[1] > 0:
        hamlet.go(ME, NORTH, 1)
        seen.add(hamlet.state(ME, "animation"))
    assert Animation.AIR in seen
    assert hamlet.state(ME, "grounded") == 1


def test_nobody_falls_faster_than_the_fastest() -> None:
    hamlet = Hamlet()
    hamlet.join(ME)
    row = hamlet.west.here(ME)
    hamlet.west.columns.y[row], hamlet.west.columns.grounded[row] = 20_000, 0
    heights = [20_000]
    while heights[-1] > 0:
        hamlet.step()
        heights.append(hamlet.where(ME)[1])
    assert max(high - low for high, low in pairwise(heights)) == 100
    assert hamlet.state(ME, "grounded") == 1


def test_the_city_ends_like_a_wall() -> None:
    hamlet = Hamlet()
    hamlet.join(ME)
    hamlet.go(ME, SOUTH, 40)
    x, y, z = hamlet.where(ME)
    assert (x, y) == (400, 0)
    assert 0 <= z < 30


def test_walking_ends_a_gesture() -> None:
    hamlet = Hamlet()
    hamlet.join(ME)
    hamlet.do(ME, Wave("left"))
    assert hamlet.state(ME, "animation") == Animation.WAVE
    hamlet.go(ME, EAST, 1, WALK)
    assert hamlet.state(ME, "animation") == Animation.WALK
    hamlet.go(ME, EAST, 1, STAND)
    assert hamlet.state(ME, "animation") == Animation.STAND


def ground_at(x: int, z: int) -> int:
    return space().ground_at(x, z)


@given(spawn=SPAWNS, legs=LEGS)
@settings(max_examples=50)
def test_no_intents_speed_leave_enter_or_climb(spawn: str, legs: list[tuple[int, int, bool, int]]) -> None:
    hamlet = Hamlet()
    hamlet.join(ME, spawn)
    for steer, gait, jump, ticks in legs:
        for _ in range(ticks):
            was, was_grounded = hamlet.where(ME), hamlet.state(ME, "grounded")
            hamlet.go(ME, steer, 1, gait, int(jump))
            x, y, z = hamlet.where(ME)
            # Whole centimetres may round by one on each axis; the speed itself never exceeds 30 cm a tick.
            assert (x - was[0]) ** 2 + (z - was[2]) ** 2 <= 32**2
            assert ground_at(x, z) <= y < WALL_CM
            assert 0 <= x < 8000
            assert 0 <= z < 4000
            assert not (1575 <= x < 2425 and 1575 <= z < 2425)
            if was_grounded and not jump:
                assert y - was[1] <= 40


@given(spawn=SPAWNS, legs=LEGS, quiet=st.integers(0, 70))
@settings(max_examples=50)
def test_a_client_predicts_every_tick_exactly(spawn: str, legs: list[tuple[int, int, bool, int]], quiet: int) -> None:
    hamlet = Hamlet()
    hamlet.join(ME, spawn)
    body = Body(*hamlet.where(ME), steer=hamlet.state(ME, "steer"))
    for steer, gait, jump, ticks in [*legs, (0, STAND, False, quiet)]:
        for tick in range(ticks):
            if tick % 7 == 0:  # not every tick brings an intent
                body.steer, body.gait, body.jump, body.ticks_since_intent = steer, gait, jump, 0
                hamlet.go(ME, steer, 1, gait, int(jump))
            else:
                hamlet.step()
            predict(body, ground_at)
            assert hamlet.where(ME) == (body.x, body.y, body.z)
            assert hamlet.state(ME, "vy") == body.vy
            assert hamlet.state(ME, "grounded") == body.grounded


@given(others=st.lists(SPAWNS, max_size=5), legs=LEGS)
@settings(max_examples=20)
def test_who_else_is_there_changes_nobody_s_way(others: list[str], legs: list[tuple[int, int, bool, int]]) -> None:
    together, alone = Hamlet(), Hamlet()
    for hamlet in (together, alone):
        hamlet.join(ME, "stair")
    for entity, spawn in enumerate(others, ME + 1):
        together.join(entity, spawn)
    for steer, gait, jump, ticks in legs:
        for hamlet in (together, alone):
            hamlet.go(ME, steer, ticks, gait, int(jump))
    assert together.where(ME) == alone.where(ME)
