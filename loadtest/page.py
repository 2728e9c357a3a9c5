"""`report.html`: the report for people, in one file that needs no network."""

from collections.abc import Callable
from html import escape
from pathlib import Path

from loadtest.plot import Line, plot
from loadtest.report import Report, Second
from loadtest.terminal import rows

STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1f; --paper: #ffffff; --faint: #d8d8de;
  --c0: #1f6fd6; --c1: #d6571f; --c2: #1f9d55; --c3: #8a3fd1; --c4: #8a6d1b; --good: #1b7f3b; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8ee; --paper: #17171b; --faint: #3a3a42;
  --c0: #6fb0ff; --c1: #ff9a66; --c2: #63d68f; --c3: #c59bff; --c4: #e0c35c; --good: #63d68f; --bad: #ff8a80; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 760px; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; vertical-align: top;
  border-bottom: 1px solid var(--faint); }
th { font-weight: 500; white-space: nowrap; }
figure { margin: 1.5rem 0; } svg { width: 100%; height: auto; } svg text { fill: var(--ink); font-size: 11px; }
.grid { stroke: var(--faint); }
path { fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linejoin: round; stroke-linecap: round; }
.s0 { color: var(--c0); } .s1 { color: var(--c1); } .s2 { color: var(--c2); } .s3 { color: var(--c3); }
.s4 { color: var(--c4); }
.passed { color: var(--good); } .failed { color: var(--bad); }
"""


def write_html(report: Report, directory: Path) -> Path:
    """`report.html` in `directory`."""
    path = directory / "report.html"
    path.write_text(page(report), "utf-8")
    return path


def page(report: Report) -> str:
    """The whole page; whatever a server may have said is escaped."""
    machine = report.machine
    title = f"{report.scenario}: {report.bots:,} bots"
    told = (
        f"{report.about} {report.transport}, {report.seconds:g} s measured, seed {report.seed}; "
        f"{machine.cores} × {machine.cpu}, Python {machine.python}, uvloop {machine.uvloop}, NumPy {machine.numpy}"
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style><h1>{escape(title)}</h1><p>{escape(told)}</p>"
        f"{_verdict(report)}{_table(rows(report))}{_plots(report.series)}{_findings(report)}</html>\n"
    )


def _verdict(report: Report) -> str:
    verdict = report.verdict
    word = "passed" if verdict.passed else "failed"
    lines = [*verdict.failures, *(f"not checked: {line}" for line in verdict.unchecked)]
    reasons = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<h2 class="{word}">{word.capitalize()}</h2>' + (f"<ul>{reasons}</ul>" if reasons else "")


def _table(lines: list[tuple[str, str]]) -> str:
    body = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in lines)
    return f"<table>{body}</table>"


Value = Callable[[Second], float | None]

# Title, unit, and each line's name and value.
_PLOTS: tuple[tuple[str, str, dict[str, Value]], ...] = (
    ("Players", "in the city", {"players": lambda second: second.players}),
    ("Frames per bot", "Hz", {"mean": lambda second: second.hz}),
    (
        "Between two frames",
        "ms",
        {
            "p50": lambda second: second.gap_ms.p50,
            "p99": lambda second: second.gap_ms.p99,
            "max": lambda second: second.gap_ms.max,
        },
    ),
    (
        "Input to acknowledging frame",
        "ms",
        {"p50": lambda second: second.input_ms.p50, "p99": lambda second: second.input_ms.p99},
    ),
    (
        "CPU",
        "% of a core",
        {
            "server": lambda second: second.server_cpu_percent,
            "load generator": lambda second: second.generator_cpu_percent,
        },
    ),
    ("Server tick", "ms", {"p99": lambda second: second.tick_p99_ms, "max": lambda second: second.tick_max_ms}),
    ("Detail left out", "level", {"shed": lambda second: second.shed_level}),
    ("Server memory", "MB", {"resident": lambda second: second.rss_mb}),
    ("Settled", "confirmations a second", {"heard": lambda second: second.settled_per_s}),
    (
        "Request to confirmation",
        "ms",
        {"p50": lambda second: second.settle_ms.p50, "p99": lambda second: second.settle_ms.p99},
    ),
)


def _plots(series: list[Second]) -> str:
    moments = [second.at_s for second in series]
    return "".join(
        plot(title, unit, moments, [Line(name, [value(second) for second in series]) for name, value in lines.items()])
        for title, unit, lines in _PLOTS
    )


def _findings(report: Report) -> str:
    """Faults with examples, endings and denials, where there are any."""
    parts = []
    if report.faults:
        lines = [
            (f"{kind} × {count}", "; ".join(report.fault_examples.get(kind, ())))
            for kind, count in report.faults.items()
        ]
        parts.append("<h2>Faults</h2>" + _table(lines))
    thrown_out = report.trouble.endings if report.trouble else {}
    told = {"Bots that were cut": report.endings, "Troublemakers": thrown_out, "Deeds refused": report.denied}
    for title, counts in told.items():
        if counts:
            parts.append(f"<h2>{title}</h2>" + _table([(why, f"{count:,}") for why, count in counts.items()]))
    return "".join(parts)
