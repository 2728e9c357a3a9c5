"""People stroll: from zone to zone, crossing borders all the time, with a look around in each."""

from random import Random

from loadtest.behaviours.base import Behaviour, Here, Intent, Setting
from loadtest.behaviours.walker import Traveller
from loadtest.city import inside
from protocol.frames import GAIT_RUN, GAIT_WALK

# One in five is in a hurry, which keeps borders busy even in a large city.
_HURRY_SHARE = 0.2
_EDGE_CM = 300.0


class Stroll(Behaviour):
    """Pick a neighbouring zone, walk to some place in it, pick the next."""

    def __init__(self, rng: Random, setting: Setting) -> None:
        super().__init__(rng, setting)
        self._legs = Traveller(rng, setting.city, setting.rules)
        self._gait = GAIT_RUN if rng.random() < _HURRY_SHARE else GAIT_WALK
        self._goal: str | None = None

    def decide(self, here: Here) -> Intent:
        """On towards the goal; a place in it on arrival; a new goal after that."""
        if self._goal is None:
            self._goal = self._next_goal(here)
        onward = self._legs.go(here, self._goal, self._gait)
        if onward is not None:
            return onward
        if not self._legs.walker.walking:
            self._legs.walker.set_out(here, inside(self.setting.city.zones[self._goal], self.rng, _EDGE_CM), self._gait)
        step = self._legs.walker.step(here)
        if not self._legs.walker.walking:
            self._goal = None
        return step

    def _next_goal(self, here: Here) -> str:
        near = self.setting.city.neighbours(here.zone)
        return self.rng.choice(near or sorted(self.setting.city.zones))
