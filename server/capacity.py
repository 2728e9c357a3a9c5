"""How many people the city can hold: as many as it can serve in health, and never more than the hard maximum.

The hard maximum is a setting, and a guess. What is known is how busy the loop is with those who are here: as
each viewer has the same budget, cost grows with people, so one person's share of the busy time says how many
more fit under `admission.busy_max`. With few people that share is mostly the city's own cost, which is there
without anybody, and says nothing; until there are some hundreds the hard maximum alone counts.
"""

from typing import Protocol

# From this many people on, their own cost is most of the busy time: an empty city takes 3 % of a core.
PEOPLE_MIN = 300
# Busy time is smoothed, so the number of people that it is compared with must lag as much, or a stampede would
# look cheap. Seconds until two thirds of a change show.
LAG_S = 2.0
NO_NEWCOMERS_LEVEL = 4


class Health(Protocol):
    """How the city is (`server.governor`)."""

    @property
    def busy(self) -> float:
        """Share of real time in which the loop works, smoothed; over 1 it cannot keep up."""

    @property
    def level(self) -> int:
        """How much is being shed, 0 to 4."""


class Calm:
    """Always in best health: a city that does not measure itself."""

    busy = 0.0
    level = 0


class Capacity:
    """Places, as of the last `turn`. People in login hold one, and so do those who may still return to their body."""

    def __init__(self, players_max: int, busy_max: float, health: Health, tick_rate_hz: int) -> None:
        self._players_max, self._busy_max, self._health = players_max, busy_max, health
        self._follow = 1 / (LAG_S * tick_rate_hz)
        self._people = 0.0

    def turn(self, players: int) -> None:
        """A tick begins with so many people in the city."""
        self._people += (players - self._people) * self._follow

    @property
    def people_max(self) -> int:
        """How many the city can hold in health."""
        busy = self._health.busy
        if self._people < PEOPLE_MIN or busy <= 0:
            return self._players_max
        return min(self._players_max, int(self._people * self._busy_max / busy))

    @property
    def hard_max(self) -> int:
        """How many it may hold at all."""
        return self._players_max

    @property
    def admits(self) -> bool:
        """Whether ordinary newcomers come in at all."""
        return self._health.level < NO_NEWCOMERS_LEVEL
