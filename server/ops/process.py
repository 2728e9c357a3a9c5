"""What any process shows of itself, by the names that Prometheus' clients agree on, at a price that a tick can bear.

prometheus-client's own collector counts open files by listing them, and each connection is one: 1.9 ms for each
thousand, at every scrape. Linux has told their number beside the directory's other properties since 6.2.
"""

import os
import resource
import time
from collections.abc import Iterable
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector, CollectorRegistry

_PROC = Path("/proc/self")
# proc_pid_stat(5), counted from behind the name, which may hold anything.
_STARTED_TICKS, _VIRTUAL_BYTES, _RESIDENT_PAGES = 19, 20, 21


class Process(Collector):
    """The process that asks; nothing, where there is no /proc."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._there = (_PROC / "stat").exists()
        # By the clock that began when the machine did, in which Linux tells when a process began.
        self._booted_s = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) if self._there else 0.0
        registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """Memory, processor time, when it began, and open files."""
        if not self._there:
            return
        stat = (_PROC / "stat").read_bytes().rpartition(b")")[2].split()
        gauges = [
            ("virtual_memory_bytes", "Virtual memory size in bytes.", int(stat[_VIRTUAL_BYTES])),
            (
                "resident_memory_bytes",
                "Resident memory size in bytes.",
                int(stat[_RESIDENT_PAGES]) * resource.getpagesize(),
            ),
            (
                "start_time_seconds",
                "Start time of the process since unix epoch in seconds.",
                self._booted_s + int(stat[_STARTED_TICKS]) / os.sysconf("SC_CLK_TCK"),
            ),
            ("open_fds", "Number of open file descriptors.", open_files()),
            ("max_fds", "Maximum number of open file descriptors.", resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
        ]
        for name, about, value in gauges:
            yield GaugeMetricFamily(f"process_{name}", about, value=value)
        used_s = time.process_time()
        yield CounterMetricFamily(
            "process_cpu_seconds", "Total user and system CPU time spent in seconds.", value=used_s
        )


def open_files() -> int:
    """How many descriptors the process has; an older Linux says 0 of itself, and they are listed."""
    return os.stat(_PROC / "fd").st_size or len(os.listdir(_PROC / "fd"))
