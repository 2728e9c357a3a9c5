"""What a process and all its children use, from `/proc`: every server of a comparison is measured by this alone."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
# Fields behind the name in /proc/PID/stat (proc_pid_stat(5)), counted from 0.
_UTIME, _STIME = 11, 12


class Usage(NamedTuple):
    """Processor time since the start, of the living, and resident memory now."""

    cpu_s: float
    rss_bytes: int


def usage(pid: int, proc: Path = PROC) -> Usage:
    """Of process `pid` and everything below it; nothing of what is gone already."""
    cpu_s, rss_bytes = 0.0, 0
    for each in _family(pid, proc):
        try:
            fields = (proc / str(each) / "stat").read_text("ascii", "replace").rpartition(")")[2].split()
            pages = int((proc / str(each) / "statm").read_text("ascii").split()[1])
        except (OSError, IndexError):
            continue
        cpu_s += (int(fields[_UTIME]) + int(fields[_STIME])) * _TICK_S
        rss_bytes += pages * _PAGE_BYTES
    return Usage(cpu_s, rss_bytes)


def _family(pid: int, proc: Path) -> Iterator[int]:
    yield pid
    for children in sorted((proc / str(pid) / "task").glob("*/children")):
        try:
            below = [int(word) for word in children.read_text("ascii").split()]
        except OSError:
            continue
        for child in below:
            yield from _family(child, proc)
