"""Tests with the real Prometheus are left out where it is missing, which is said, and never in CI."""

import pytest

from tests.deploy.programs import left_out


def everything(program: str) -> str | None:
    return f"/usr/bin/{program}"


def no_prometheus(program: str) -> str | None:
    return None if program == "prometheus" else everything(program)


@pytest.mark.parametrize("environment", [{}, {"CI": ""}, {"CI": "true"}])
def test_nothing_is_left_out_where_the_programs_are(environment: dict[str, str]) -> None:
    assert left_out(environment, everything) == ""


def test_what_is_left_out_is_said_with_what_is_missing() -> None:
    said = left_out({"CI": ""}, no_prometheus)
    assert "test_prometheus.py" in said
    assert "no prometheus here" in said
    assert "promtool" not in said


def test_in_ci_nothing_is_left_out_and_a_missing_program_fails() -> None:
    assert left_out({"CI": "1"}, no_prometheus) == ""
