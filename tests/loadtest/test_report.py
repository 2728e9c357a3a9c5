"""The report: its keys are those that were promised, and what is not known is null."""

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from loadtest.histogram import Histogram
from loadtest.report import Report, Spread, rounded, spread, this_machine, write_json
from tests.loadtest.reports import good

SPREAD: dict[str, Any] = dict.fromkeys(("p50", "p99", "max"))
PROMISED: dict[str, Any] = {
    **dict.fromkeys(("scenario", "seed", "transport", "bots", "seconds", "joined", "disconnected_healthy")),
    "machine": dict.fromkeys(("cpu", "cores", "python", "uvloop", "numpy")),
    "join_s": SPREAD,
    "frames": {"mean_hz": None, "p01_hz": None, "gap_ms": SPREAD},
    "input_ms": SPREAD,
    "bytes_per_client_s": dict.fromkeys(("down", "up")),
    "server": {
        **dict.fromkeys(("cpu_percent", "cpu_us_per_frame", "rss_mb", "rss_kb_per_client")),
        "tick_ms": SPREAD,
        **dict.fromkeys(("ticks_skipped", "shed_level_max")),
    },
    "verdict": dict.fromkeys(("passed", "failures")),
    "audit": dict.fromkeys(("confirmed", "stored", "lost", "doubled", "unheard", "balanced")),
    "settle_ms": SPREAD,
    "settled_per_s": None,
}


def lacking(found: Any, promised: dict[str, Any], where: str = "") -> list[str]:
    """Every promised key that is not there."""
    missing = [f"{where}.{key}" for key in promised if key not in found]
    inner = [key for key, value in promised.items() if isinstance(value, dict) and key in found]
    return missing + [line for key in inner for line in lacking(found[key], promised[key], f"{where}.{key}")]


def test_every_promised_key_is_there(tmp_path: Path) -> None:
    path = write_json(good(), tmp_path)
    assert path.name == "report.json"
    assert lacking(json.loads(path.read_text("utf-8")), PROMISED) == []


def test_the_search_for_missing_keys_finds_them() -> None:
    assert lacking({"frames": {"gap_ms": {}}}, {"frames": {"gap_ms": SPREAD}, "seed": None}) == [
        ".seed", ".frames.gap_ms.p50", ".frames.gap_ms.p99", ".frames.gap_ms.max",
    ]  # fmt: skip


def test_a_report_reads_back_as_it_was(tmp_path: Path) -> None:
    report = good(server=None, all_joined_s=None, audit=None, calm=None)
    assert msgspec.json.decode(write_json(report, tmp_path).read_bytes(), type=Report) == report


def test_what_is_not_known_is_null() -> None:
    assert msgspec.to_builtins(good(server=None))["server"] is None
    assert rounded(None) is None
    assert spread(Histogram()) == Spread(None, None, None)


def test_figures_are_rounded() -> None:
    assert rounded(1.23456) == 1.23
    histogram = Histogram()
    histogram.add(np.array([100.0, 123.4567]))
    assert spread(histogram).max == 123.46


def test_the_machine_is_named() -> None:
    machine = this_machine()
    assert machine.cpu
    assert machine.cores >= 1
    assert machine.numpy == np.__version__
