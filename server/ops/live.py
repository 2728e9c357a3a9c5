"""The city at this moment, as one record a second: for the console, over server-sent events.

It is made when somebody looks and at most once a second, however many look; a handful of array operations and a look at
counters, half a millisecond with 5,000 people. Whoever does not read what is sent waits in aiohttp's own writer, alone.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

import msgspec
import numpy as np
from aiohttp import web
from prometheus_client import Counter, Gauge

from server.ops.health import CityView
from server.ops.heat import CELL_M, ZoneHeat, heat
from server.ops.house import House
from server.ops.metrics import Metrics
from server.ops.routes import Asked, Route, answer
from world.city import Zone

PERIOD_S = 1.0
# Screens in a control room and a few laptops. Each costs 10 KB a second.
WATCHERS_MAX = 16


class TickTimes(msgspec.Struct):
    """Whole ticks of the last ten seconds, in milliseconds."""

    p50: float
    p99: float
    longest: float


class Live(msgspec.Struct):
    """The city now: what is counted a second is of the last one or so; `closes_in_s` null: it stays open."""

    name: str
    tick: int
    tick_rate_hz: int
    uptime_s: float
    ready: bool
    closes_in_s: float | None
    shed_level: int
    busy: float
    busy_max: float
    tick_ms: TickTimes
    skipped_per_s: float
    frames_per_s: float
    sent_bytes_per_s: float
    players: int
    players_max: int
    capacity: int
    connected: int
    waiting: dict[str, int]
    wait_s: float | None
    store_up: bool
    cell_m: int
    zones: list[ZoneHeat]


class Sights(NamedTuple):
    """What the live view is made from; `closes_in_s` says what is left of a countdown."""

    view: CityView
    metrics: Metrics
    house: House
    zones: Sequence[Zone]
    closes_in_s: Callable[[], float | None]


class Watch:
    """The latest record, and everybody who watches; `now_s` is a clock that never goes back."""

    def __init__(self, sights: Sights, now_s: Callable[[], float]) -> None:
        self.watchers = 0
        self.closed = asyncio.Event()
        self._sights, self._now_s = sights, now_s
        self._made_s = float("-inf")
        self._counted: tuple[float, ...] = ()
        self._latest: Live | None = None

    def latest(self) -> Live:
        """Not older than a second, half of one when made for the first time in a while."""
        now_s = self._now_s()
        since_s = now_s - self._made_s
        # A little less than the period, or two watchers in step would make it skip every second one.
        if self._latest is None or since_s >= 0.9 * PERIOD_S:
            self._latest = self._make(since_s)
            self._made_s = now_s
        return self._latest

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """A record a second until the watcher goes or the city closes."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        self.watchers += 1
        try:
            await response.prepare(request)
            while not self.closed.is_set():
                await response.write(b"data: " + msgspec.json.encode(self.latest()) + b"\n\n")
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.closed.wait(), PERIOD_S)
        except ConnectionResetError:
            pass
        finally:
            self.watchers -= 1
        return response

    def _make(self, since_s: float) -> Live:
        view, metrics, house, zones, closes_in_s = self._sights
        door, people = view.door, heat(house.scene, zones)
        skipped, frames, sent = self._rates(since_s)
        return Live(
            name=view.name,
            tick=view.tick,
            tick_rate_hz=view.tick_rate_hz,
            uptime_s=round(view.uptime_s, 1),
            ready=view.ready,
            closes_in_s=closes_in_s(),
            shed_level=view.shed_level,
            busy=round(_value(metrics.busy_ratio), 3),
            busy_max=_value(metrics.busy_max_ratio),
            tick_ms=_tick_times(metrics.tick_recent_s),
            skipped_per_s=skipped,
            frames_per_s=frames,
            sent_bytes_per_s=sent,
            players=sum(zone.people for zone in people),
            players_max=view.players_max,
            capacity=door.capacity,
            connected=sum(player.link is not None for player in house.players),
            waiting={lane: int(_value(gauge)) for lane, gauge in metrics.waiting.items()},
            wait_s=door.wait_s,
            store_up=_value(metrics.store_up) > 0,
            cell_m=CELL_M,
            zones=people,
        )

    def _rates(self, since_s: float) -> tuple[float, float, float]:
        """What was counted a second since the last record: ticks left out, frames, bytes; nought for the first."""
        metrics = self._sights.metrics
        counted = (_value(metrics.ticks_skipped), _sum(metrics.frames_sent), _sum(metrics.bytes_sent))
        before, self._counted = self._counted or counted, counted
        skipped, frames, sent = (
            (now - then) / max(since_s, PERIOD_S / 2) for now, then in zip(counted, before, strict=True)
        )
        return round(skipped, 1), round(frames, 1), round(sent)


def live_routes(watch: Watch) -> list[Route]:
    """The routes of this module."""

    async def live(_: Asked) -> Live:
        return watch.latest()

    async def stream(asked: Asked) -> web.StreamResponse:
        if watch.watchers >= WATCHERS_MAX:
            return answer(503, f"{WATCHERS_MAX} watch already, which is the most")
        return await watch.stream(asked.request)

    summary = "The same once a second, as server-sent events."
    return [
        Route("GET", "/api/live", "viewer", "The city at this moment.", Live, live),
        Route("GET", "/api/live/stream", "viewer", summary, "text/event-stream", stream, failures=(503,)),
    ]


def _tick_times(seconds: Sequence[float]) -> TickTimes:
    if not seconds:
        return TickTimes(0.0, 0.0, 0.0)
    p50, p99, longest = np.percentile(np.array(seconds) * 1000, (50, 99, 100)).round(2).tolist()
    return TickTimes(p50, p99, longest)


def _value(metric: Counter | Gauge) -> float:
    (sample, *_) = next(iter(metric.collect())).samples
    return sample.value


def _sum(counters: Mapping[str, Counter]) -> float:
    return sum(map(_value, counters.values()))
