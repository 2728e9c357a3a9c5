"""Between the zones and the ledger: what they want settled goes out in groups, and the answers come back as commands.

    zone ── Settle ──► bus ──► turn ──► queue ── group, one transaction ──► ledger
    zone ◄── Confirm or Reject, a command of its next tick ◄── bus ◄── verdicts

One group at a time, in the order in which they were asked for, so that a pool is funded before it is
drawn on. Nothing is answered whose fate is unknown: it stays at the head of the queue and is settled
again under the same key, which the ledger knows to be the same.
"""

from collections import deque
from collections.abc import Callable, Mapping
from itertools import islice
from typing import NamedTuple

import structlog

from server.bus import Bus
from server.errand import Errand
from server.outage import Outage
from server.store.records import Entry, Store, Verdict
from world.event import PLAYER, POOL, Settle
from world.events.confirm import Confirm
from world.events.reject import Reason, Reject
from world.tick import Issued

log = structlog.get_logger()

# Why the ledger does not settle an entry, in the world's words; anything else it may say is a bug of ours.
REASONS: Mapping[str | None, Reason] = {"insufficient": "insufficient", "closed": "closed"}


class Scope(NamedTuple):
    """Makes a zone's own names the whole city's: keys and pools begin with the run of the city and the zone."""

    epoch: int
    zone: int

    def key(self, key: str) -> str:
        """`pick.1234` -> `12.1.pick.1234`."""
        return f"{self.epoch}.{self.zone}.{key}"

    def account(self, name: str) -> str:
        """`pool:rain.dawn.1` -> `pool:12.1.rain.dawn.1`; players and the house are the same everywhere."""
        return f"{POOL}{self.key(name.removeprefix(POOL))}" if name.startswith(POOL) else name


class Bounds(NamedTuple):
    """How much may wait, which is what all zones together may have pending, and how much is settled at once."""

    waiting_max: int
    group_max: int


class Waiting(NamedTuple):
    """A request to settle that is not answered yet."""

    zone: int
    settle: Settle
    entry: Entry
    since_s: float


class Settler(Errand):
    """Settlements of all zones in one run (`epoch`) of the city."""

    def __init__(self, bus: Bus, store: Store, epoch: int, bounds: Bounds, outage: Outage) -> None:
        super().__init__(outage)
        # Told of every balance that a settlement has changed.
        self.tell: Callable[[Mapping[str, int]], None]
        self._bus, self._store, self._epoch, self._bounds = bus, store, epoch, bounds
        self._queue: deque[Waiting] = deque()

    @property
    def waiting(self) -> int:
        """How many settlements are not answered yet."""
        return len(self._queue)

    def turn(self, tick: int) -> None:
        """Take what the zones have asked for in this tick."""
        now_s = self._clock.now_s()
        for zone, settle in self._bus.take_settlements():
            self._queue.append(Waiting(zone, settle, self._entry(zone, settle, tick), now_s))
        assert len(self._queue) <= self._bounds.waiting_max, "zones bound what they have pending"
        self._metrics.settlements_pending.set(len(self._queue))
        if self._queue:
            self.hurry()

    async def _attempt(self) -> None:
        group = list(islice(self._queue, self._bounds.group_max))
        verdicts = await self._store.settle([waiting.entry for waiting in group])
        for waiting, verdict in zip(group, verdicts, strict=True):
            self._queue.popleft()
            self._answer(waiting, verdict)

    def _entry(self, zone: int, settle: Settle, tick: int) -> Entry:
        scope = Scope(self._epoch, zone)
        postings = tuple((scope.account(posting.account), posting.amount) for posting in settle.postings)
        return Entry(scope.key(settle.key), settle.kind, postings, tick)

    def _answer(self, waiting: Waiting, verdict: Verdict) -> None:
        settle = waiting.settle
        if verdict.settled:
            outcome: str = "settled"
            self.tell(verdict.balances)
            answer: Confirm | Reject = Confirm(settle.key, verdict.key, _balance(waiting.entry, verdict))
        else:
            reason: Reason = REASONS.get(verdict.reason, "refused")
            outcome = reason
            answer = Reject(settle.key, reason)
        if outcome == "refused":
            log.error("the ledger refused an entry", key=verdict.key, kind=settle.kind, reason=verdict.reason)
        self._bus.post(waiting.zone, Issued(0, 0, answer))
        self._metrics.settlements[settle.kind, outcome].inc()
        self._metrics.settle_seconds.observe(self._clock.now_s() - waiting.since_s)


def _balance(entry: Entry, verdict: Verdict) -> int:
    """What the player has now; 0 where none is concerned."""
    return next((verdict.balances[name] for name, _ in entry.postings if name.startswith(PLAYER)), 0)
