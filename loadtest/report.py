"""What a run found, as it stands in `report.json`: every figure is defined in README.md, "What is measured".

Times are in the unit their name ends in; a figure that could not be measured is null, never zero.
"""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import msgspec
from msgspec import Struct

from loadtest.histogram import Histogram

_CPU_INFO = Path("/proc/cpuinfo")


class Machine(Struct, frozen=True):
    """What it ran on."""

    cpu: str
    cores: int
    python: str
    uvloop: str
    numpy: str


class Spread(Struct, frozen=True):
    """The middle, the slow hundredth and the worst."""

    p50: float | None = None
    p99: float | None = None
    max: float | None = None


class FrameFigures(Struct, frozen=True):
    """Frames per second, the mean of all bots and of the slowest hundredth, and the time between two frames."""

    mean_hz: float | None
    p01_hz: float | None
    gap_ms: Spread


class Traffic(Struct, frozen=True):
    """Bytes per bot and second, framing included."""

    down: float | None
    up: float | None


class ServerFigures(Struct, frozen=True):
    """The server while it was measured; `phases_ms` is the mean of each part of a tick."""

    cpu_percent: float | None
    cpu_us_per_frame: float | None
    rss_mb: float | None
    rss_kb_per_client: float | None
    tick_ms: Spread
    ticks_skipped: int | None
    shed_level_max: int | None
    phases_ms: dict[str, float] = {}
    # Of `cpu_percent`, what the thread of its loop took: all else waits for that one.
    loop_percent: float | None = None
    # Ticks in one second beyond those that its time allows: a server that catches up has many.
    ticks_ahead_max: float | None = None
    rss_max_mb: float | None = None


class BooksFigures(Struct, frozen=True):
    """What the audit of the books says of the confirmations that bots heard; `first` is the first thing wrong.

    `evidence` is where books and receipts were left, if something is.
    """

    confirmed: int
    stored: int
    lost: int
    doubled: int
    unheard: int
    balanced: bool
    first: str | None = None
    evidence: str | None = None

    @property
    def clean(self) -> bool:
        """Whether everything that was confirmed is in the books, once, and the books are in order."""
        return self.balanced and self.confirmed == self.stored and not self.lost and not self.doubled


class QueueFigures(Struct, frozen=True):
    """The waiting room: who waited and how long, and how many of the estimates they were told were about right.

    Estimates count if at least four seconds were left; `estimates_unknown` were told that nothing is known yet.
    """

    waited: int
    still_waiting: int
    wait_s: Spread
    estimates: int
    estimates_within_2x: float | None
    estimates_unknown: int
    refused_silently: int


class ReturnFigures(Struct, frozen=True):
    """Those whose links we cut: who has a frame again, who of them in the body they had, and after how long."""

    cut: int
    back: int
    own_body: int
    back_s: Spread


class TroubleFigures(Struct, frozen=True):
    """Those who made trouble: how many, what they sent, and how and after how long their connections ended."""

    kind: str
    makers: int
    sent: int
    ended: int
    endings: dict[str, int]
    held_s: Spread


class Generator(Struct, frozen=True):
    """The load generator's own health: a saturated one measures itself, not the server."""

    cpu_percent: float | None
    lag_ms: Spread


class Verdict(Struct, frozen=True):
    """Whether the run passed, every reason why not, and the limits that nobody could check.

    Of the failures, `price` are those about what a player costs, not about how they fare, and `untrusted` those that
    say that the generator measured itself.
    """

    passed: bool
    failures: list[str]
    unchecked: list[str] = []
    price: list[str] = []
    untrusted: list[str] = []

    @property
    def ill(self) -> list[str]:
        """The failures that players felt."""
        return [failure for failure in self.failures if failure not in self.price and failure not in self.untrusted]


class Second(Struct, frozen=True):
    """One second of a run: what the plots show."""

    at_s: float
    phase: str
    players: int
    hz: float | None
    gap_ms: Spread
    input_ms: Spread
    lag_p99_ms: float | None
    generator_cpu_percent: float
    server_cpu_percent: float | None = None
    tick_p99_ms: float | None = None
    tick_max_ms: float | None = None
    rss_mb: float | None = None
    shed_level: int | None = None
    settled_per_s: float | None = None
    settle_ms: Spread = Spread()


class Report(Struct, frozen=True):
    """One run."""

    scenario: str
    seed: int
    transport: str
    bots: int
    seconds: float
    machine: Machine
    joined: int
    disconnected_healthy: int
    join_s: Spread
    frames: FrameFigures
    input_ms: Spread
    bytes_per_client_s: Traffic
    server: ServerFigures | None
    verdict: Verdict
    audit: BooksFigures | None = None
    settle_ms: Spread = Spread()
    settled_per_s: float | None = None
    # Frames in the calm before the event, and how much longer the slow hundredth of gaps was in the event.
    calm: FrameFigures | None = None
    gap_p99_of_calm: float | None = None
    # The server's memory at its largest in the event, as a multiple of what it was at the end of the calm.
    rss_of_calm: float | None = None
    # What was left out at the end of the calm: anything but nothing, and it is no measure.
    shed_level_calm: int | None = None
    trouble: TroubleFigures | None = None
    queue: QueueFigures | None = None
    returns: ReturnFigures | None = None
    # How busy the city might be in the event, where the run has set that.
    busy_max: float | None = None
    # From the moment that budget was given back until the server left nothing out any more.
    recovery_s: float | None = None
    # Confirmations that were heard in the whole run, by event.
    confirmed: dict[str, int] = {}
    # Beyond the figures every report has: how the run went.
    about: str = ""
    targets: list[str] = []
    all_joined_s: float | None = None
    refused: int = 0
    share_in_zone: float | None = None
    crossings: int | None = None
    zones: dict[str, int] = {}
    faults: dict[str, int] = {}
    fault_examples: dict[str, list[str]] = {}
    endings: dict[str, int] = {}
    denied: dict[str, int] = {}
    generator: Generator | None = None
    series: list[Second] = []


def rounded(value: float | None, digits: int = 2) -> float | None:
    """A figure with as many digits as it is worth."""
    return None if value is None else round(float(value), digits)


def spread(histogram: Histogram) -> Spread:
    """The three figures of a histogram."""
    return Spread(rounded(histogram.percentile(50)), rounded(histogram.percentile(99)), rounded(histogram.max))


def this_machine() -> Machine:
    """What this process runs on."""
    models = [line for line in _lines(_CPU_INFO) if line.startswith("model name")]
    cpu = models[0].partition(":")[2].strip() if models else platform.processor() or platform.machine()
    return Machine(cpu, os.cpu_count() or 1, platform.python_version(), version("uvloop"), version("numpy"))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except OSError:
        return []


def write_json(report: Report, directory: Path) -> Path:
    """`report.json` in `directory`, indented for people."""
    path = directory / "report.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    return path
