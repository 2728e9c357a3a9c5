"""The line for a plan counts whole processes and machines, and says on what terms."""

from msgspec import structs

from loadtest.capacity.demand import demand_of, line_of
from loadtest.report import Traffic
from tests.loadtest.reports import SERVER, good


def test_the_line_says_processes_machines_bandwidth_and_memory() -> None:
    demand = demand_of(100_000, good(bots=4_000, bytes_per_client_s=Traffic(5_400.0, 36.0)))
    assert line_of(demand) == (
        "For 100,000 visitors you need 36 server processes, each the gateway of at most 2,800 of them (70% of the "
        "4,000 that one held), on 18 machines of 2 cores like this one; 4.32 Gbit/s out; 4.1 GB of memory for "
        "connections"
    )


def test_nobody_is_left_over() -> None:
    for visitors in (1, 2_799, 2_800, 2_801, 99_999):
        demand = demand_of(visitors, good(bots=4_000))
        assert demand.processes * demand.per_process >= visitors > (demand.processes - 1) * demand.per_process
        assert demand.machines * demand.cores >= demand.processes


def test_what_was_not_measured_is_left_out() -> None:
    no_memory = structs.replace(SERVER, rss_kb_per_client=None)
    demand = demand_of(100_000, good(server=no_memory, bytes_per_client_s=Traffic(None, None)))
    assert line_of(demand).endswith("like this one")


def test_its_terms_name_the_scenario_the_processor_and_what_is_kept_free() -> None:
    terms = " ".join(demand_of(100_000, good()).assumptions)
    for word in ("'plaza'", "over ws", "a processor", "30% are kept free", "not measured"):
        assert word in terms
