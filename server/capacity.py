"""How many people the city can hold: as many as it can serve in health, and never more than the hard maximum.

The hard maximum is a setting, and a guess. What is known is how busy the loop is with those who are here: as
each viewer has the same budget, cost grows with people, so one person's share of the busy time says how many
more fit under `admission.busy_max`. What those take who only come is no part of it: in a stampede that is most of
the busy time, and a city that took it for its people's would be full when a tenth are in. With few people that share
is mostly the city's own cost, which is there without anybody, and says nothing; until there are some hundreds the
hard maximum alone counts.
"""

from typing import Protocol

# From this many people on their own cost is most of the busy time, and not the city's.
PEOPLE_MIN = 300
# Busy time is smoothed, so the number of people that it is compared with must lag as much (server/governor.py), or a
# stampede would look cheap.
LAG_S = 0.5
# One person's share is remembered for longer: room that is there for a moment only is none, but a city that has become
# busier is believed at once.
SHARE_S = 5.0
NO_NEWCOMERS_LEVEL = 4


class Health(Protocol):
    """How the city is (`server.governor`)."""

    @property
    def busy(self) -> float:
        """Share of real time in which the loop works, smoothed; over 1 it cannot keep up."""

    @property
    def level(self) -> int:
        """How much is being shed, 0 to 4."""


class Capacity:
    """Places, as of the last `turn`. People in login hold one, and so do those who may still return to their body."""

    def __init__(self, players_max: int, busy_max: float, health: Health, tick_rate_hz: int) -> None:
        self._players_max, self._busy_max, self._health = players_max, busy_max, health
        self._tick_rate_hz = tick_rate_hz
        self._people = 0.0
        self._coming = 0.0
        self._share = 0.0

    def turn(self, players: int, coming_s: float = 0.0) -> None:
        """A tick begins with so many people in the city; in the last one those who come took so much of the loop."""
        self._people += (players - self._people) / (LAG_S * self._tick_rate_hz)
        self._coming += (coming_s * self._tick_rate_hz - self._coming) / (LAG_S * self._tick_rate_hz)
        now = self._share_now
        self._share = max(now, self._share + (now - self._share) / (SHARE_S * self._tick_rate_hz))

    @property
    def people_max(self) -> int:
        """How many the city can hold in health."""
        share = max(self._share, self._share_now)
        return min(self._players_max, int(self._busy_max / share)) if share else self._players_max

    @property
    def hard_max(self) -> int:
        """How many it may hold at all."""
        return self._players_max

    @property
    def level(self) -> int:
        """How much is being shed."""
        return self._health.level

    @property
    def admits(self) -> bool:
        """Whether ordinary newcomers come in at all."""
        return self._health.level < NO_NEWCOMERS_LEVEL

    @property
    def _share_now(self) -> float:
        """How busy one person makes the city, as far as that can be told."""
        return max(0.0, self._health.busy - self._coming) / self._people if self._people >= PEOPLE_MIN else 0.0
