"""What must be true after a long stroll: the one place that says so."""

from typing import NamedTuple

from tests.judging import faults_among
from tests.soak.slope import Slope


class Held(NamedTuple):
    """What the server held at one moment."""

    tasks: float
    open_files: float


class Soaked(NamedTuple):
    """What came of a soak: each reading of memory, its second and megabytes, and their slope; what was held before
    anybody came and after all had left, who was cut, and a sentence for each kind of broken promise of the wire."""

    readings: list[tuple[float, float]]
    memory_mb: Slope
    before: Held
    after: Held
    bots: int
    joined: int
    cut: int
    faults: list[str]


def faults_of(soaked: Soaked) -> list[str]:
    """Everything that is wrong."""
    held = zip(Held._fields, soaked.before, soaked.after, strict=True)
    return faults_among(
        (soaked.memory_mb.grows, f"memory: {soaked.memory_mb.told('MB')}"),
        *(
            (after > before, f"{name}: {before:g} before anybody came, {after:g} after all had left")
            for name, before, after in held
        ),
        (soaked.joined < soaked.bots, f"joined: {soaked.joined} of {soaked.bots}"),
        (soaked.cut, f"{soaked.cut} bots were cut"),
        *((True, fault) for fault in soaked.faults),
    )
