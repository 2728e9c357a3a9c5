"""People hunt crystals: to the nearest one they are shown at a run, pick it up, and on to the next."""

from random import Random

from loadtest.behaviours.base import STAY, Deed, Here, Intent, Setting
from loadtest.behaviours.gather import Gather
from loadtest.behaviours.walker import Walker
from loadtest.city import Point, distance_cm
from loadtest.crystals import Crystal
from loadtest.purses import PICK_UP
from protocol.frames import GAIT_RUN

# As far as an arm reaches in this city (protocol/README.md, "Pick up crystals").
REACH_CM = 200.0
# Crystals are shown twice a second: what is still shown after two looks is there, whatever was answered.
_AGAIN_S = 1.0
# What could not be reached is left to others for a while.
_GIVEN_UP_S = 10.0


class Hunt(Gather):
    """Gather; once it has begun, hunt, and gather while there is nothing to hunt."""

    deeds = frozenset({PICK_UP})
    hunts = True
    watchful = True

    def __init__(self, rng: Random, setting: Setting) -> None:
        super().__init__(rng, setting)
        self._chase = Walker(rng, setting.rules)
        self._target: Crystal | None = None
        # Crystals to leave alone, by number, and until when.
        self._left: dict[int, float] = {}

    def decide(self, here: Here) -> Intent:
        """Stand while an answer is due; ask for what is in reach; run for the rest."""
        if not here.begun:
            return super().decide(here)
        if here.waiting:
            return STAY
        target = self._nearest(here)
        if target is None:
            self._target = None
            return super().decide(here)
        if _away_cm(here, target) > REACH_CM:
            return self._run(here, target)
        self._left[target.crystal] = here.when_s + _AGAIN_S
        return STAY._replace(deed=Deed(PICK_UP, {"crystal": target.crystal}))

    def _run(self, here: Here, target: Crystal) -> Intent:
        if target != self._target:
            self._target = target
            self._chase.set_out(here, Point(target.x, target.z), GAIT_RUN)
        step = self._chase.step(here)
        if not self._chase.walking:
            self._left[target.crystal] = here.when_s + _GIVEN_UP_S
        return step

    def _nearest(self, here: Here) -> Crystal | None:
        """The first of those shown in this zone that are not left alone: the server shows the nearest first."""
        if self._left:
            self._left = {number: until_s for number, until_s in self._left.items() if until_s > here.when_s}
        zone = self.setting.city.zones[self.setting.zone]
        for crystal in here.crystals:
            across, along = crystal.x - zone.x, crystal.z - zone.z
            if crystal.crystal not in self._left and 0 <= across < zone.width and 0 <= along < zone.depth:
                return crystal
        return None


def _away_cm(here: Here, crystal: Crystal) -> float:
    return distance_cm(here.at, Point(crystal.x, crystal.z))
