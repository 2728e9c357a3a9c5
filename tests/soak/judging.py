"""What must be true after a long stroll: the one place that says so."""

from typing import NamedTuple

from tests.judging import faults_among
from tests.soak.memory import Memory
from tests.soak.slope import Slope


class Held(NamedTuple):
    """What the server held at one moment."""

    tasks: float
    open_files: float


class Look(NamedTuple):
    """What the server had in memory so many seconds after the crowd began to come."""

    at_s: float
    memory: Memory


class Soaked(NamedTuple):
    """What came of a soak: each look at the server's memory, and the slopes of its two kinds, of which its own is
    judged; what was held before anybody came and after all had left, who was cut, and a sentence for each kind of
    broken promise of the wire."""

    looks: list[Look]
    own_mb: Slope
    files_mb: Slope
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
        (soaked.own_mb.grows, f"memory: {soaked.own_mb.told('MB')}"),
        *(
            (after > before, f"{name}: {before:g} before anybody came, {after:g} after all had left")
            for name, before, after in held
        ),
        (soaked.joined < soaked.bots, f"joined: {soaked.joined} of {soaked.bots}"),
        (soaked.cut, f"{soaked.cut} bots were cut"),
        *((True, fault) for fault in soaked.faults),
    )
