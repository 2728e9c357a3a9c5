"""A server's own figures, read from its `/metrics` once a second, as differences between two readings."""

from typing import NamedTuple

import aiohttp
import numpy as np
from numpy.typing import NDArray

# A scrape that takes longer says that the server has no time, which the frames say better.
_TIMEOUT_S = 2.0
_TICK, _PHASES = "futurecity_tick_seconds_bucket", "futurecity_tick_phase_seconds_total"
_PLAIN = {
    "process_cpu_seconds_total": "cpu_s",
    "futurecity_loop_cpu_seconds_total": "loop_cpu_s",
    "process_resident_memory_bytes": "rss_bytes",
    "futurecity_tick_recent_max_seconds": "tick_max_s",
    "futurecity_ticks_total": "ticks",
    "futurecity_ticks_skipped_total": "skipped",
    "futurecity_frames_sent_total": "frames",
    "futurecity_shed_level": "shed_level",
    "futurecity_tasks": "tasks",
    "process_open_fds": "open_files",
}

# What is asked for by name is all that the server has to write down; one that knows no names says everything.
_WANTED = [("name[]", name) for name in (*_PLAIN, _TICK, _PHASES)]


class Reading(NamedTuple):
    """One look at `/metrics`, at `when_s` by our clock; counters are since the server's start."""

    when_s: float
    cpu_s: float
    loop_cpu_s: float
    rss_bytes: float
    tick_max_s: float
    ticks: float
    skipped: float
    frames: float
    shed_level: float
    tasks: float
    open_files: float
    # Upper bounds in seconds and cumulative counts of the whole tick's histogram.
    tick_bounds_s: NDArray[np.float64]
    tick_counts: NDArray[np.float64]
    # Seconds spent in each phase of the tick, since the start.
    phases: dict[str, float]


class Metrics:
    """The ops page of one server. Use it as an async context manager."""

    def __init__(self, ops_url: str) -> None:
        self._url = ops_url.rstrip("/")

    async def __aenter__(self) -> "Metrics":
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S))
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._session.close()

    async def ready(self) -> bool:
        """Whether `/readyz` says so."""
        try:
            async with self._session.get(f"{self._url}/readyz") as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def read(self, when_s: float) -> Reading | None:
        """The figures now; None when the server does not answer, or not with these figures."""
        try:
            async with self._session.get(f"{self._url}/metrics", params=_WANTED) as answer:
                return parse(await answer.text(), when_s) if answer.status == 200 else None
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None


def parse(text: str, when_s: float) -> Reading:
    """A reading from Prometheus text. Raises ValueError when a figure is missing."""
    plain = dict.fromkeys(_PLAIN.values(), 0.0)
    missing = set(_PLAIN)
    buckets: list[tuple[float, float]] = []
    phases: dict[str, float] = {}
    for line in text.splitlines():
        name, labels, value = _sample(line)
        if name in _PLAIN:
            plain[_PLAIN[name]] += value
            missing.discard(name)
        elif name == _TICK:
            buckets.append((float(labels["le"]), value))
        elif name == _PHASES:
            phases[labels["phase"]] = value
    if missing or not buckets:
        raise ValueError(f"no {', '.join(sorted(missing) or [_TICK])} in the metrics")
    bounds, counts = np.array(sorted(buckets)).T
    return Reading(when_s, tick_bounds_s=bounds, tick_counts=counts, phases=phases, **plain)


def _sample(line: str) -> tuple[str, dict[str, str], float]:
    """Name, labels and value; labels of these metrics hold no commas, quotes or spaces."""
    if not line.startswith(("futurecity_", "process_")):
        return "", {}, 0.0
    series, _, value = line.rpartition(" ")
    name, _, inner = series.rstrip("}").partition("{")
    labels = dict(part.replace('"', "").split("=", 1) for part in inner.split(",") if part)
    return name, labels, float(value)


def tick_percentile_ms(before: Reading, after: Reading, percent: float) -> float | None:
    """A percentile of the ticks between two readings, interpolated inside its bucket; None if there was none.

    In the open last bucket it is that bucket's lower bound: no more is known than that it is above.
    """
    counts = after.tick_counts - before.tick_counts
    if not len(counts) or counts[-1] <= 0:
        return None
    rank = counts[-1] * percent / 100
    place = int(np.searchsorted(counts, rank))
    low_s = after.tick_bounds_s[place - 1] if place else 0.0
    high_s = after.tick_bounds_s[place]
    below = counts[place - 1] if place else 0.0
    if np.isinf(high_s) or counts[place] == below:
        return float(low_s) * 1000
    return float(low_s + (high_s - low_s) * (rank - below) / (counts[place] - below)) * 1000


def phases_ms(before: Reading, after: Reading) -> dict[str, float]:
    """The mean of each phase of the ticks between two readings."""
    ticks = after.ticks - before.ticks
    if ticks <= 0:
        return {}
    return {
        phase: round((spent_s - before.phases.get(phase, 0.0)) / ticks * 1000, 3)
        for phase, spent_s in after.phases.items()
    }
