"""What every test shares: how property tests run on a machine that has other work to do, and a log of its own."""

from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

# A deadline per example measures the neighbours' load, not ours; the first text strategy of a run
# builds a table of Unicode, which alone can look like slow generation.
settings.register_profile("city", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("city")


@pytest.fixture(autouse=True)
def _log_of_its_own() -> Iterator[None]:
    """A command that a test runs sets the process's log up, on a standard error that ends with the test."""
    yield
    structlog.reset_defaults()
