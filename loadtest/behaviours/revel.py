"""People at a festival: strolling, gathered or sitting, until a crystal lies near; and now and then a firework."""

from random import Random

from loadtest.behaviours.base import STAY, Behaviour, Deed, Here, Intent, Setting
from loadtest.behaviours.gather import Gather
from loadtest.behaviours.hunt import REACH_CM
from loadtest.behaviours.lounge import Lounge
from loadtest.behaviours.stroll import Stroll
from loadtest.behaviours.walker import Walker
from loadtest.city import Point, distance_cm
from loadtest.crystals import Crystal
from loadtest.purses import LIGHT, PICK_UP
from protocol.frames import GAIT_RUN

# How they spend the day when nothing tempts them.
_DAYS: dict[type[Behaviour], float] = {Stroll: 0.5, Gather: 0.35, Lounge: 0.15}
# A few seconds' run: who would cross the city for every crystal is hunting, and no passer-by.
NEAR_CM = 1_500.0
# Every other crystal is worth it to them, so that some lie about long enough to be seen.
TEMPTED_SHARE = 0.5
# What did not tempt, was asked for or could not be reached is let alone for so long.
LEFT_S = 15.0


class Revel(Behaviour):
    """Do as on any day; run for what glitters near, pick it up, and go on. Light one from time to time."""

    deeds = frozenset({PICK_UP, LIGHT})
    hunts = True
    watchful = True

    def __init__(self, rng: Random, setting: Setting) -> None:
        super().__init__(rng, setting)
        self._day = rng.choices(list(_DAYS), list(_DAYS.values()))[0](rng, setting)
        self._chase = Walker(rng, setting.rules)
        self._target: int | None = None
        # Crystals to leave alone, by number, and until when.
        self._left: dict[int, float] = {}
        self._light_s: float | None = None

    def decide(self, here: Here) -> Intent:
        """On with the day, unless there is a crystal to get."""
        target = self._tempting(here)
        if target is None:
            return self._celebrate(here, self._day.decide(here))
        if _away_cm(here, target) > REACH_CM:
            return self._run(here, target)
        self._leave(here, target)
        return STAY._replace(deed=Deed(PICK_UP, {"crystal": target.crystal}))

    def _tempting(self, here: Here) -> Crystal | None:
        """The one it runs for already, as long as that lies there; otherwise the nearest, if it is tempted."""
        self._left = {number: until_s for number, until_s in self._left.items() if until_s > here.when_s}
        near = [each for each in here.crystals if each.crystal not in self._left and _away_cm(here, each) < NEAR_CM]
        chosen = next((each for each in near if each.crystal == self._target), None)
        if chosen or here.waiting or not near:
            return chosen
        nearest = min(near, key=lambda each: _away_cm(here, each))
        if self.rng.random() < TEMPTED_SHARE:
            self._target = nearest.crystal
            self._chase.set_out(here, Point(nearest.x, nearest.z), GAIT_RUN)
            return nearest
        self._leave(here, nearest)
        return None

    def _run(self, here: Here, target: Crystal) -> Intent:
        step = self._chase.step(here)
        if not self._chase.walking:
            self._leave(here, target)
        return step

    def _leave(self, here: Here, crystal: Crystal) -> None:
        self._left[crystal.crystal] = here.when_s + LEFT_S
        self._target = None

    def _celebrate(self, here: Here, intent: Intent) -> Intent:
        """The same, with a firework if it is time for one and nothing else is being done."""
        firework = self.setting.firework
        if firework is None or intent.deed is not None:
            return intent
        if self._light_s is None:
            # Not all at once: everybody begins at a moment of their own.
            self._light_s = here.when_s + self.rng.uniform(0, firework.every_s)
        if here.when_s < self._light_s:
            return intent
        self._light_s = here.when_s + firework.every_s / 2 + self.rng.expovariate(2 / firework.every_s)
        colours = self.rng.sample(firework.colours, self.rng.randint(1, len(firework.colours)))
        return intent._replace(deed=Deed(LIGHT, {"kind": firework.kind, "colours": colours}))


def _away_cm(here: Here, crystal: Crystal) -> float:
    return distance_cm(here.at, Point(crystal.x, crystal.z))
