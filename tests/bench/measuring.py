"""What all benches share: the clock, the figures, the tables they go into and the machine they were made on."""

import gc
import os
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

CROWDS = (1_000, 5_000, 10_000)
CALIBRATION_RUNS = 15

# CPU time of this thread: what the work costs, whatever else the machine is busy with.
now_s: Callable[[], float] = time.thread_time


class Figures(NamedTuple):
    """One line of a table: a tick's cost in ms, and in µs for each viewer that was served in it."""

    bench: str
    avatars: int
    p50_ms: float
    p99_ms: float
    viewer_us: float | None = None


def figures(bench: str, avatars: int, spent_s: Sequence[float], served: int = 0) -> Figures:
    """From the seconds of each tick, and how many viewers all of them together served."""
    p50, p99 = np.percentile(np.array(spent_s) * 1000, (50, 99)).tolist()
    return Figures(bench, avatars, p50, p99, sum(spent_s) / served * 1e6 if served else None)


def settle() -> None:
    """As a running city does: what exists by now is left alone by the garbage collector."""
    gc.collect()
    gc.freeze()


def calibration_ms() -> float:
    """The median of a fixed piece of work, half of it NumPy's and half the interpreter's: this machine's own unit."""
    numbers = np.random.default_rng(1).integers(0, 1 << 30, 60_000)
    spent = []
    for _ in range(CALIBRATION_RUNS):
        begun = now_s()
        np.sort(numbers)
        total = 0
        for number in range(60_000):
            total += number & 7
        spent.append(now_s() - begun)
    return float(np.median(spent)) * 1000


def machine(unit_ms: float | None = None) -> str:
    """What the figures were made on, with the calibration's time if it has been measured already."""
    parts = (
        processor(),
        f"{os.cpu_count()} cores",
        f"Python {platform.python_version()}",
        f"NumPy {np.__version__}",
        f"calibration {unit_ms or calibration_ms():.2f} ms",
    )
    return ", ".join(parts)


def processor() -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def print_table(rows: Iterable[Figures]) -> None:
    """Each line as soon as it is known."""
    print(f"{'':<32} {'avatars':>8} {'p50 ms':>8} {'p99 ms':>8} {'µs/viewer':>10}")
    for row in rows:
        viewer = "" if row.viewer_us is None else f"{row.viewer_us:.2f}"
        print(f"{row.bench:<32} {row.avatars:>8} {row.p50_ms:>8.2f} {row.p99_ms:>8.2f} {viewer:>10}", flush=True)


def print_markdown(rows: Iterable[Figures], unit_ms: float) -> None:
    """The same as a table that a README can quote, with the median in units of the calibration, too."""
    print("| what | avatars | p50 ms | p99 ms | p50 / calibration | µs per viewer |")
    print("|---|---:|---:|---:|---:|---:|")
    for row in rows:
        viewer = "" if row.viewer_us is None else f"{row.viewer_us:.1f}"
        cost = f"{row.p50_ms:.2f} | {row.p99_ms:.2f} | {row.p50_ms / unit_ms:.2f} | {viewer}"
        print(f"| {row.bench} | {row.avatars:,} | {cost} |", flush=True)
