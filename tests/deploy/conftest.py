"""Says at the end of a run, for all to see, when the real Prometheus was not there to try things with."""

import os

import pytest

from tests.deploy.programs import left_out

WHY = left_out(os.environ)
collect_ignore = ["test_prometheus.py"] if WHY else []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The last lines of a run."""
    if WHY:
        terminalreporter.write_line(WHY, yellow=True)
