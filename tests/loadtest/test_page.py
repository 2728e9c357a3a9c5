"""The page: everything in one file, nothing from elsewhere, and nothing a server said runs in it."""

import re
from pathlib import Path

from loadtest.page import page, write_html
from loadtest.report import Verdict
from tests.loadtest.reports import good

NASTY = '<script>alert("x")</script>'


def test_the_page_is_one_file_without_links() -> None:
    text = page(good())
    assert not re.search(r"""(src|href)\s*=|url\(|@import|https?://""", text)
    assert "<script" not in text


def test_the_page_has_every_plot_and_the_verdict(tmp_path: Path) -> None:
    text = write_html(good(), tmp_path).read_text("utf-8")
    assert text.count("<svg") == 10
    for title in (
        "Between two frames",
        "Input to acknowledging frame",
        "CPU",
        "Server tick",
        "Players",
        "Settled",
        "Request to confirmation",
    ):
        assert f"<figcaption>{title} " in text
    assert '<h2 class="passed">Passed</h2>' in text


def test_a_failed_run_says_why() -> None:
    text = page(good(verdict=Verdict(False, ["mean_hz: 3"], ["cpu: unknown"])))
    assert '<h2 class="failed">Failed</h2>' in text
    assert "<li>mean_hz: 3</li><li>not checked: cpu: unknown</li>" in text


def test_what_a_server_said_is_text() -> None:
    text = page(
        good(
            endings={NASTY: 1},
            denied={NASTY: 2},
            faults={NASTY: 3},
            fault_examples={NASTY: [NASTY]},
            about=NASTY,
            verdict=Verdict(False, [NASTY]),
        )
    )
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 6


def test_light_and_dark_are_both_readable() -> None:
    text = page(good())
    assert "prefers-color-scheme: dark" in text
    assert "color-scheme: light dark" in text


def test_a_run_without_a_server_or_a_series_has_a_page_too() -> None:
    assert "<svg" in page(good(server=None, series=[], generator=None))
