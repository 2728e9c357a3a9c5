"""What every test shares: how property tests run on a busy machine, a log and garbage of its own, and its worker."""

import os
from collections.abc import Generator, Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings
from xdist.remote import Producer

from tests.garbage import freeze, garbage_of_its_own
from tests.programs import WANTED, left_out, room_of
from tests.workers import Shared, comes_last

# A deadline per example measures the neighbours' load, not ours; the first text strategy of a run
# builds a table of Unicode, which alone can look like slow generation.
settings.register_profile("city", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("city")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Shared:
    """Whatever --dist says: there is one way to part these tests."""
    return Shared(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The rest stays in the order of the tree."""
    items.sort(key=lambda item: comes_last(item.nodeid))


def pytest_collection_finish() -> None:
    """The tests themselves stay until the end."""
    freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """For all to see: what of a room was not tried. Here, because a run with workers reads no other conftest."""
    passed = [report.nodeid for report in terminalreporter.getreports("passed")]
    for wanted in WANTED:
        tried = any(test.startswith(room_of(wanted)) for test in passed)
        if tried and (why := left_out(wanted, os.environ)):
            terminalreporter.write_line(why, yellow=True)


@pytest.fixture(autouse=True)
def _log_of_its_own() -> Iterator[None]:
    """A command that a test runs sets the process's log up, on a standard error that ends with the test."""
    yield
    structlog.reset_defaults()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, bool, bool]:
    """Around the whole of a test, because what its fixtures gave it is held until they are all torn down."""
    with garbage_of_its_own():
        done = yield
    if nextitem is None or nextitem.path != item.path:
        # What is told of the tests of a file is not looked at after each test of the next.
        freeze()
    return done
