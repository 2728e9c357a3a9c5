"""The server's README is true: every setting, metric and module is in it, as the code has it."""

import re
from pathlib import Path

import pytest
from prometheus_client import Metric

from server.ops.metrics import Metrics
from server.settings import ServerSettings
from server.sources import allowed, fields

TESTS = Path(__file__).parent.parent
SERVER = TESTS.parent / "server"
LINES = (SERVER / "README.md").read_text("utf-8").splitlines()
METRICS = list(Metrics(("a_zone",)).registry.collect())
FIELDS = fields(ServerSettings)


def setting_row(key: str) -> str:
    info = FIELDS[key]
    default = "none" if info.default is None else info.default
    return f"| `{key}` | {default} | {allowed(info)} | {info.description} |"


def metric_row(family: Metric) -> str:
    name = family.name + ("_total" if family.type == "counter" else "")
    labels = {label for sample in family.samples for label in sample.labels} - {"le"}
    shown = ", ".join(f"`{label}`" for label in sorted(labels)) or "none"
    return f"| `{name}` | {family.type} | {shown} | {family.documentation} |"


@pytest.mark.parametrize("key", FIELDS)
def test_every_setting_has_its_row(key: str) -> None:
    assert setting_row(key) in LINES


@pytest.mark.parametrize("family", [f for f in METRICS if f.name.startswith("futurecity_")], ids=lambda f: f.name)
def test_every_metric_has_its_row(family: Metric) -> None:
    assert metric_row(family) in LINES


def test_no_row_tells_of_a_setting_or_a_metric_that_is_gone() -> None:
    settings = {line for line in LINES if re.match(r"\| `(?!futurecity_)[a-z_.]+` \| .* \| .* \| .* \|$", line)}
    metrics = {line for line in LINES if line.startswith("| `futurecity_")}
    assert settings == {setting_row(key) for key in FIELDS}
    assert metrics == {metric_row(family) for family in METRICS if family.name.startswith("futurecity_")}


def test_every_module_is_on_the_map() -> None:
    modules = {str(path.relative_to(SERVER)) for path in SERVER.rglob("*.py") if path.stem != "__init__"}
    told = {name for line in LINES for name in re.findall(r"^\| `([\w/]+\.py)` \|", line)}
    assert told == modules


def threat_model() -> list[list[str]]:
    """The cells of every row in the threat model."""
    begin = LINES.index("## Threat model")
    end = next(number for number in range(begin + 1, len(LINES)) if LINES[number].startswith("## "))
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in LINES[begin:end] if line.startswith("|")]
    return rows[2:]


def every_test_by_name() -> set[str]:
    functions = (
        re.findall(r"^(?:async )?def (test_\w+)", path.read_text("utf-8"), re.M) for path in TESTS.rglob("*.py")
    )
    return {name for names in functions for name in names}


def test_every_threat_has_a_stop_and_tests_that_exist() -> None:
    rows = threat_model()
    assert len(rows) > 10
    known = every_test_by_name()
    for _, threat, stop, shown in rows:
        assert threat
        assert stop
        named = re.findall(r"`(test_\w+)`", shown)
        assert named, threat
        assert set(named) <= known, set(named) - known
