"""What a person at a terminal sees of a run: a bar, or plain lines where there is no terminal, then a table."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from loadtest.report import Report, Second, Spread

# In a log file, one line in five seconds is enough to see that it lives.
_LINE_EVERY = 5


def described(second: Second, joined: int) -> str:
    """One second in a few words."""
    parts = [
        f"{second.players} here",
        f"{joined} joined",
        f"{figure(second.hz)} Hz",
        f"gap p99 {figure(second.gap_ms.p99)} ms",
    ]
    if second.server_cpu_percent is not None:
        parts.append(f"server {second.server_cpu_percent:.0f} % CPU, tick p99 {figure(second.tick_p99_ms)} ms")
    return ", ".join(parts)


def figure(value: float | None) -> str:
    """A figure for people: three digits that count, or a dash."""
    return "–" if value is None else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


class Bars:
    """A bar for the phase that is on. Drawn once a second, from the loop itself: a thread would cost more."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description:>9}"), BarColumn(30), TimeElapsedColumn(), TextColumn("{task.fields[news]}"),
            console=console, auto_refresh=False,
        )  # fmt: skip
        self._task: TaskID | None = None
        self._began_s = 0.0
        self._last_s = 0.0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._progress.refresh()
        self._progress.stop()

    def phase(self, name: str, seconds_max: float) -> None:
        """Start a new bar; the one before stays, full."""
        if self._task is not None:
            self._progress.update(self._task, completed=1, total=1)
            self._progress.stop_task(self._task)
        self._task = self._progress.add_task(name, total=seconds_max or None, news="")
        self._began_s = self._last_s
        self._progress.refresh()

    def second(self, second: Second, joined: int) -> None:
        """Move on."""
        self._last_s = second.at_s
        if self._task is not None:
            self._progress.update(self._task, completed=second.at_s - self._began_s, news=described(second, joined))
            self._progress.refresh()


