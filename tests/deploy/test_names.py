"""What rules and dashboard ask for is there: every metric, label and value, in the city's real registry."""

import re
from collections.abc import Iterator

import promql_parser as promql
import pytest

from tests.deploy.queries import Query, UnknownError, alerts, dashboard, labels_of, panels, put_in, series

KNOWN = series()


def of_rules() -> Iterator[Query]:
    for rule in alerts():
        texts = " ".join(rule["annotations"].values())
        yield Query(rule["alert"], rule["expr"], frozenset(re.findall(r"\$labels\.(\w+)", texts)))


def of_panels() -> Iterator[Query]:
    for panel in panels():
        for target in panel["targets"]:
            named = frozenset(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            yield Query(f"{panel['title']} {target['refId']}", put_in(target["expr"]), named)
    for note in dashboard()["annotations"]["list"]:
        yield Query(note["name"], put_in(note["expr"]), frozenset(re.findall(r"{{(\w+)}}", note["titleFormat"])))


QUERIES = [*of_rules(), *of_panels()]


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.where)
def test_what_is_asked_for_is_there(query: Query) -> None:
    labels = labels_of(promql.parse(query.expr), KNOWN)
    assert query.named <= labels


@pytest.mark.parametrize(
    "expr",
    [
        "futurecity_nothing",
        "futurecity_ticks",
        'futurecity_players{floor="1"}',
        'futurecity_joins_total{outcome="eaten"}',
        "sum by (floor) (futurecity_players)",
        "sum by (zone) (sum by (transport) (futurecity_players))",
        "rate(futurecity_tick_seconds_buckets[1m])",
        "up and futurecity_nothing",
        "deriv(sum(futurecity_nothing)[2h:1m])",
    ],
)
def test_what_is_not_there_is_noticed(expr: str) -> None:
    with pytest.raises(UnknownError):
        labels_of(promql.parse(expr), KNOWN)


def test_every_metric_is_on_the_dashboard_or_in_a_rule() -> None:
    asked = {name for query in QUERIES for name in re.findall(r"futurecity_\w+", query.expr)}
    ours = {re.sub(r"_(bucket|sum|count)$", "", name) for name in KNOWN if name.startswith("futurecity_")}
    shown = {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked}
    # What runs, as labels: the dashboard chooses cities by it.
    assert ours - shown == {"futurecity_build_info"}
