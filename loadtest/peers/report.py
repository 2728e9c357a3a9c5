"""What a comparison writes down: one record for each trial, as it happens, and what follows from them."""

from pathlib import Path

import msgspec
from msgspec import Struct

from loadtest.report import Machine


class Trial(Struct, frozen=True):
    """One crowd at one server; `why` says what it did not hold, if anything.

    Rates are per player, whoever did not get in hearing nothing.
    """

    system: str
    players: int
    seconds: float
    entered: int
    sees: int
    mean_hz: float
    p01_hz: float
    gap_p99_ms: float | None
    cpu_percent: float
    cpu_us_per_update: float | None
    down_bytes_s: float
    rss_mb: float
    rss_kb_per_player: float
    cut: int
    generator_cpu_percent: float
    generator_lag_p99_ms: float | None
    # Nothing: it was held. Where the bots themselves were at their end, nothing is known of the server.
    why: list[str] = []
    blind: bool = False

    @property
    def held(self) -> bool:
        """Whether everything that is asked for was kept."""
        return not self.why


class Comparison(Struct, frozen=True):
    """All trials of a run, in the order in which they were made, and what they were made on."""

    made: str
    command: str
    machine: Machine
    versions: dict[str, dict[str, str]]
    trials: list[Trial]


TRIALS = "trials.jsonl"


def read_trials(directory: Path) -> list[Trial]:
    """The trials that were kept there. Raises ValueError for a file that is not one of ours."""
    path = directory / TRIALS
    if not path.exists():
        return []
    try:
        return msgspec.json.Decoder(Trial).decode_lines(path.read_bytes())
    except msgspec.DecodeError as error:
        raise ValueError(f"{path}: {error}; give another --report") from None


def keep_trial(trial: Trial, directory: Path) -> None:
    """Add one to those that are kept."""
    with (directory / TRIALS).open("ab") as file:
        file.write(msgspec.json.encode(trial) + b"\n")
