"""Everybody comes at once: straight to the middle of the zone at a run, and on through the crush."""

from random import Random

from loadtest.behaviours.base import Behaviour, Here, Intent, Setting
from loadtest.behaviours.walker import Traveller
from loadtest.city import Point, middle
from protocol.frames import GAIT_RUN

# The crush is in the middle: within a fifth of the zone's size from its centre.
_SPREAD_SHARE = 0.2


class Stampede(Behaviour):
    """Run to the middle, and keep running about there."""

    def __init__(self, rng: Random, setting: Setting) -> None:
        super().__init__(rng, setting)
        self._legs = Traveller(rng, setting.city, setting.rules)

    def decide(self, here: Here) -> Intent:
        """Towards the zone while outside it, else from place to place in the middle."""
        onward = self._legs.go(here, self.setting.zone, GAIT_RUN)
        if onward is not None:
            return onward
        step = self._legs.walker.step(here)
        if self._legs.walker.walking:
            return step
        self._legs.walker.set_out(here, self._somewhere(), GAIT_RUN)
        return self._legs.walker.step(here)

    def _somewhere(self) -> Point:
        zone = self.setting.city.zones[self.setting.zone]
        centre = middle(zone)
        across, along = zone.width * _SPREAD_SHARE, zone.depth * _SPREAD_SHARE
        return Point(
            centre.x + self.rng.uniform(-across, across),
            centre.z + self.rng.uniform(-along, along),
        )
