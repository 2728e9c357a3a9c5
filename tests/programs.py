"""Prometheus' own programs, which no wheel brings: where they are, and what it means that they are not."""

import shutil
from collections.abc import Callable, Mapping

PROGRAMS = ("promtool", "prometheus")
# What every change is tried with has them (.ci/run); elsewhere they may be missing.
REQUIRED_BY = "CI"


def left_out(environment: Mapping[str, str], which: Callable[[str], str | None] = shutil.which) -> str:
    """Why tests with the real programs are left out here, for people; empty when they are not, though they may fail."""
    missing = [program for program in PROGRAMS if which(program) is None]
    if not missing or environment.get(REQUIRED_BY):
        return ""
    return (
        f"left out: tests/deploy/test_prometheus.py, because there is no {' and no '.join(missing)} here"
        f" (Debian: apt-get install prometheus); with {REQUIRED_BY} set they fail instead"
    )
