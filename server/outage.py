"""Whether the store answers: counted by cause, said once when it goes away and once when it is back."""

import structlog

from server.clock import Clock
from server.ops.metrics import Metrics
from server.store.records import StoreAway

log = structlog.get_logger()


class Outage:
    """What all users of one store know of it together; a store that nobody has asked yet is up."""

    def __init__(self, metrics: Metrics, clock: Clock) -> None:
        self.metrics, self.clock = metrics, clock
        self._since_s: float | None = None
        metrics.store_up.set(1)

    @property
    def up(self) -> bool:
        """Whether the store did what it was asked for last."""
        return self._since_s is None

    def failed(self, away: StoreAway) -> None:
        """It did not answer, for this reason."""
        self.metrics.store_away[away.cause].inc()
        if self._since_s is None:
            self._since_s = self.clock.now_s()
            self.metrics.store_up.set(0)
            log.error("the store is away, the city goes on without it", cause=away.cause, why=away.sentence)

    def answered(self) -> None:
        """It did what it was asked for."""
        if self._since_s is not None:
            log.warning("the store is back", away_s=round(self.clock.now_s() - self._since_s, 3))
            self._since_s = None
            self.metrics.store_up.set(1)
