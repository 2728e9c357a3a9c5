"""What a person at a terminal sees."""

import io

from rich.console import Console

from loadtest.report import Verdict
from loadtest.terminal import Bars, Lines, display, figure, rows, show
from tests.loadtest.reports import good

SECOND = good().series[0]


def written(terminal: bool) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, force_terminal=terminal, width=120), out


def test_a_file_gets_plain_lines_now_and_then() -> None:
    console, out = written(terminal=False)
    with display(console) as lines:
        assert isinstance(lines, Lines)
        lines.phase("joining", 10)
        for _ in range(10):
            lines.second(SECOND, 2000)
    text = out.getvalue()
    assert "\x1b" not in text
    assert len(text.splitlines()) == 3
    assert "2000 joined, 10 Hz, gap p99 150 ms, server 60 % CPU, tick p99 20 ms" in text


def test_a_terminal_gets_a_bar_for_each_phase() -> None:
    console, out = written(terminal=True)
    with display(console) as bars:
        assert isinstance(bars, Bars)
        bars.phase("joining", 10)
        bars.second(SECOND, 1)
        bars.phase("measuring", 30)
        bars.second(SECOND, 2)
        bars.phase("leaving", 0)
    assert all(phase in out.getvalue() for phase in ("joining", "measuring", "leaving"))


def test_every_figure_is_in_the_table() -> None:
    table = dict(rows(good()))
    assert table["bots joined"] == "2,000 of 2,000"
    assert table["frames per bot"] == "9.95 Hz, slowest 1 % 9.8 Hz"
    assert table["zones crossed"] == "12 times; now 1,990 in crystal_plaza, 10 in park"
    assert table["server CPU"] == "60 % of a core, 45 of them its loop's, 15 µs per frame"
    assert table["bytes per bot"] == "5,000 B/s down, 36 B/s up"


def test_the_verdict_comes_last_with_its_reasons() -> None:
    console, out = written(terminal=False)
    show(good(verdict=Verdict(False, ["mean_hz: [red]3[/red]"], ["cpu: unknown"])), console)
    lines = [line.strip() for line in out.getvalue().splitlines()]
    assert lines[-3:] == ["FAILED", "mean_hz: [red]3[/red]", "not checked: cpu: unknown"]


def test_what_is_not_known_is_a_dash() -> None:
    assert figure(None) == "–"
    assert dict(rows(good(all_joined_s=None)))["everybody in after"] == "– s"
