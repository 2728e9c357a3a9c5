"""How long people stay while others wait: each stay is drawn when somebody comes in, exponentially, as stays are."""

from collections.abc import Iterator
from heapq import heappop, heappush
from random import Random


class Visits:
    """Who is in, by when they would leave. Without a mean nobody ever leaves."""

    def __init__(self, mean_s: float | None, rng: Random) -> None:
        self._mean_s = mean_s
        self._rng = rng
        self._until: list[tuple[float, int]] = []

    def came(self, seat: int, when_s: float) -> None:
        """Somebody came in."""
        if self._mean_s is not None:
            heappush(self._until, (when_s + self._rng.expovariate(1 / self._mean_s), seat))

    def over(self, when_s: float) -> Iterator[int]:
        """Those whose stay is over, each once; ask while somebody waits, because otherwise nobody has to go."""
        while self._until and self._until[0][0] <= when_s:
            yield heappop(self._until)[1]
