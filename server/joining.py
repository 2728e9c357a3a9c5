"""How many may join in a tick: what one join costs here and now, within what a tick may spend on joins.

A join has three steps, done at different times: who somebody is, a body for them, and their Welcome. Each step's
cost is smoothed by itself, over the last few hundred times it was done, and a join costs the sum of the three.
Connecting comes before that, whether there is a place or not: no pace can change what it costs, but it is counted,
because a city that is busy with connections is not full of people.
"""

from collections.abc import Mapping
from enum import Enum

# How much of what is known remains when there is something new to know: half of it after 35 ticks with joins.
KEPT = 0.98


class Step(Enum):
    """What is done for somebody who joins, and before."""

    CONNECT = "connect"
    IDENTIFY = "identify"
    ENTER = "enter"
    WELCOME = "welcome"


class Cost:
    """Seconds that something takes each time, smoothed; 0 until it has been done once."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._times = 0.0

    def add(self, seconds: float, times: int) -> None:
        """It was done so many times in so many seconds altogether."""
        self._seconds = self._seconds * KEPT + seconds
        self._times = self._times * KEPT + times

    @property
    def each_s(self) -> float:
        """Seconds each."""
        return self._seconds / self._times if self._times else 0.0


class JoinPace:
    """At least one a tick, so that the door never shuts by itself, and at most `most`."""

    def __init__(self, budget_ms: float, most: int) -> None:
        self._budget_s, self._most = budget_ms / 1000, most
        self._costs: Mapping[Step, Cost] = {step: Cost() for step in Step}
        self._spent_s = 0.0

    def spent(self, step: Step, seconds: float, times: int) -> None:
        """A step was done for so many; nothing is learnt of its cost where it was for nobody."""
        self._spent_s += seconds
        if times:
            self._costs[step].add(seconds, times)

    def take_spent_s(self) -> float:
        """Seconds that all steps have taken since the last time it was asked."""
        spent_s, self._spent_s = self._spent_s, 0.0
        return spent_s

    @property
    def cost_s(self) -> float:
        """Seconds of the loop that one join takes."""
        return sum(cost.each_s for step, cost in self._costs.items() if step is not Step.CONNECT)

    @property
    def per_tick(self) -> int:
        """How many may join in a tick."""
        cost_s = self.cost_s
        if cost_s * self._most <= self._budget_s:
            return self._most
        return max(1, int(self._budget_s / cost_s))
