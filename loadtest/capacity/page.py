"""`report.html`: the answer for people, its plots over the size of the crowd, and a way to the report of every run."""

from collections.abc import Callable
from html import escape
from pathlib import Path

from loadtest.capacity.answer import Answer, sentences
from loadtest.capacity.search import Outcome
from loadtest.capacity.step import Step, over_crowds
from loadtest.page import STYLE
from loadtest.plot import Line, plot
from loadtest.scenario import Limits
from loadtest.terminal import figure

Value = Callable[[Step], float | None]

# Title, unit, each line's name and value, and the limit that is drawn beside them.
_PLOTS: tuple[tuple[str, str, dict[str, Value], str], ...] = (
    ("Between two frames", "ms", {"gap p99": lambda step: step.gap_p99_ms}, "gap_p99_ms_max"),
    ("Input to acknowledging frame", "ms", {"p99": lambda step: step.input_p99_ms}, "input_p99_ms_max"),
    ("Frames per bot", "Hz", {"mean": lambda step: step.mean_hz}, "mean_hz_min"),
    (
        "CPU",
        "% of a core",
        {"server": lambda step: step.server_cpu_percent, "bots": lambda step: step.generator_cpu_percent},
        "",
    ),
    ("Detail left out", "shed level at most", {"shed": lambda step: step.shed_level_max}, ""),
    ("Server tick", "ms", {"p99": lambda step: step.tick_p99_ms}, ""),
    ("CPU per frame", "µs", {"all in": lambda step: step.cpu_us_per_frame}, "cpu_us_per_frame_max"),
    ("Memory", "KB per client", {"server": lambda step: step.rss_kb_per_client}, "rss_kb_per_client_max"),
)


def write_html(answer: Answer, limits: Limits, directory: Path) -> Path:
    """`report.html` in `directory`."""
    path = directory / "report.html"
    path.write_text(page(answer, limits), "utf-8")
    return path


def page(answer: Answer, limits: Limits) -> str:
    """The whole page, in one file that needs no network."""
    title = f"Capacity: {answer.holds:,} in {answer.scenario} over {answer.transport}"
    machine = answer.machine
    made_on = f" on {machine.cores} × {machine.cpu}, Python {machine.python}" if machine else ""
    told = (
        f"Runs of {answer.seconds:g} s each, with a server of their own, from seed {answer.seed} on{made_on}. At the "
        f"bounds of the answer a majority of {answer.repeats} runs decides. Plots show medians of the runs of a crowd."
    )
    said = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences(answer))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style><h1>{escape(title)}</h1>{said}<p>{escape(told)}</p>"
        f"{_plots(answer.steps, limits)}<h2>Runs</h2>{_table(answer.steps)}</html>\n"
    )


def _plots(steps: list[Step], limits: Limits) -> str:
    return "".join(
        _plot(steps, title, unit, lines, getattr(limits, limit, None)) for title, unit, lines, limit in _PLOTS
    )


def _plot(steps: list[Step], title: str, unit: str, lines: dict[str, Value], limit: float | None) -> str:
    crowds = over_crowds(steps, lambda step: None)[0]
    drawn = [Line(name, over_crowds(steps, value)[1]) for name, value in lines.items()]
    if limit is not None:
        drawn.append(Line("limit", [limit] * len(crowds)))
    return plot(title, unit, crowds, drawn, along="bots")


def _table(steps: list[Step]) -> str:
    head = "".join(f"<th>{name}</th>" for name, _ in _COLUMNS)
    rows = "".join(f"<tr>{''.join(f'<td>{cell(step)}</td>' for _, cell in _COLUMNS)}</tr>" for step in steps)
    return f"<table><tr>{head}</tr>{rows}</table>"


def _link(step: Step) -> str:
    crowd = f"{step.bots:,}"
    if step.outcome is Outcome.UNUSABLE:
        return crowd
    return f'<a href="{escape(step.place)}/report.html">{crowd}</a>'


def _told(step: Step) -> str:
    """What came of it; reasons also where it held, if they are about its price."""
    word = "passed" if step.outcome is Outcome.HELD else "failed"
    return f'<span class="{word}">{step.outcome}</span>' + "".join(f"<br>{escape(line)}" for line in step.failures)


_COLUMNS: tuple[tuple[str, Callable[[Step], str]], ...] = (
    ("bots", _link),
    ("outcome", _told),
    ("Hz", lambda step: figure(step.mean_hz)),
    ("gap p99, ms", lambda step: figure(step.gap_p99_ms)),
    ("input p99, ms", lambda step: figure(step.input_p99_ms)),
    ("server, %", lambda step: figure(step.server_cpu_percent)),
    ("bots, %", lambda step: figure(step.generator_cpu_percent)),
    ("shed", lambda step: figure(step.shed_level_max)),
    ("µs/frame", lambda step: figure(step.cpu_us_per_frame)),
)
