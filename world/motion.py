"""The numbers of movement as the integers the rule uses: per tick, in cm and 256ths of a cm."""

import numpy as np
from numpy.typing import NDArray

from world.city import cm
from world.tuning import MovementTuning

PART_BITS = 8
PARTS = 1 << PART_BITS  # of a centimetre
STEERS = 256  # directions in a full turn, clockwise from north
STAND, WALK, RUN = 0, 1, 2

# sin(i/256 of a turn) * 32768, rounded, for the first quarter: i = 0 .. 64. Written out, so that
# every language and every machine walks the same way.
# fmt: off
SINE_QUARTER = (
    0, 804, 1608, 2411, 3212, 4011, 4808, 5602, 6393, 7180, 7962, 8740, 9512, 10279, 11039, 11793,
    12540, 13279, 14010, 14733, 15447, 16151, 16846, 17531, 18205, 18868, 19520, 20160, 20788,
    21403, 22006, 22595, 23170, 23732, 24279, 24812, 25330, 25833, 26320, 26791, 27246, 27684,
    28106, 28511, 28899, 29269, 29622, 29957, 30274, 30572, 30853, 31114, 31357, 31581, 31786,
    31972, 32138, 32286, 32413, 32522, 32610, 32679, 32729, 32758, 32768,
)
# fmt: on


class Motion:
    """The integers of `tuning.movement` at a tick rate.

    `paces` are stand, walk and run in 256ths of a cm of one tick; `east` and `north` hold its
    displacement at index `gait * 256 + steer`. `vy_per_y` divides a vertical speed (cm/s) into cm of one tick.
    """

    def __init__(self, tuning: MovementTuning, tick_rate_hz: int) -> None:
        speeds = (tuning.walk_m_s, tuning.run_m_s)
        self.paces = (0, *(cm(speed) * PARTS // tick_rate_hz for speed in speeds))
        self.east: NDArray[np.int32] = np.array([sine(pace, i) for pace in self.paces for i in range(STEERS)], np.int32)
        self.north: NDArray[np.int32] = np.array(
            [sine(pace, i + STEERS // 4) for pace in self.paces for i in range(STEERS)], np.int32
        )
        self.step_cm = cm(tuning.step_m)
        self.jump_cm_s = cm(tuning.jump_m_s)
        self.gravity_cm_s = cm(tuning.gravity_m_s2) // tick_rate_hz
        self.fall_cm_s = cm(tuning.fall_m_s)
        self.intent_ticks = round(tuning.intent_s * tick_rate_hz)
        self.tick_rate_hz = tick_rate_hz

    @property
    def stride_cm(self) -> int:
        """The longest way in one tick, rounded up."""
        return -(-int(self.north.max()) // PARTS)

    @property
    def climb_cm(self) -> int:
        """The highest ledge a jump reaches: the apex, and a step from there."""
        height = apex = 0
        speed = self.jump_cm_s
        while speed > 0:
            height += speed // self.tick_rate_hz
            apex = max(apex, height)
            speed -= self.gravity_cm_s
        return apex + self.step_cm


def sine(size: int, index: int) -> int:
    """`size` times the sine of `index` 256ths of a turn, rounded to nearest, ties away from zero."""
    index %= STEERS
    sign = 1 if index < STEERS // 2 else -1
    quarter = index % (STEERS // 2)
    part = SINE_QUARTER[min(quarter, STEERS // 2 - quarter)]
    return sign * ((size * part + 16384) >> 15)
