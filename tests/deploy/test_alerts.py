"""The alerts: each says what it is, has its section of the runbook and its unit test, and quotes limits as they are."""

import re
from typing import Any

import pytest

from server.crystal_sight import TICKS_PER_CRYSTALS
from server.detail import BY_LEVEL
from server.journal import QUEUE_BYTES_MAX
from server.settings import ServerSettings
from server.sources import fields
from tests.deploy.queries import DEPLOY, alerts, read_yaml
from world.interest import Sight

README = (DEPLOY.parent / "server" / "README.md").read_text("utf-8")
ALERTS = alerts()
FIELDS = fields(ServerSettings)
NAMES = [rule["alert"] for rule in ALERTS]
# Columns of the table of levels that are numbers; in that of people the last is what changes.
PEOPLE, TOLD = 3, (0, 2, 3, 4, 5, 6, 7)
FACTS = ["Means", "Players", "Look", "Do"]
TESTS = [test for path in sorted(DEPLOY.glob("*_test.yml")) for test in read_yaml(path.name)["tests"]]


def named(rule: dict[str, Any]) -> str:
    return str(rule["alert"])


def runbook() -> dict[str, str]:
    """The runbook: text by heading."""
    _, _, rest = README.partition("\n## Runbook\n")
    parts = re.split(r"(?m)^### (\S+)\n", rest.partition("\n## ")[0])[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


RUNBOOK = runbook()
OVERLOAD = README.partition("\n## Overload\n")[2].partition("\n## ")[0]


def fired(test: dict[str, Any]) -> list[set[str]]:
    """What fires, look by look."""
    looks = [str(look["exp_samples"]) for look in test["promql_expr_test"]]
    return [set(re.findall(r'alertname="(\w+)"', look)) for look in looks]


def test_names_are_unique() -> None:
    assert len(set(NAMES)) == len(NAMES) > 0


def test_every_alert_has_a_section_of_the_runbook_and_every_section_an_alert() -> None:
    assert list(RUNBOOK) == NAMES


@pytest.mark.parametrize("rule", ALERTS, ids=named)
def test_an_alert_says_how_bad_it_is_what_is_wrong_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert list(rule["annotations"]) == ["summary", "description", "runbook"]
    assert "{{" not in rule["annotations"]["summary"]
    path, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert (DEPLOY.parent / path).is_file()
    assert anchor == rule["alert"].lower()


@pytest.mark.parametrize("rule", ALERTS, ids=named)
def test_a_section_says_what_it_means_who_notices_where_to_look_and_what_to_do(rule: dict[str, Any]) -> None:
    section = RUNBOOK[rule["alert"]]
    assert re.findall(r"(?m)^- \*\*(\w+)\*\*: \S", section) == FACTS
    assert section.strip().startswith(f"- **Means**: {rule['labels']['severity']}. ")


@pytest.mark.parametrize("rule", ALERTS, ids=named)
def test_an_alert_is_shown_to_fire_alone_and_not_to_fire(rule: dict[str, Any]) -> None:
    looks = [fired(test) for test in TESTS if re.match(rf"{rule['alert']}\b", test["name"])]
    assert len(looks) == 1
    assert {rule["alert"]} in looks[0]
    assert set() in looks[0]


def test_settings_that_are_named_exist() -> None:
    texts = (DEPLOY / "alerts.yml").read_text("utf-8"), *RUNBOOK.values(), OVERLOAD
    sections = {key.partition(".")[0] for key in FIELDS if "." in key}
    named = set(re.findall(rf"\b(?:{'|'.join(sections)})\.(?!py\b)[a-z_]+", " ".join(texts)))
    assert named <= set(FIELDS)


def threshold(name: str) -> str:
    return next(str(rule["expr"]) for rule in ALERTS if rule["alert"] == name)


def test_thresholds_that_follow_a_limit_follow_it() -> None:
    game = ServerSettings().game
    assert f"> {game.backlog_total_bytes_max * 3 // 4}" in threshold("SendBacklogHigh")
    assert f"> {QUEUE_BYTES_MAX // 2} " in threshold("JournalLagging")
    assert f"> {game.players_max}" in threshold("SavesWaiting")


def test_the_ops_port_is_scraped_and_the_rules_are_loaded() -> None:
    config, ops = read_yaml("prometheus.yml"), ServerSettings().ops
    (job,) = config["scrape_configs"]
    assert job["job_name"] == "futurecity"
    assert job["static_configs"] == [{"targets": [f"{ops.host}:{ops.port}"]}]
    assert config["rule_files"] == ["alerts.yml"]


def test_the_table_of_levels_says_what_each_leaves_out() -> None:
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in OVERLOAD.splitlines() if re.match(r"\| \d", line)
    ]
    assert len(rows) == len(BY_LEVEL)
    for level, (row, detail) in enumerate(zip(rows, BY_LEVEL, strict=True)):
        said = [
            int(re.findall(r"\d+", cell)[-1 if place == PEOPLE else 0])
            for place, cell in enumerate(row)
            if place in TOLD
        ]
        chosen_ticks = Sight().refresh_ticks * detail.patience
        assert chosen_ticks == TICKS_PER_CRYSTALS * detail.patience
        assert said == [level, detail.ticks_per_frame, detail.far_records, chosen_ticks, detail.events_per_frame,
                        detail.launches_per_s, detail.ticks_per_crowd_map]  # fmt: skip
