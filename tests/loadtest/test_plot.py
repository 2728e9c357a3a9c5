"""Plots: well-formed SVG whose lines are where the values are."""

import re
from xml.etree import ElementTree as ET

import pytest

from loadtest.plot import HEIGHT, WIDTH, Line, nice_top, plot


def paths(figure: str) -> list[str]:
    return [path.attrib["d"] for path in ET.fromstring(figure).iter("path")]


def test_a_plot_is_well_formed_and_complete() -> None:
    figure = plot("CPU", "%", [1, 2, 3], [Line("server", [10, 20, 30]), Line("bots", [5, 5, 5])])
    assert len(paths(figure)) == 2
    assert "".join(ET.fromstring(figure).itertext()).startswith("CPU (%) server bots")


def test_higher_is_higher_and_later_is_to_the_right() -> None:
    first, second = re.findall(r"[ML]([\d.]+) ([\d.]+)", paths(plot("x", "s", [1, 2], [Line("a", [1.0, 10.0])]))[0])
    assert float(first[0]) < float(second[0]) <= WIDTH
    assert HEIGHT > float(first[1]) > float(second[1]) >= 0


def test_a_line_is_lifted_over_what_is_not_known() -> None:
    (path,) = paths(plot("x", "s", [1, 2, 3, 4], [Line("a", [1.0, None, 2.0, 3.0])]))
    assert (path.count("M"), path.count("L")) == (2, 1)


def test_it_may_run_along_anything_that_is_counted() -> None:
    axis = [text.text for text in ET.fromstring(plot("x", "ms", [0, 4000], [], along="bots")).iter("text")]
    assert axis[1::2] == ["0 bots", "1,000 bots", "2,000 bots", "3,000 bots", "4,000 bots"]


@pytest.mark.parametrize("lines", [[], [Line("a", [None])], [Line("a", [0.0])]])
def test_nothing_to_draw_is_no_error(lines: list[Line]) -> None:
    assert "<svg" in plot("x", "s", [1.0] if lines else [], lines)


def test_names_are_escaped() -> None:
    ET.fromstring(plot("<b>&", '"', [1], [Line("<script>", [1.0])]))


@pytest.mark.parametrize(
    ("largest", "top"), [(0, 1), (0.3, 0.5), (1, 1), (1.1, 2), (20, 20), (21, 50), (99, 100), (float("nan"), 1)]
)
def test_an_axis_ends_at_a_round_number(largest: float, top: float) -> None:
    assert nice_top(largest) == pytest.approx(top)


def test_a_line_may_have_moments_of_its_own() -> None:
    figure = plot("x", "µs", [], [Line("a", [1.0, 2.0], [500, 4000]), Line("b", [1.0], [2000])], along="players")
    first, second = paths(figure)
    (half,) = re.findall(r"M([\d.]+)", second)
    low, high = (float(x) for x, _ in re.findall(r"[ML]([\d.]+) ([\d.]+)", first))
    assert low < float(half) < high <= WIDTH
    assert "4,000 players" in figure
