"""Something that the city wants done in its store: group by group, beside the ticks, and again until it is.

An errand never makes a tick wait. What is to be done queues up in it during a tick; `run`, a task of
its own, does one group after the other as soon as there is something. While the store is away the
same group is tried again and again, with growing pauses: an attempt whose fate is unknown may well
have succeeded, so what an errand asks for must be harmless to ask for twice.

Tests, which have no event loop, call `advance` themselves; time is the clock's either way.
"""

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress

import structlog

from server.outage import Outage
from server.store.records import StoreAway

log = structlog.get_logger()

# From a hiccup that nobody notices to an evening without a database: at most one attempt in two seconds
# is no burden to a database that is coming back, and nobody who waits for it notices two seconds more.
PAUSE_FIRST_S, PAUSE_MAX_S = 0.1, 2.0


class Errand(ABC):
    """Subclasses say how much waits, and attempt one group of it; they `hurry` when something comes in."""

    # How long to leave the store alone after a group that went well.
    rest_s = 0.0

    def __init__(self, outage: Outage) -> None:
        self._outage, self._clock, self._metrics = outage, outage.clock, outage.metrics
        self._pause_s = 0.0
        self._due_s = 0.0
        self._closing = False
        self._woken = asyncio.Event()

    @property
    @abstractmethod
    def waiting(self) -> int:
        """How much is still to be done."""

    @abstractmethod
    async def _attempt(self) -> None:
        """Do one group, and forget it once it is done. Raises StoreAway when nothing is known of its fate."""

    async def advance(self) -> bool:
        """Do the next group, if there is one and it is time for it; whether it is done."""
        if not self.waiting or self._clock.now_s() < self._due_s:
            return False
        try:
            await self._attempt()
        except StoreAway as away:
            self._put_off(away)
            return False
        except Exception:
            # A bug of ours, or a fault that the store has no name for: either way nothing is known of the group.
            log.exception("an errand failed, it is tried again", errand=type(self).__name__)
            self._put_off(StoreAway("failed", "it did not say why"))
            return False
        self._outage.answered()
        self._pause_s = 0.0
        self._due_s = self._clock.now_s() + (0.0 if self._closing else self.rest_s)
        return True

    async def run(self) -> None:
        """Do what there is to do until it is closed and nothing waits any more."""
        while self.waiting or not self._closing:
            if not await self.advance():
                await self._until_due()

    def close(self) -> None:
        """Nothing comes in any more; `run` ends as soon as nothing waits."""
        self._closing = True
        if not self._pause_s:
            self._due_s = 0.0
        self.hurry()

    def hurry(self) -> None:
        """There is something to do."""
        self._woken.set()

    def _put_off(self, away: StoreAway) -> None:
        self._outage.failed(away)
        self._pause_s = min(PAUSE_MAX_S, self._pause_s * 2 or PAUSE_FIRST_S)
        self._due_s = self._clock.now_s() + self._pause_s

    async def _until_due(self) -> None:
        """Until something comes in; while something waits already, at most until it is time for that."""
        self._woken.clear()
        within_s = max(0.0, self._due_s - self._clock.now_s()) if self.waiting else None
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._woken.wait()
