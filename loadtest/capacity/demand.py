"""How many processes and machines a crowd needs, from how many one process held: a line for a plan, with its terms."""

from math import ceil

from msgspec import Struct

from loadtest.report import Report

# Storms, a neighbour's noise and the day it all goes wrong want their share: nobody plans with the knee itself.
PLANNED_SHARE = 0.7


class Demand(Struct, frozen=True):
    """What `visitors` at once need. Bytes and memory are of the run at the knee, times the crowd."""

    visitors: int
    held_by_one: int
    per_process: int
    processes: int
    machines: int
    cores: int
    down_gbit_s: float | None
    memory_gb: float | None
    assumptions: list[str]


def demand_of(visitors: int, report: Report) -> Demand:
    """From the report of a run that held."""
    per_process = max(1, int(report.bots * PLANNED_SHARE))
    processes, cores = ceil(visitors / per_process), report.machine.cores
    down, memory_kb = report.bytes_per_client_s.down, report.server.rss_kb_per_client if report.server else None
    return Demand(
        visitors,
        report.bots,
        per_process,
        processes,
        ceil(processes / cores),
        cores,
        None if down is None else round(down * visitors * 8 / 1e9, 2),
        None if memory_kb is None else round(memory_kb * visitors * 1024 / 1e9, 2),
        _assumptions(report),
    )


def line_of(demand: Demand) -> str:
    """The line to paste."""
    beside = [
        f"{demand.down_gbit_s:g} Gbit/s out" if demand.down_gbit_s is not None else "",
        f"{demand.memory_gb:g} GB of memory for connections" if demand.memory_gb is not None else "",
    ]
    return (
        f"For {demand.visitors:,} visitors you need {demand.processes:,} server processes, each the gateway of at most "
        f"{demand.per_process:,} of them ({PLANNED_SHARE:.0%} of the {demand.held_by_one:,} that one held), on "
        f"{demand.machines:,} machines of {demand.cores} cores like this one"
        + "".join(f"; {each}" for each in beside if each)
    )


def _assumptions(report: Report) -> list[str]:
    machine = report.machine
    return [
        f"all of them are in the city at the same moment and do what {report.scenario!r} does, over {report.transport}",
        f"each process has a core of its own, of {machine.cpu}, and while it sends what others leave of theirs; none "
        "is left for anything else: the bots that shared this machine are somewhere else then, and so are databases",
        f"{1 - PLANNED_SHARE:.0%} are kept free for storms",
        "each process runs the zones of its own visitors, as here; gateways of one city would read the snapshots of "
        "all its zones as well, 20 bytes a person and tick, which was not measured",
        "the network was this machine's own; a card costs its interrupts",
    ]
