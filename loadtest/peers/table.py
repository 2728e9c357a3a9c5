"""What a comparison comes to, as rows: at the knee of each server, at the same crowd, and ours beside each."""

from collections.abc import Sequence

from loadtest.peers.adapters import ADAPTERS
from loadtest.peers.adapters.base import NEIGHBOURS
from loadtest.peers.knee import knee
from loadtest.peers.report import Trial

Row = tuple[str, ...]

OURS = "city"
HEAD: Row = (
    "server", "everybody sees", "players", "updates/s, slowest 1 %", "gap p99", "CPU per update", "CPU",
    "down per client", "memory, per client", "next crowd that was not held",
)  # fmt: skip


def knees(trials: Sequence[Trial]) -> list[Row]:
    """A row for each server: its largest crowd that was held."""
    rows = []
    for system in _systems(trials):
        held, broke = knee(_of(trials, system))
        if held is not None:
            rows.append((*_figures(held), _limit(broke)))
    return rows


def same_crowd(trials: Sequence[Trial], players: int) -> list[Row]:
    """A row for each server with so many, held or not; its last cell says what was not kept."""
    chosen = [trial for system in _systems(trials) for trial in _of(trials, system) if trial.players == players]
    return [(*_figures(trial), "held" if trial.held else "; ".join(trial.why)) for trial in chosen]


def ratios(trials: Sequence[Trial]) -> list[Row]:
    """Ours beside each: how many times its players, how many times fewer µs an update at the knees and at one crowd."""
    ours = knee(_of(trials, OURS)).held
    rows: list[Row] = []
    for system in _systems(trials):
        theirs = knee(_of(trials, system)).held
        if system != OURS and ours is not None and theirs is not None:
            rows.append((
                ADAPTERS[system].title,
                _times(ours.players, theirs.players),
                _times(theirs.cpu_us_per_update, ours.cpu_us_per_update),
                _times(theirs.down_bytes_s, ours.down_bytes_s),
            ))  # fmt: skip
    return rows


RATIOS: Row = ("beside", "our players", "fewer CPU µs an update", "fewer bytes per client")


def markdown(head: Row, rows: Sequence[Row]) -> str:
    """A table for a README."""
    lines = [f"| {' | '.join(cells)} |" for cells in (head, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])


def _figures(trial: Trial) -> Row:
    adapter = ADAPTERS[trial.system]
    return (
        adapter.title,
        "everybody" if adapter.tells_all else f"the nearest {NEIGHBOURS}",
        f"{trial.players:,}",
        f"{trial.mean_hz:.2f}, {trial.p01_hz:.2f}",
        "none" if trial.gap_p99_ms is None else f"{trial.gap_p99_ms:.0f} ms",
        "none" if trial.cpu_us_per_update is None else f"{trial.cpu_us_per_update:.0f} µs",
        f"{trial.cpu_percent:.0f} %",
        f"{trial.down_bytes_s / 1000:.1f} KB/s",
        f"{trial.rss_mb:.0f} MB, {trial.rss_kb_per_player:.0f} KB",
    )


def _limit(broke: Trial | None) -> str:
    if broke is None:
        return "none was tried"
    why = "the bots were at their end; the server may hold more" if broke.blind else "; ".join(broke.why)
    return f"{broke.players:,}: {why}"


def _times(more: float | None, less: float | None) -> str:
    return f"× {more / less:.1f}" if more and less else "unknown"


def _systems(trials: Sequence[Trial]) -> list[str]:
    here = {trial.system for trial in trials}
    return [system for system in ADAPTERS if system in here]


def _of(trials: Sequence[Trial], system: str) -> list[Trial]:
    return [trial for trial in trials if trial.system == system]
