"""People light fireworks: as often as the scenario says, wherever they are, until their crystals are gone and after."""

from random import Random

from loadtest.behaviours.base import Deed, Here, Intent, Setting
from loadtest.behaviours.gather import Gather
from loadtest.purses import LIGHT


class Light(Gather):
    """Gather; once it has begun, light one after the other. Being told that the crystals are gone is an answer, too."""

    deeds = frozenset({LIGHT})
    watchful = True

    def __init__(self, rng: Random, setting: Setting) -> None:
        super().__init__(rng, setting)
        self._due_s: float | None = None

    def decide(self, here: Here) -> Intent:
        """Keep moving, and light one when it is time."""
        intent = super().decide(here)
        firework = self.setting.firework
        if not here.begun or firework is None or here.zone != self.setting.zone:
            return intent
        if self._due_s is None:
            # Not all at once: everybody begins at a moment of their own.
            self._due_s = here.when_s + self.rng.uniform(0, firework.every_s)
        if here.when_s < self._due_s:
            return intent
        # Never two in a row for one that was late.
        self._due_s = max(self._due_s + firework.every_s, here.when_s + firework.every_s / 2)
        return intent._replace(deed=Deed(LIGHT, {"kind": firework.kind, "colours": firework.colours}))
