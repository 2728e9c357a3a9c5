"""Which deeds are switched off, and where: by an operator, or because they have broken too often there.

A deed that breaks again and again is a bug that somebody has found, on purpose or not. Where it is off
it is refused before the journal, so that a replay needs to know nothing of it; everything else goes on.
The server's own deeds are never switched off: without Join or Confirm there is no city.
"""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import structlog
from prometheus_client import Counter, Gauge

from world.catalogue import DEEDS
from world.config import TICK_RATE_HZ
from world.events.move import Move
from world.tick import MOVE_DTYPE, Batch, Issued

log = structlog.get_logger()

# A deed that has broken this often in this time does so on demand. Each time costs its zone a few
# milliseconds at worst and somebody an apology, so five are soon told from a coincidence and soon over.
FAULTS_MAX = 5
FAULTS_S = 60
FAULTS_TICKS = FAULTS_S * TICK_RATE_HZ

SWITCHABLE = tuple(name for name, deed in DEEDS.items() if deed.public)
NO_MOVES = np.empty(0, MOVE_DTYPE)


class Off(NamedTuple):
    """Since which tick a deed is off, and why, for people."""

    since_tick: int
    why: str


class Sorted(NamedTuple):
    """What of a batch may enter, and what is refused: deeds one by one, moves by their number."""

    batch: Batch
    refused: Sequence[Issued] = ()
    moves: int = 0


class Shown(Protocol):
    """What operators see of it (`server.ops.metrics.Metrics`)."""

    @property
    def deed_faults(self) -> Mapping[str, Counter]:
        """Faults by deed."""

    @property
    def deeds_off(self) -> Mapping[str, Gauge]:
        """In how many zones a deed is off."""


class Switchboard:
    """All switches of one process, by the zone's number and the deed's name; `zones` are all names."""

    def __init__(self, zones: Sequence[str], metrics: Shown) -> None:
        self.zones = zones
        self._metrics = metrics
        self._off: list[dict[str, Off]] = [{} for _ in zones]
        self._faults: defaultdict[tuple[int, str], deque[int]] = defaultdict(lambda: deque(maxlen=FAULTS_MAX))

    def off(self, zone: int) -> Mapping[str, Off]:
        """What is off there, by deed."""
        return self._off[zone]

    def faults(self, zone: int, deed: str, tick: int) -> int:
        """How often it has broken there lately; no more than FAULTS_MAX are remembered."""
        return sum(tick - at < FAULTS_TICKS for at in self._faults.get((zone, deed), ()))

    def broke(self, zone: int, deed: str, tick: int) -> None:
        """It broke there in this tick: counted, and switched off there when that was too often."""
        self._metrics.deed_faults[deed].inc()
        if deed not in SWITCHABLE:
            return
        self._faults[zone, deed].append(tick)
        if deed not in self._off[zone] and self.faults(zone, deed, tick) >= FAULTS_MAX:
            self.switch_off(zone, deed, Off(tick, f"broke {FAULTS_MAX} times within {FAULTS_S} s"))

    def switch_off(self, zone: int, deed: str, off: Off) -> None:
        """From the next tick on nobody does it there."""
        self._off[zone][deed] = off
        self._count(deed)
        log.error("a deed is switched off", deed=deed, zone=self.zones[zone], tick=off.since_tick, why=off.why)

    def switch_on(self, zone: int, deed: str) -> None:
        """From the next tick on everybody may do it there again; what it has done is forgotten."""
        self._off[zone].pop(deed, None)
        self._faults.pop((zone, deed), None)
        self._count(deed)
        log.info("a deed is switched on", deed=deed, zone=self.zones[zone])

    def sort(self, zone: int, batch: Batch) -> Sorted:
        """What of this batch may enter the zone."""
        off = self._off[zone]
        if not off:
            return Sorted(batch)
        stays = [issued for issued in batch.commands if issued.command.deed not in off]
        refused = [issued for issued in batch.commands if issued.command.deed in off]
        if Move.deed in off:
            return Sorted(Batch(stays, NO_MOVES), refused, len(batch.moves))
        return Sorted(Batch(stays, batch.moves), refused)

    def _count(self, deed: str) -> None:
        self._metrics.deeds_off[deed].set(sum(deed in off for off in self._off))
