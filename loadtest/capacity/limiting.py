"""What gave way first, where a crowd was too large: tick, sends, reads, memory, or nothing of the city's."""

from msgspec import Struct

from loadtest.report import Report, ServerFigures
from loadtest.scenario import Scenario

# A loop that is this busy has nothing left, and neither has a machine; what waits for nothing never quite shows 100 %.
FULL_PERCENT = 85.0
# The parts of a tick that compute; `send` is beside them, and what reads cost is what is left of the whole.
_COMPUTING = ("input", "zones", "merge", "interest", "frames")
TICK, SENDS, READS = "tick", "sends", "reads"
MEMORY, MACHINE, WAITING, UNKNOWN = "memory", "machine", "waiting", "unknown"
_PARTS = {
    TICK: "the tick: zones, interest and frames",
    SENDS: "the sends: writes to sockets, in whatever thread, and what is read between two slices of them",
    READS: "the reads: what comes in outside of the tick, and everything else",
}


class Limiting(Struct, frozen=True):
    """One of the causes above, and a sentence for people."""

    cause: str
    told: str


def limiting(report: Report, scenario: Scenario) -> Limiting:
    """What limits a run that did not hold."""
    server = report.server
    if server is None or server.cpu_percent is None:
        return Limiting(UNKNOWN, "nobody knows: the server showed no figures")
    if [line.partition(":")[0] for line in report.verdict.failures] == ["rss_kb_per_client"]:
        return Limiting(MEMORY, f"memory: {server.rss_kb_per_client:g} KB for each client")
    if _loop_percent(server) < FULL_PERCENT:
        return _not_the_loop(report, server.cpu_percent)
    parts = parts_percent(server, scenario.rules.tick_rate_hz)
    if not parts:
        return Limiting(UNKNOWN, f"the server's process, {server.cpu_percent:.0f} % of a core, whatever it did there")
    largest = max(parts, key=parts.__getitem__)
    shares = ", ".join(f"{name} {percent:.0f} %" for name, percent in parts.items())
    return Limiting(largest, f"{_PARTS[largest]} (of {server.cpu_percent:.0f} % of a core: {shares})")


def parts_percent(server: ServerFigures, tick_rate_hz: float) -> dict[str, float]:
    """How much of a core each part took, by the means of the tick's phases; nothing where there are none.

    Phases are timed by the clock on the wall: a server that is kept from its core shows larger ones than it used.
    """
    phases, whole = server.phases_ms, server.cpu_percent
    if not phases or whole is None:
        return {}
    tick = sum(phases.get(name, 0.0) for name in _COMPUTING) * tick_rate_hz / 10
    sends = phases.get("send", 0.0) * tick_rate_hz / 10
    loop = _loop_percent(server)
    # The other threads send, all but a little.
    return {TICK: tick, SENDS: sends + whole - loop, READS: max(0.0, loop - tick - sends)}


def _loop_percent(server: ServerFigures) -> float:
    """How much of a core the loop took; of a server that does not tell, all that it took."""
    percent = server.loop_percent if server.loop_percent is not None else server.cpu_percent
    return percent or 0.0


def _not_the_loop(report: Report, server_percent: float) -> Limiting:
    bots_percent = (report.generator.cpu_percent if report.generator else None) or 0.0
    cores, together = report.machine.cores, server_percent + bots_percent
    if together >= FULL_PERCENT * cores:
        return Limiting(MACHINE, f"the machine: city and bots together took {together:.0f} % of its {cores} cores")
    return Limiting(
        WAITING,
        f"not the processor: the server took {server_percent:.0f} % of a core; the run's own report says more",
    )
