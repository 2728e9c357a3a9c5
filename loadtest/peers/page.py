"""`report.json` and `report.html` of a comparison: the tables, and each figure over the size of the crowd."""

from collections.abc import Callable
from html import escape
from pathlib import Path

import msgspec

from loadtest.page import STYLE
from loadtest.peers.adapters import ADAPTERS
from loadtest.peers.knee import FIRST
from loadtest.peers.report import Comparison, Trial
from loadtest.peers.table import HEAD, RATIOS, Row, knees, ratios, same_crowd
from loadtest.plot import Line, plot

NOT_COMPARABLE = (
    "Who tells everybody everything is measured without the work of choosing, and lets each client see more than ours.",
    "Ours sends whole positions: of the nearest 16 in every frame, of the other 48 in turn, 32 in each. Colyseus sends "
    "what has changed of all 64. A frame of ours may be lost and the next one heals it; a difference may not.",
    "Ours ticks 20 times a second, keeps people out of walls, journals what happens and settles what is owned; the "
    "peers only walk, ten times a second.",
    "The bots share the machine, and the copying of the loopback is charged to whoever writes or reads.",
)
# Title, unit and value of a trial; each is drawn over the size of the crowd.
_PLOTS: tuple[tuple[str, str, Callable[[Trial], float | None]], ...] = (
    ("CPU per update", "µs", lambda trial: trial.cpu_us_per_update),
    ("Between two updates, p99", "ms", lambda trial: trial.gap_p99_ms),
    ("Updates per client", "Hz", lambda trial: trial.mean_hz),
    ("Down per client", "KB/s", lambda trial: trial.down_bytes_s / 1000),
    ("Memory of the server", "MB", lambda trial: trial.rss_mb),
    ("CPU of the server", "% of a core", lambda trial: trial.cpu_percent),
)


def write(comparison: Comparison, directory: Path) -> Path:
    """Both files; the path of the page."""
    (directory / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(comparison), indent=2) + b"\n")
    path = directory / "report.html"
    path.write_text(page(comparison), "utf-8")
    return path


def page(comparison: Comparison) -> str:
    """The whole page; whatever a server said is escaped."""
    machine, trials = comparison.machine, comparison.trials
    told = f"{comparison.made}, {machine.cores} × {machine.cpu}, {comparison.command}"
    tables = [("At the knee of each", HEAD, knees(trials)), ("Ours beside each", RATIOS, ratios(trials))]
    tables += [(f"The same crowd: {size:,}", (*HEAD[:-1], "verdict"), same_crowd(trials, size)) for size in FIRST]
    body = "".join(f"<h2>{escape(title)}</h2>{_table(head, rows)}" for title, head, rows in tables if rows)
    remarks = "".join(f"<li>{escape(line)}</li>" for line in NOT_COMPARABLE)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Peers side by side</title><style>{STYLE} body {{ max-width: 1100px; }} th {{ white-space: normal; }}"
        f"</style><h1>Peers side by side</h1><p>{escape(told)}</p>{body}"
        f"<h2>What is not comparable</h2><ul>{remarks}</ul>{_plots(trials)}<h2>Versions</h2>{_versions(comparison)}"
        f"</html>\n"
    )


def _table(head: Row, rows: list[Row]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{lines}</table>"


def _plots(trials: list[Trial]) -> str:
    drawn = []
    for title, unit, value in _PLOTS:
        lines = []
        for system, adapter in ADAPTERS.items():
            mine = sorted((trial for trial in trials if trial.system == system), key=lambda trial: trial.players)
            lines.append(Line(adapter.title, [value(trial) for trial in mine], [trial.players for trial in mine]))
        drawn.append(plot(title, unit, [], lines, along="players"))
    return "".join(drawn)


def _versions(comparison: Comparison) -> str:
    rows: list[Row] = [
        (ADAPTERS[system].title, ", ".join(f"{name} {version}" for name, version in versions.items()))
        for system, versions in comparison.versions.items()
    ]
    return _table(("server", "on"), rows)
