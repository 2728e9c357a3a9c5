"""What a run measures: once a second everything that has gathered, and over the measuring window what counts."""

from time import perf_counter, process_time
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from loadtest.histogram import Histogram
from loadtest.report import FrameFigures, Generator, Second, ServerFigures, Spread, Traffic, rounded, spread
from loadtest.scrape import Metrics, Reading, phases_ms, tick_percentile_ms
from loadtest.swarm import Swarm

# A gap that is still open when the window closes counts so far, if it is longer than two frames take: otherwise a
# server that stopped sending would have no gaps at all.
_OPEN_GAP_MS = 200.0
# A phase may end some milliseconds after a look. They count, but a rate over them is noise in a plot.
PLOTTED_S_MIN = 0.1


class _Mark(Struct):
    """How far everything was when the window opened or closed."""

    when_s: float
    cpu_s: float
    frames: NDArray[np.int64]
    away_s: NDArray[np.float64]
    # Bytes down and up of each seat.
    traffic: NDArray[np.int64]
    crossings: int
    settled: int
    reading: Reading | None


class Recorder:
    """The figures of one run. `look` once a second; `open` and `close` the measuring window right after a look.

    There may be several windows, one after the other; figures are of the last one.
    """

    def __init__(self, swarm: Swarm, metrics: Metrics | None) -> None:
        self._swarm = swarm
        self._metrics = metrics
        self._began_s = perf_counter()
        self._last_s, self._last_cpu_s, self._last_frames = self._began_s, process_time(), 0
        self._last_settled = 0
        self._reading: Reading | None = None
        self._baseline: Reading | None = None
        self._opened: _Mark | None = None
        self._closed: _Mark | None = None
        self.series: list[Second] = []
        self._clear()

    def _clear(self) -> None:
        self._worst_tick_s = 0.0
        self._worst_shed = 0
        self._worst_rss_bytes = self._worst_ahead = 0.0
        self.gap_ms, self.input_ms, self.lag_ms, self.settle_ms = (Histogram() for _ in range(4))

    async def begin(self) -> None:
        """Look at the server before the first bot comes."""
        self._began_s = self._last_s = perf_counter()
        self._reading = self._baseline = await self._read()

    async def look(self, phase: str) -> Second:
        """Take in what came since the last look."""
        before, self._reading = self._reading, await self._read()
        self._swarm.arrivals.settle()
        second = self._second(phase, before, self._reading)
        if not self.series or second.at_s - self.series[-1].at_s >= PLOTTED_S_MIN:
            self.series.append(second)
        return second

    def open(self) -> None:
        """From here on everything counts, and nothing of before."""
        self._clear()
        self._opened, self._closed = self._mark(), None

    def close(self) -> None:
        """Up to here everything counted."""
        self._closed = self._mark()
        last = self._swarm.arrivals
        there = (bot.index for bot in self._swarm.bots if bot is not None and bot.alive)
        seats = [seat for seat in there if last.healthy[seat]]
        gaps = (self._closed.when_s - last.when[seats]) * 1000
        self.gap_ms.add(gaps[(gaps > _OPEN_GAP_MS) & last.known[seats]])

    # ---- the figures of the window -------------------------------------------------------------------

    def frame_figures(self) -> FrameFigures:
        """Of every healthy bot that ever had a frame, also of those that were cut."""
        if self._opened is None or self._closed is None:
            return FrameFigures(None, None, Spread())
        present_s = self._present_s(self._opened, self._closed)
        there = present_s > 0
        if not there.any():
            return FrameFigures(None, None, Spread())
        hz = (self._closed.frames - self._opened.frames)[there] / present_s[there]
        slowest = float(np.percentile(hz, 1, method="lower"))
        return FrameFigures(rounded(float(hz.mean())), rounded(slowest), spread(self.gap_ms))

    def traffic(self) -> Traffic:
        """Bytes per bot and second of its presence."""
        opened, closed = self._opened, self._closed
        if opened is None or closed is None or not self._present_s(opened, closed).any():
            return Traffic(None, None)
        healthy = self._swarm.arrivals.healthy
        down, up = (closed.traffic - opened.traffic)[:, healthy].sum(axis=1) / self._present_s(opened, closed).sum()
        return Traffic(rounded(down), rounded(up))

    def settled_per_s(self) -> float | None:
        """Confirmations that were heard, per second."""
        if self._opened is None or self._closed is None or not self._swarm.purses.settled:
            return None
        return rounded((self._closed.settled - self._opened.settled) / (self._closed.when_s - self._opened.when_s))

    def crossings(self) -> int | None:
        """How often a bot went from one zone to another."""
        if self._opened is None or self._closed is None:
            return None
        return self._closed.crossings - self._opened.crossings

    def _present_s(self, opened: _Mark, closed: _Mark) -> NDArray[np.float64]:
        """For how much of the window each healthy seat was to have its bot.

        From its first frame on, also when it was cut later, until it was sent home, without the time between two
        connections.
        """
        last = self._swarm.arrivals
        since, until = np.maximum(last.since, opened.when_s), np.minimum(last.until, closed.when_s)
        present_s = until - since - (closed.away_s - opened.away_s)
        return np.where((closed.frames > 0) & last.healthy, np.maximum(present_s, 0.0), 0.0)

    def generator(self) -> Generator:
        """How busy and how late the load generator itself was."""
        opened, closed = self._opened, self._closed
        if opened is None or closed is None:
            return Generator(None, Spread())
        cpu_percent = (closed.cpu_s - opened.cpu_s) / (closed.when_s - opened.when_s) * 100
        return Generator(rounded(cpu_percent), spread(self.lag_ms))

    def server_figures(self) -> ServerFigures | None:
        """The server over the window, as its own metrics tell; None when it showed none."""
        opened = self._opened.reading if self._opened else None
        closed = self._closed.reading if self._closed else None
        if opened is None or closed is None or closed.when_s <= opened.when_s:
            return None
        passed_s, frames = closed.when_s - opened.when_s, closed.frames - opened.frames
        cpu_s, loop_s = closed.cpu_s - opened.cpu_s, closed.loop_cpu_s - opened.loop_cpu_s
        grown = closed.rss_bytes - self._baseline.rss_bytes if self._baseline else None
        clients = self._swarm.present
        return ServerFigures(
            cpu_percent=rounded(cpu_s / passed_s * 100),
            loop_percent=rounded(loop_s / passed_s * 100),
            cpu_us_per_frame=rounded(cpu_s / frames * 1e6) if frames else None,
            rss_mb=rounded(closed.rss_bytes / 1e6),
            rss_kb_per_client=rounded(grown / 1024 / clients) if grown is not None and clients else None,
            tick_ms=self._ticks(opened, closed),
            ticks_skipped=int(closed.skipped - opened.skipped),
            shed_level_max=self._worst_shed,
            phases_ms=phases_ms(opened, closed),
            ticks_ahead_max=rounded(self._worst_ahead, 1),
            rss_max_mb=rounded(max(self._worst_rss_bytes, closed.rss_bytes) / 1e6),
        )

    def _ticks(self, opened: Reading, closed: Reading) -> Spread:
        """Percentiles are interpolated in a bucket, which may end above the longest tick there was."""
        worst_ms = self._worst_tick_s * 1000
        p50, p99 = (tick_percentile_ms(opened, closed, percent) for percent in (50, 99))
        return Spread(rounded(p50), rounded(min(p99, worst_ms) if p99 is not None else None), rounded(worst_ms))

    # ---- the figures of a second ---------------------------------------------------------------------

    async def _read(self) -> Reading | None:
        return await self._metrics.read(perf_counter()) if self._metrics else None

    def _mark(self) -> _Mark:
        return _Mark(
            perf_counter(),
            process_time(),
            self._swarm.arrivals.frames.copy(),
            self._swarm.arrivals.away_s.copy(),
            self._swarm.traffic(),
            self._swarm.arrivals.crossings,
            self._swarm.purses.settled,
            self._reading,
        )

    def _second(self, phase: str, before: Reading | None, now: Reading | None) -> Second:
        arrivals, now_s, cpu_s = self._swarm.arrivals, perf_counter(), process_time()
        passed_s, cpu_s_used = max(now_s - self._last_s, 1e-6), cpu_s - self._last_cpu_s
        frames = int(arrivals.frames.sum())
        news, players, lag_ms = frames - self._last_frames, self._swarm.present, self._swarm.pace.drain()
        settle_ms, settled = self._swarm.purses.drain(), self._swarm.purses.settled
        settled_per_s = (settled - self._last_settled) / passed_s if settled else None
        self._last_s, self._last_cpu_s, self._last_frames, self._last_settled = now_s, cpu_s, frames, settled
        second = Second(
            at_s=round(now_s - self._began_s, 2),
            phase=phase,
            players=players,
            hz=rounded(news / passed_s / players) if players else None,
            gap_ms=spread(arrivals.gap_ms),
            input_ms=spread(arrivals.input_ms),
            lag_p99_ms=rounded(lag_ms.percentile(99)),
            generator_cpu_percent=round(cpu_s_used / passed_s * 100, 1),
            settled_per_s=rounded(settled_per_s, 1),
            settle_ms=spread(settle_ms),
            **_server_second(before, now),
        )
        if self._opened is not None and self._closed is None:
            self._count(lag_ms, settle_ms)
            self._count_server(before, now)
        arrivals.gap_ms.clear()
        arrivals.input_ms.clear()
        return second

    def _count(self, lag_ms: Histogram, settle_ms: Histogram) -> None:
        self.gap_ms.merge(self._swarm.arrivals.gap_ms)
        self.input_ms.merge(self._swarm.arrivals.input_ms)
        self.lag_ms.merge(lag_ms)
        self.settle_ms.merge(settle_ms)

    def _count_server(self, before: Reading | None, now: Reading | None) -> None:
        if now is None:
            return
        self._worst_tick_s = max(self._worst_tick_s, now.tick_max_s)
        self._worst_shed = max(self._worst_shed, int(now.shed_level))
        self._worst_rss_bytes = max(self._worst_rss_bytes, now.rss_bytes)
        if before is not None:
            due = (now.when_s - before.when_s) * self._swarm.tick_rate_hz
            self._worst_ahead = max(self._worst_ahead, now.ticks - before.ticks - due)


def _server_second(before: Reading | None, now: Reading | None) -> dict[str, Any]:
    if before is None or now is None or now.when_s <= before.when_s:
        return {}
    return {
        "server_cpu_percent": rounded((now.cpu_s - before.cpu_s) / (now.when_s - before.when_s) * 100, 1),
        "tick_p99_ms": rounded(tick_percentile_ms(before, now, 99)),
        "tick_max_ms": rounded(now.tick_max_s * 1000),
        "rss_mb": rounded(now.rss_bytes / 1e6, 1),
        "shed_level": int(now.shed_level),
    }
