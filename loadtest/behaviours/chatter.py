"""Small talk: waving and saying something now and then, well within any server's limits."""

from math import inf
from random import Random
from typing import Any

from loadtest.behaviours.base import Deed

_PHRASES = (
    "Hello!", "Look at the crystal!", "Have you seen the stage?", "Meet me at the fountain.", "So many people!",
    "Which way is the park?", "Nice outfit.", "Wait for me!", "你好！", "花火はどこ？", "À tout à l'heure !",
)  # fmt: skip


class Chatter:
    """When one bot does which sociable deed next; `habits` gives each deed's mean seconds between two."""

    def __init__(self, rng: Random, habits: dict[str, float], deeds: dict[str, Any]) -> None:
        self._rng = rng
        self._habits = habits
        self._deeds = deeds
        self._due_s: dict[str, float] = {}
        # When there may be something to do again.
        self.next_s = 0.0

    def take_up(self, habits: dict[str, float]) -> None:
        """Have these habits from now on, each for the first time at a moment of its own."""
        self._habits, self._due_s, self.next_s = habits, {}, 0.0

    def next_deed(self, when_s: float) -> Deed | None:
        """A deed whose time has come, with fields as the catalogue wants them; at most one at a time."""
        if not self._habits:
            self.next_s = inf
        if when_s < self.next_s:
            return None
        name = min(self._due_s, key=self._due_s.__getitem__) if self._due_s else None
        if name is None:
            self._due_s = {habit: when_s + self._pause_s(mean_s) for habit, mean_s in self._habits.items()}
        else:
            self._due_s[name] = when_s + self._pause_s(self._habits[name])
        self.next_s = min(self._due_s.values())
        return self._deed(name) if name else None

    def _deed(self, name: str) -> Deed:
        wanted = {field: schema for field, schema in self._deeds[name].items() if "default" not in schema}
        return Deed(name, {field: self._value(schema) for field, schema in wanted.items()})

    def _pause_s(self, mean_s: float) -> float:
        """At least half the mean, so that nobody is ever a flood; exponential beyond."""
        return mean_s / 2 + self._rng.expovariate(2 / mean_s)

    def _value(self, schema: dict[str, Any]) -> Any:
        """A legal value for a field the catalogue describes: text is said, a choice is made, a number is its least."""
        if "one_of" in schema:
            return self._rng.choice(schema["one_of"])
        if schema["type"] == "str":
            return self._rng.choice(_PHRASES)[: schema.get("max_length")]
        return schema.get("ge", 0)
