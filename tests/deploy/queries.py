"""What deploy/ asks of Prometheus, and what may be asked of this city: its real metrics with their real labels.

PromQL is read by the parser of `promql-parser`, which follows Prometheus' own grammar.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import promql_parser as promql
import yaml

from server.ops.metrics import Metrics

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
# Prometheus says these of every target that it scrapes, and makes `up` itself.
TARGET_LABELS = {"instance", "job"}
# What Prometheus makes of its own accord: whether it could scrape, and what it alerts.
OF_PROMETHEUS: Mapping[str, set[str]] = {"up": set(), "ALERTS": {"alertname", "alertstate", "severity"}}
# What Grafana puts in for its variables.
PUT_IN = {"$__rate_interval": "1m", "$instance": ".*"}

Series = Mapping[str, Mapping[str, set[str]]]


class Query(NamedTuple):
    """One expression, where it is, and the labels that are named in what is written about its result."""

    where: str
    expr: str
    named: frozenset[str] = frozenset()


def read_yaml(name: str) -> Any:
    """A file of deploy/."""
    return yaml.safe_load((DEPLOY / name).read_text("utf-8"))


def alerts() -> list[dict[str, Any]]:
    """Every rule of alerts.yml, in order."""
    return [rule for group in read_yaml("alerts.yml")["groups"] for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    """dashboard.json."""
    board: dict[str, Any] = json.loads((DEPLOY / "dashboard.json").read_text("utf-8"))
    return board


def put_in(expr: str) -> str:
    """An expression of the dashboard as Grafana sends it."""
    for name, value in PUT_IN.items():
        expr = expr.replace(name, value)
    return expr


def series() -> Series:
    """Every series that a scrape of a city has: its labels, and their values where Prometheus adds none."""
    found: defaultdict[str, dict[str, set[str]]] = defaultdict(dict)
    for family in Metrics(("gate", "plaza")).registry.collect():
        for sample in family.samples:
            labels = found[sample.name]
            for label, value in sample.labels.items():
                labels.setdefault(label, set()).add(value)
    return {**found, **{name: {label: set() for label in labels} for name, labels in OF_PROMETHEUS.items()}}


class UnknownError(Exception):
    """A query names a metric, a label or a value that no city has."""


def labels_of(expr: Any, known: Series) -> set[str]:
    """The labels of what this expression gives; UnknownError when it asks for what is not there."""
    match expr:
        case promql.VectorSelector():
            labels = _labels_selected(expr, known)
        case promql.MatrixSelector():
            labels = _labels_selected(expr.vector_selector, known)
        case promql.AggregateExpr():
            labels = _labels_aggregated(expr, labels_of(expr.expr, known))
        case promql.BinaryExpr():
            left, right = labels_of(expr.lhs, known), labels_of(expr.rhs, known)
            labels = left or right
        case promql.Call():
            inner: set[str] = set().union(*(labels_of(argument, known) for argument in expr.args))
            labels = inner - {"le"} if expr.func.name == "histogram_quantile" else inner
        case promql.ParenExpr() | promql.SubqueryExpr() | promql.UnaryExpr():
            labels = labels_of(expr.expr, known)
        case promql.NumberLiteral():
            labels = set()
        case _:
            raise UnknownError(f"{expr}: nothing that this knows how to check")
    return labels


def _labels_selected(selector: promql.VectorSelector, known: Series) -> set[str]:
    if selector.name is None or selector.name not in known:
        raise UnknownError(f"no metric {selector.name}")
    labels = known[selector.name]
    for matcher in selector.matchers.matchers:
        if matcher.name in TARGET_LABELS:
            continue
        if matcher.name not in labels:
            raise UnknownError(f"{selector.name} has no label {matcher.name}")
        exact = matcher.op in (promql.MatchOp.Equal, promql.MatchOp.NotEqual)
        if exact and labels[matcher.name] and matcher.value not in labels[matcher.name]:
            raise UnknownError(f"{selector.name} is never {matcher.name}={matcher.value}")
    return set(labels) | TARGET_LABELS


def _labels_aggregated(expr: promql.AggregateExpr, inner: set[str]) -> set[str]:
    if expr.modifier is None:
        return set()
    named = set(expr.modifier.labels)
    if named - inner:
        raise UnknownError(f"{expr.prettify()}: no label {', '.join(sorted(named - inner))}")
    return named if expr.modifier.type == promql.AggModifierType.By else inner - named


def panels() -> list[dict[str, Any]]:
    """All panels of the dashboard that are no row."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]
