"""The dashboard: panels that stand side by side, with a source and cities to choose, and nothing to install."""

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from tests.deploy.queries import dashboard, panels

BOARD = dashboard()
PANELS: list[dict[str, Any]] = BOARD["panels"]
ROWS = ["At a glance", "Players and the door", "Tick and loop", "Frames and traffic", "Shedding", "What is owned",
        "Faults and the process"]  # fmt: skip
# Grafana brings these.
BUILT_IN = {"row", "stat", "timeseries"}
COLUMNS = 24
SOURCE = {"type": "prometheus", "uid": "$datasource"}


def test_rows_come_in_the_order_of_questions() -> None:
    assert [panel["title"] for panel in PANELS if panel["type"] == "row"] == ROWS


def test_nothing_has_to_be_installed() -> None:
    assert {panel["type"] for panel in PANELS} == BUILT_IN


def test_panels_have_ids_and_titles_of_their_own() -> None:
    assert max(Counter(panel["id"] for panel in PANELS).values()) == 1
    row = ""
    seen: Counter[tuple[str, str]] = Counter()
    for panel in PANELS:
        row = panel["title"] if panel["type"] == "row" else row
        seen[row, panel["title"]] += 1
    assert max(seen.values()) == 1


def test_no_panel_covers_another() -> None:
    covered: Counter[tuple[int, int]] = Counter()
    for panel in PANELS:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= COLUMNS
        covered.update((x, y) for x in range(place["x"], place["x"] + place["w"])
                       for y in range(place["y"], place["y"] + place["h"]))  # fmt: skip
    assert max(covered.values()) == 1


def test_panels_are_listed_from_top_to_bottom() -> None:
    places = [(panel["gridPos"]["y"], panel["gridPos"]["x"]) for panel in PANELS]
    assert all(first < second for first, second in pairwise(places))


def test_the_source_and_the_cities_are_chosen_and_nothing_is_fixed() -> None:
    source, city = BOARD["templating"]["list"]
    assert (source["name"], source["type"], source["query"]) == ("datasource", "datasource", "prometheus")
    assert (city["name"], city["datasource"]) == ("instance", SOURCE)
    assert "id" not in BOARD
    assert all(note["datasource"] == SOURCE for note in BOARD["annotations"]["list"])


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel["title"])
def test_every_question_is_of_the_cities_that_are_chosen(panel: dict[str, Any]) -> None:
    assert panel["datasource"] == SOURCE
    for target in panel["targets"]:
        asked = target["expr"].count("futurecity_") + target["expr"].count("process_")
        assert target["expr"].count('instance=~"$instance"') == asked
    letters = [target["refId"] for target in panel["targets"]]
    assert letters == sorted(set(letters))
