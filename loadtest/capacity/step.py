"""One run of the search: its crowd, what came of it, and the figures that are plotted over the crowd."""

from collections.abc import Callable, Sequence
from statistics import median

from msgspec import Struct

from loadtest.capacity.search import Outcome
from loadtest.report import Report
from loadtest.terminal import figure


class Step(Struct, frozen=True):
    """One run; figures are null where there was none. `place` is where its own report is, beside ours."""

    bots: int
    attempt: int
    outcome: Outcome
    place: str
    failures: list[str] = []
    # Whether all limits held, those about what a player costs too.
    cheap: bool = False
    gap_p99_ms: float | None = None
    input_p99_ms: float | None = None
    mean_hz: float | None = None
    server_cpu_percent: float | None = None
    generator_cpu_percent: float | None = None
    shed_level_max: int | None = None
    tick_p99_ms: float | None = None
    cpu_us_per_frame: float | None = None
    rss_kb_per_client: float | None = None


def step_of(report: Report, attempt: int, place: str, strict: bool) -> Step:
    """What a report says of its crowd; with `strict` the price has to hold, too."""
    server, verdict = report.server, report.verdict
    return Step(
        report.bots,
        attempt,
        outcome_of(report, strict),
        place,
        failures=verdict.failures,
        cheap=verdict.passed,
        gap_p99_ms=report.frames.gap_ms.p99,
        input_p99_ms=report.input_ms.p99,
        mean_hz=report.frames.mean_hz,
        server_cpu_percent=server.cpu_percent if server else None,
        generator_cpu_percent=report.generator.cpu_percent if report.generator else None,
        shed_level_max=server.shed_level_max if server else None,
        tick_p99_ms=server.tick_ms.p99 if server else None,
        cpu_us_per_frame=server.cpu_us_per_frame if server else None,
        rss_kb_per_client=server.rss_kb_per_client if server else None,
    )


def outcome_of(report: Report, strict: bool) -> Outcome:
    """Of bots that were too busy nothing is believed, neither that the server held nor that it did not."""
    verdict = report.verdict
    if verdict.untrusted:
        return Outcome.SATURATED
    return Outcome.FAILED if verdict.ill or (strict and verdict.price) else Outcome.HELD


def told(step: Step) -> str:
    """One line about it."""
    figures = (
        f"gap p99 {figure(step.gap_p99_ms)} ms, server {figure(step.server_cpu_percent)} % CPU, "
        f"bots {figure(step.generator_cpu_percent)} %, shed level {figure(step.shed_level_max)}"
    )
    reasons = "" if step.outcome is Outcome.HELD else "".join(f"\n      {failure}" for failure in step.failures)
    return f"{step.bots:>7,}  {step.outcome.upper():<9}  {figures}{reasons}"


def over_crowds(
    steps: Sequence[Step], value: Callable[[Step], float | None]
) -> tuple[list[int], list[float | None]]:  # fmt: skip
    """Every crowd that was run, the smallest first, and the median of a figure over its runs."""
    crowds = sorted({step.bots for step in steps})
    known = {bots: [value(step) for step in steps if step.bots == bots] for bots in crowds}
    figures = {bots: [each for each in values if each is not None] for bots, values in known.items()}
    return crowds, [median(values) if values else None for values in figures.values()]
