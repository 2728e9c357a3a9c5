"""People lounge: find a place, sit down for a while, get up and find another."""

from random import Random

from loadtest.behaviours.base import STAY, Behaviour, Deed, Here, Intent, Setting
from loadtest.behaviours.walker import Traveller
from loadtest.city import inside
from protocol.frames import GAIT_WALK

_EDGE_CM = 500.0
# Long enough to be part of the scenery, short enough that a demo shows people getting up.
_SIT_S = (10.0, 60.0)


class Lounge(Behaviour):
    """Walk somewhere in any one zone, sit, and stay in that zone."""

    def __init__(self, rng: Random, setting: Setting) -> None:
        super().__init__(rng, setting)
        self._legs = Traveller(rng, setting.city, setting.rules)
        self._zone = rng.choice(sorted(setting.city.zones))
        self._until_s = 0.0

    def decide(self, here: Here) -> Intent:
        """To the zone, to a seat, and then nothing for a while."""
        onward = self._legs.go(here, self._zone, GAIT_WALK)
        if onward is not None:
            return onward
        walker = self._legs.walker
        if walker.walking:
            step = walker.step(here)
            return step if walker.walking else self._sit(here)
        if here.when_s < self._until_s:
            return STAY
        walker.set_out(here, inside(self.setting.city.zones[self._zone], self.rng, _EDGE_CM), GAIT_WALK)
        return walker.step(here)

    def _sit(self, here: Here) -> Intent:
        self._until_s = here.when_s + self.rng.uniform(*_SIT_S)
        return STAY._replace(deed=Deed("sit", {}))
