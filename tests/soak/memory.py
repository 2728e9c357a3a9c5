"""What a process has in memory, as Linux tells it.

Resident memory is of two kinds. What the process has to itself can leak. Pages of files (its programs and libraries)
come to be resident when they are first used and stay for as long as the system has room: they are bounded by the
files, belong to the page cache, and would be a growth that no leak has made.
"""

from pathlib import Path
from typing import NamedTuple

_KB = 1024


class Memory(NamedTuple):
    """Resident megabytes: what the process has to itself (anonymous and shared memory), and pages of files."""

    own_mb: float
    files_mb: float


def memory_of(pid: int) -> Memory:
    """What that process has now. Raises OSError when there is none, ValueError where the system does not say."""
    return told_by(Path(f"/proc/{pid}/status").read_text("ascii", "replace"))


def told_by(status: str) -> Memory:
    """What `/proc/PID/status` tells; ValueError names a line that is missing."""
    lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return Memory(_mb(lines, "RssAnon") + _mb(lines, "RssShmem"), _mb(lines, "RssFile"))


def _mb(lines: dict[str, str], name: str) -> float:
    if name not in lines:
        raise ValueError(f"/proc/PID/status has no {name}: Linux 4.5 or newer is needed, and a process that runs")
    return int(lines[name].removesuffix("kB")) * _KB / 1e6
