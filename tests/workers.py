"""How tests are shared out among the processes of one run.

A file's tests stay together, because they share what they have set up. Those that run a whole city in real time stay
together too, one after the other on one worker: two of them at once would only slow each other down.
"""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

# Each runs servers and crowds of its own for seconds. Rooms that come early, so that nobody waits for them in the end.
IN_REAL_TIME = (
    "tests/browser/",
    "tests/chaos/",
    "tests/deploy/test_prometheus.py",
    "tests/loadtest/capacity/test_capacity_main.py",
    "tests/loadtest/peers/test_small_visit.py",
    "tests/loadtest/test_small_run.py",
    "tests/loadtest/test_small_storms.py",
    "tests/soak/",
)

# They walk by a clock, and fail where others keep a city from its processor: last, when least runs beside them.
LAST = ("tests/client/test_sdk.py",)


class Shared(LoadFileScheduling):
    """File by file in the order of the tree, and all that is in real time as if it were one of them."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        # Otherwise the files with the most tests come first, which are not those that take longest.
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return kept_with(nodeid)


def kept_with(test: str) -> str:
    """What the test of this id must run on the same worker with: all that give the same answer."""
    return "in real time" if test.startswith(IN_REAL_TIME) else test.split("::", 1)[0]


def comes_last(test: str) -> bool:
    """Whether the test of this id is to run after all others."""
    return test.startswith(LAST)
