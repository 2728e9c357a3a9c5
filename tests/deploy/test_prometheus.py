"""Prometheus itself: its tool takes our files, and it watches a running city by them."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from loadtest.server_process import ServerProcess
from tests.deploy.queries import DEPLOY, alerts, panels, put_in
from tests.deploy.watching import Watch, watching
from tests.programs import PROMETHEUS, missing


@pytest.fixture(autouse=True)
def _programs() -> None:
    assert missing(PROMETHEUS) == {}


def promtool(*words: str) -> None:
    done = subprocess.run(["promtool", *words], cwd=DEPLOY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_are_what_prometheus_calls_rules() -> None:
    promtool("check", "rules", "--lint-fatal", "alerts.yml")


def test_the_configuration_is_one() -> None:
    promtool("check", "config", "--lint-fatal", "prometheus.yml")


@pytest.mark.parametrize("path", sorted(DEPLOY.glob("*_test.yml")), ids=lambda path: path.name)
def test_each_alert_fires_when_it_should_and_only_then(path: Path) -> None:
    promtool("test", "rules", path.name)


def rules(watch: Watch) -> list[dict[str, Any]]:
    return [rule for group in watch.ask("rules")["groups"] for rule in group["rules"]]


def is_up(watch: Watch, city: ServerProcess) -> bool:
    assert city.ended is None, city.said()
    return [target["health"] for target in watch.ask("targets")["activeTargets"]] == ["up"]


def has_rates(watch: Watch) -> bool:
    """Whether it has scraped often enough to say how fast the city ticks, and the city does."""
    return bool(watch.ask("query", query="rate(futurecity_ticks_total[1m]) > 0")["result"])


def unanswered(watch: Watch) -> list[str]:
    """Every question of the dashboard to which a quiet city has no answer."""
    exprs = [put_in(target["expr"]) for panel in panels() for target in panel["targets"]]
    # What only shows what is more than nothing has no answer while nothing is.
    return [expr for expr in exprs if not watch.ask("query", query=expr.removesuffix(" > 0"))["result"]]


def test_a_quiet_city_is_up_no_alert_fires_and_the_dashboard_has_its_answers(tmp_path: Path) -> None:
    city = ServerProcess(0, f"sqlite:///{tmp_path}/city.db")
    with city, watching(city.ops_url.removeprefix("http://"), tmp_path) as watch:
        watch.until("up", lambda: is_up(watch, city))
        watch.until("scraped twice", lambda: has_rates(watch))
        watch.until("evaluated", lambda: all(rule["health"] == "ok" for rule in rules(watch)))
        assert sorted(rule["name"] for rule in rules(watch)) == sorted(rule["alert"] for rule in alerts())
        assert [rule["name"] for rule in rules(watch) if rule["state"] == "firing"] == []
        assert unanswered(watch) == []
