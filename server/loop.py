"""The city's heartbeat: one tick after the other, late ones left out, and the loop free in between."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import structlog

from server.bus import Bus
from server.clock import Clock, Pace
from server.delivery import Delivery
from server.gateway.gateway import Gateway
from server.governor import Governor, Load
from server.ops.metrics import Metrics
from server.zone_host import ZoneHost
from world.config import TICK_RATE_HZ

log = structlog.get_logger()

# Writes between two turns of the loop, in which whoever connects is heard: in two threads 2048 take eight milliseconds.
# At the end of each slice the loop waits for the last part of the other thread, so fewer would make a tick longer.
WRITES_PER_SLICE = 2048
# A fault that comes back this often in a row, one second long, does not go away; a supervisor's restart may help.
FAILURES_IN_ROW_MAX = TICK_RATE_HZ


class Stopwatch:
    """How long each phase of a tick took, each from the end of the one before."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last_s = clock.now_s()
        self.seconds: dict[str, float] = {}

    def lap(self, phase: str) -> float:
        """The phase ends now; returns when that is."""
        now_s = self._clock.now_s()
        self.seconds[phase] = now_s - self._last_s
        self._last_s = now_s
        return now_s


class Beside(Protocol):
    """What goes on beside the ticks, and looks in once in each."""

    def turn(self, tick: int) -> None:
        """A tick begins. Never waits."""


class Instruments(NamedTuple):
    """What the loop goes by, and what it writes down."""

    clock: Clock
    metrics: Metrics
    governor: Governor


class CityLoop:
    """Zones and one gateway, tick by tick. `run_one_tick` needs no running event loop."""

    def __init__(
        self,
        zones: Sequence[ZoneHost],
        gateway: Gateway,
        bus: Bus,
        instruments: Instruments,
        beside: Sequence[Beside] = (),
    ) -> None:
        self.tick = 0
        self._beside = beside
        self._zones, self._gateway, self._bus = zones, gateway, bus
        self._clock, self._metrics, self._governor = instruments
        self.ticked_s = self._clock.now_s()

    def run_one_tick(self, watch: Stopwatch | None = None) -> Delivery:
        """Run the next tick; whoever calls writes the delivery."""
        watch = watch or Stopwatch(self._clock)
        self.tick += 1
        self._gateway.begin(self.tick)
        for beside in self._beside:
            beside.turn(self.tick)
        for zone in self._zones:
            zone.take()
        watch.lap("input")
        for zone in self._zones:
            zone.run(self.tick)
        watch.lap("zones")
        self._gateway.merge(self._bus.take_published())
        watch.lap("merge")
        self._gateway.look()
        watch.lap("interest")
        delivery = self._gateway.prepare()
        watch.lap("frames")
        return delivery

    async def run(self, stop: asyncio.Event) -> None:
        """Tick until `stop` is set, at the world's rate."""
        pace = Pace(TICK_RATE_HZ, self._clock.now_s())
        failures = 0
        while not stop.is_set():
            await asyncio.sleep(max(0.0, pace.due_s - self._clock.now_s()))
            now_s = self._clock.now_s()
            if now_s < pace.due_s:
                continue
            self._metrics.lagged(now_s - pace.due_s, now_s)
            skipped = pace.take(now_s)
            self._metrics.ticks_skipped.inc(skipped)
            try:
                await self._tick_and_write(pace.period_s, skipped)
                failures = 0
            except Exception:
                failures += 1
                log.exception("tick failed", tick=self.tick, failures_in_row=failures)
                if failures >= FAILURES_IN_ROW_MAX:
                    raise

    async def _tick_and_write(self, period_s: float, skipped: int) -> None:
        watch = Stopwatch(self._clock)
        delivery = self.run_one_tick(watch)
        for start in range(0, len(delivery), WRITES_PER_SLICE):
            delivery.write(start, start + WRITES_PER_SLICE)
            await asyncio.sleep(0)
        self.ticked_s = watch.lap("send")
        self._metrics.ticked(watch.seconds, period_s, self.ticked_s)
        self._governor.observe(Load(skipped, *self._gateway.behind))
        self._gateway.shed_level = self._governor.level
        if self.tick % TICK_RATE_HZ == 0:
            self._gateway.publish_gauges()
