"""People gather: in clusters in one zone, milling about inside them, and now and then changing to another."""

from random import Random

from loadtest.behaviours.base import Behaviour, Cluster, Here, Intent, Setting
from loadtest.behaviours.walker import Traveller
from loadtest.city import Point
from protocol.frames import GAIT_RUN, GAIT_WALK

# Of a hundred errands inside a cluster, three lead to another: someone moves over every five minutes or so.
_CHANGE_SHARE = 0.03


class Gather(Behaviour):
    """Run to the zone, join a cluster, and keep moving inside it."""

    def __init__(self, rng: Random, setting: Setting) -> None:
        super().__init__(rng, setting)
        self._legs = Traveller(rng, setting.city, setting.rules)
        self._cluster = self._choose()

    def decide(self, here: Here) -> Intent:
        """Towards the zone while outside it, else to the current errand, or a new one."""
        onward = self._legs.go(here, self.setting.zone, GAIT_RUN)
        if onward is not None:
            return onward
        step = self._legs.walker.step(here)
        if self._legs.walker.walking:
            return step
        gait = GAIT_WALK
        if self.rng.random() < _CHANGE_SHARE:
            self._cluster, gait = self._choose(), GAIT_RUN
        self._legs.walker.set_out(here, self._errand(), gait)
        return self._legs.walker.step(here)

    def _choose(self) -> Cluster:
        clusters = self.setting.clusters
        return self.rng.choices(clusters, [cluster.share for cluster in clusters])[0]

    def _errand(self) -> Point:
        """A point near the middle more often than at the rim: two thirds lie within the radius."""
        spread = self._cluster.radius_cm * 0.7
        zone = self.setting.city.zones[self.setting.zone]
        x = self.rng.gauss(self._cluster.centre.x, spread)
        z = self.rng.gauss(self._cluster.centre.z, spread)
        # Half a metre inside, so that nobody leaves the zone by wandering.
        return Point(
            min(max(x, zone.x + 50), zone.x + zone.width - 50),
            min(max(z, zone.z + 50), zone.z + zone.depth - 50),
        )
