"""People stroll: from zone to zone, crossing borders all the time, with a look around in each."""

from random import Random

from loadtest.behaviours.base import STAY, Behaviour, Here, Intent, Setting
from loadtest.behaviours.walker import Traveller
from loadtest.city import inside
from protocol.frames import GAIT_RUN, GAIT_WALK

# Half are in a hurry, and half of those who enter a zone turn to the next one at its edge: zones are a minute's walk
# wide, and it is the borders that are to be busy.
_HURRY_SHARE = 0.5
_TURN_SHARE = 0.5
_EDGE_CM = 300.0


class Stroll(Behaviour):
    """Pick a neighbouring zone, go there, perhaps to some place in it, and pick the next."""

    def __init__(self, rng: Random, setting: Setting) -> None:
        super().__init__(rng, setting)
        self._legs = Traveller(rng, setting.city, setting.rules)
        self._gait = GAIT_RUN if rng.random() < _HURRY_SHARE else GAIT_WALK
        self._goal: str | None = None

    def decide(self, here: Here) -> Intent:
        """On towards the goal; a place in it on arrival; a new goal after that."""
        walker = self._legs.walker
        onward = self._legs.go(here, self._goal, self._gait) if self._goal else None
        if onward is not None:
            return onward
        if walker.walking:
            step = walker.step(here)
            if walker.walking:
                return step
        elif self._goal and self.rng.random() > _TURN_SHARE:
            walker.set_out(here, inside(self.setting.city.zones[self._goal], self.rng, _EDGE_CM), self._gait)
            return walker.step(here)
        self._goal = self._next_goal(here)
        return self._legs.go(here, self._goal, self._gait) or STAY

    def _next_goal(self, here: Here) -> str:
        near = self.setting.city.neighbours(here.zone)
        return self.rng.choice(near or sorted(self.setting.city.zones))