class Lines:
    """One line per phase and every few seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._seconds = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        pass

    def phase(self, name: str, seconds_max: float) -> None:
        """Say what begins."""
        limit = f" (at most {seconds_max:g} s)" if seconds_max else ""
        self._console.print(f"{name}{limit}", highlight=False)

    def second(self, second: Second, joined: int) -> None:
        """Say how it goes."""
        self._seconds += 1
        if self._seconds % _LINE_EVERY == 0:
            line = f"  {second.at_s:5.0f} s  {described(second, joined)}"
            self._console.print(line, highlight=False, soft_wrap=True)


def display(console: Console) -> Bars | Lines:
    """Bars at a terminal, lines in a file."""
    return Bars(console) if console.is_terminal else Lines(console)


def rows(report: Report) -> list[tuple[str, str]]:
    """Every figure of a report by name, for people: the table of the terminal and of the page."""
    frames, traffic, server, generator = report.frames, report.bytes_per_client_s, report.server, report.generator
    table = [
        ("bots joined", f"{report.joined:,} of {report.bots:,}"),
        ("time to join", spread_text(report.join_s, "s")),
        ("everybody in after", f"{figure(report.all_joined_s)} s"),
        ("healthy bots cut", f"{report.disconnected_healthy:,}"),
        ("faults found", f"{sum(report.faults.values()):,}"),
        ("frames per bot", f"{figure(frames.mean_hz)} Hz, slowest 1 % {figure(frames.p01_hz)} Hz"),
        ("between two frames", spread_text(frames.gap_ms, "ms")),
        ("input to frame", spread_text(report.input_ms, "ms")),
        ("zones crossed", f"{figure(report.crossings)} times; now {_zones_text(report)}"),
        ("bytes per bot", f"{figure(traffic.down)} B/s down, {figure(traffic.up)} B/s up"),
    ]
    table += _event_rows(report)
    if server is not None:
        table += [
            (
                "server CPU",
                f"{figure(server.cpu_percent)} % of a core, {figure(server.loop_percent)} of them its loop's, "
                f"{figure(server.cpu_us_per_frame)} µs per frame",
            ),
            ("server memory", f"{figure(server.rss_mb)} MB, {figure(server.rss_kb_per_client)} KB per client"),
            ("server tick", spread_text(server.tick_ms, "ms")),
            ("ticks skipped", f"{figure(server.ticks_skipped)}, shed level at most {figure(server.shed_level_max)}"),
        ]
    if generator is not None:
        lag = spread_text(generator.lag_ms, "ms")
        table.append(("load generator", f"{figure(generator.cpu_percent)} % CPU, loop lag {lag}"))
    return table


def _event_rows(report: Report) -> list[tuple[str, str]]:
    """What was settled, and how the frames fared, where anything was."""
    table = []
    if report.calm is not None:
        times = f"{figure(report.gap_p99_of_calm)} × its p99 in the event"
        table.append(("in the calm before", f"{spread_text(report.calm.gap_ms, 'ms')}; {times}"))
    table += _storm_rows(report)
    if report.confirmed:
        told = ", ".join(f"{count:,} {event}" for event, count in report.confirmed.items())
        table.append(("settled", f"{figure(report.settled_per_s)} a second; {told} in all"))
        table.append(("request to confirmation", spread_text(report.settle_ms, "ms")))
    if report.audit is not None:
        audit = report.audit
        order = "balanced" if audit.balanced else "NOT balanced"
        table.append(
            ("books", f"{audit.confirmed:,} confirmed, {audit.stored:,} stored, {audit.lost:,} lost, "
             f"{audit.doubled:,} doubled, {audit.unheard:,} unheard; {order}")
        )  # fmt: skip
    return table


def _storm_rows(report: Report) -> list[tuple[str, str]]:
    """What went wrong on purpose, and what became of those it befell."""
    table, trouble, queue, returns = [], report.trouble, report.queue, report.returns
    if trouble is not None:
        told = f"{trouble.sent:,} sent, {trouble.ended:,} thrown out after {spread_text(trouble.held_s, 's')}"
        table.append(("trouble", f"{trouble.kind} by {trouble.makers:,}; {told}"))
    if report.rss_of_calm is not None:
        table.append(("memory in the event", f"at most {figure(report.rss_of_calm)} × that of the calm"))
    if queue is not None:
        table.append(("waited to get in", f"{queue.waited:,} bots, {spread_text(queue.wait_s, 's')}"))
        share = None if queue.estimates_within_2x is None else queue.estimates_within_2x * 100
        right = f"{figure(share)} % of {queue.estimates:,} within a factor of two"
        table.append(("estimates", f"{right}; {queue.estimates_unknown:,} times unknown"))
    if returns is not None:
        told = f"{returns.back:,} of {returns.cut:,} back, {returns.own_body:,} in their own body"
        table.append(("after being cut", f"{told}; {spread_text(returns.back_s, 's')}"))
    if report.recovery_s is not None:
        table.append(("nothing left out again", f"{figure(report.recovery_s)} s after the budget was given back"))
    if report.busy_max is not None:
        table.append(("budget of the server", f"{figure(report.busy_max * 100)} % of its core"))
    return table


def _zones_text(report: Report) -> str:
    return ", ".join(f"{count:,} in {zone}" for zone, count in report.zones.items() if count) or "nobody anywhere"


def spread_text(spread: Spread, unit: str) -> str:
    """A spread in words."""
    return f"p50 {figure(spread.p50)}, p99 {figure(spread.p99)}, max {figure(spread.max)} {unit}"


def show(report: Report, console: Console) -> None:
    """The table and the verdict. Text from a server goes out as text, never as markup."""
    machine = report.machine
    title = f"{report.scenario}: {report.bots:,} bots, {report.transport}, {report.seconds:g} s, seed {report.seed}"
    table = Table(title=Text(title), caption=Text(f"{machine.cores} × {machine.cpu}, Python {machine.python}"))
    table.add_column("what", no_wrap=True)
    table.add_column("figure")
    for name, value in rows(report):
        table.add_row(Text(name), Text(value))
    console.print(table)
    verdict = report.verdict
    console.print(Text("PASSED" if verdict.passed else "FAILED", style="bold green" if verdict.passed else "bold red"))
    for line in (*verdict.failures, *(f"not checked: {line}" for line in verdict.unchecked)):
        console.print(Text(f"  {line}"), soft_wrap=True)
