"""A crowd that strolls: everybody at a brisk walk, to and fro, so that neighbours keep changing and shapes stay."""

import numpy as np

from tests.crowds import People, people
from world.interest import Crowd

# 1.8 m/s at 20 ticks/s.
STEP_CM = 9
# Two seconds one way, two seconds back.
TURN_TICKS = 40


class Strollers:
    """The people of one shape, tick after tick."""

    def __init__(self, shape: str, count: int) -> None:
        self._home = people(shape, count, seed=1)
        turn = np.random.default_rng(2).random(count) * 2 * np.pi
        self._step = np.round(np.stack((np.sin(turn), np.cos(turn))) * STEP_CM).astype(np.int32)
        self._phase = np.random.default_rng(3).integers(0, 2 * TURN_TICKS, count)

    def at(self, tick: int) -> People:
        """Where everybody is."""
        along = (tick + self._phase) % (2 * TURN_TICKS)
        steps = np.minimum(along, 2 * TURN_TICKS - along).astype(np.int32)
        return People(self._home.x + self._step[0] * steps, self._home.z + self._step[1] * steps)

    def crowd(self, tick: int) -> Crowd:
        """The same, as interest is shown it."""
        return self.at(tick).crowd()
