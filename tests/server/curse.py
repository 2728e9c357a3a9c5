"""A bug on purpose: a system that breaks its zone for a reason that a test chooses."""

import pytest

from world.config import FOREVER
from world.event import Telling
from world.motion import RUN
from world.state import World
from world.tick import SYSTEMS


class Curse:
    """Runs after all other systems; what they have changed in the tick is half of a tick then.

    It breaks `zones`, each from a tick on; any zone that one of `entities` is in; and where it is told so
    any zone in which somebody sits or runs.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.zones: dict[int, int] = {}
        self.entities: set[int] = set()
        self.on_sitting = self.on_running = False
        self.struck = 0
        monkeypatch.setattr("world.tick.SYSTEMS", (*SYSTEMS, self.run))

    def run(self, world: World) -> Telling:
        """Does nothing, or breaks."""
        columns = world.columns
        why = (
            world.tick >= self.zones.get(world.zone, FOREVER),
            not self.entities.isdisjoint(columns.array("entity").tolist()),
            self.on_sitting and columns.array("sitting").any(),
            self.on_running and (columns.array("gait") == RUN).any(),
        )
        if any(why):
            self.struck += 1
            raise ZeroDivisionError("a bug on purpose")
        return ()
