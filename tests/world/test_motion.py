"""The tables of movement are the ones a client would compute."""

import math

import msgspec
import pytest

from tests.world.hamlet import config
from world.motion import PARTS, SINE_QUARTER, STEERS, Motion

MOTION = Motion(config().tuning.movement, 20)


def test_the_written_sine_is_the_sine() -> None:
    assert list(SINE_QUARTER) == [round(math.sin(i * math.tau / STEERS) * 32768) for i in range(65)]


@pytest.mark.parametrize(("gait", "cm_per_tick"), [(0, 0), (1, 9), (2, 30)])
def test_each_gait_covers_its_speed_in_every_direction(gait: int, cm_per_tick: int) -> None:
    for steer in range(STEERS):
        east, north = (int(table[gait * STEERS + steer]) for table in (MOTION.east, MOTION.north))
        assert abs(math.hypot(east, north) - cm_per_tick * PARTS) <= 1
        assert abs(east - cm_per_tick * PARTS * math.sin(steer * math.tau / STEERS)) <= 1
        assert abs(north - cm_per_tick * PARTS * math.cos(steer * math.tau / STEERS)) <= 1


def test_there_and_back_is_no_way_at_all() -> None:
    for table in (MOTION.east, MOTION.north):
        for gait in range(3):
            way = table[gait * STEERS : (gait + 1) * STEERS]
            assert (way[:128] == -way[128:]).all()


def test_the_numbers_are_whole_ticks_and_centimetres() -> None:
    assert (MOTION.step_cm, MOTION.jump_cm_s, MOTION.gravity_cm_s, MOTION.fall_cm_s) == (40, 640, 100, 2000)
    assert (MOTION.intent_ticks, MOTION.stride_cm) == (60, 30)


def test_a_jump_reaches_its_apex_and_a_step_more() -> None:
    assert MOTION.climb_cm == 119 + 40


def test_the_fastest_allowed_does_not_pass_through_the_thinnest_solid() -> None:
    fastest = msgspec.structs.replace(config().tuning.movement, run_m_s=9.8)
    assert Motion(fastest, 20).stride_cm < 50
