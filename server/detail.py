"""How much detail a viewer gets at each level of shedding: what is left out first, and what never is.

Shed is detail, not truth and not time: whatever the level, the nearest are in every frame, everybody in
a set comes round, the tick is the tick, and what is for one player alone is never cut.
"""

from math import lcm
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from protocol.limits import FRAME_NEAREST, FRAME_RECORDS_MAX, INTEREST_MAX
from world.event import COSMETIC, SOCIAL


class Detail(NamedTuple):
    """What a viewer gets.

    A frame every `ticks_per_frame`, in it `far_records` beyond the nearest; of events at most `events_per_frame`, none
    less important than `importance_min`; of fireworks `launches_per_s`; the crowd map every `ticks_per_crowd_map`.
    Who and what is nearest is chosen anew within `patience` times as long as when nothing is left out.
    """

    ticks_per_frame: int
    far_records: int
    events_per_frame: int
    importance_min: int
    launches_per_s: int
    ticks_per_crowd_map: int
    patience: int

    @property
    def turns(self) -> int:
        """How many successive frames show a whole set."""
        return (INTEREST_MAX - FRAME_NEAREST) // self.far_records

    def turn(self, tick: int, slots: NDArray[np.int32], every_ticks: int, offset: int = 0) -> NDArray[np.int64]:
        """Who of those served in this tick, by row, gets what each viewer gets once in so many ticks.

        Each is served once within `ticks_per_frame`, so each has its turn once in every round, and not all at once.
        """
        return np.flatnonzero((tick - slots - offset) % every_ticks < self.ticks_per_frame)


# Three events a frame are thirty a second: more speech bubbles than anybody can read, and 3 KB/s at the very most.
# Eight bursts a second are more than an eye follows; as events they are a kilobyte. The crowd map changes slowly.
WHOLE = Detail(2, FRAME_RECORDS_MAX - FRAME_NEAREST, 3, COSMETIC, 8, 20, 1)

# By level. 1: fewer far records, and a second instead of half a one until somebody who has come near is shown, in which
# a walker comes a metre and a half farther. 2: two frames where there were three. 3: one where there were two, and of
# what is merely pretty the least. 4 is about newcomers (server/admission.py); whoever is in loses nothing more.
_FEWER = WHOLE._replace(far_records=8, patience=2)
_RARER = _FEWER._replace(ticks_per_frame=3, launches_per_s=4)
_LEAST = Detail(4, _RARER.far_records, 1, SOCIAL, 1, 80, _RARER.patience)
BY_LEVEL = (WHOLE, _FEWER, _RARER, _LEAST, _LEAST)
_PERIODS = [detail.ticks_per_frame for detail in BY_LEVEL]
SLOWEST_TICKS_PER_FRAME = max(_PERIODS)
# Viewers are seated by their slot modulo this, so that at every level whole rows of seats are served in a tick.
TURNS = lcm(*_PERIODS)
