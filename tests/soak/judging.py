"""What must be true after a long stroll: the one place that says so."""

from typing import NamedTuple

from tests.soak.slope import Slope


class Held(NamedTuple):
    """What the server held at one moment."""

    tasks: float
    open_files: float


class Soaked(NamedTuple):
    """What came of a soak: how memory went, what was held before anybody came and after all had left, who was cut."""

    memory_mb: Slope
    before: Held
    after: Held
    bots: int
    joined: int
    cut: int
    faults: int


def faults_of(soaked: Soaked) -> list[str]:
    """Everything that is wrong."""
    faults = []
    if soaked.memory_mb.grows:
        faults.append(f"memory: {soaked.memory_mb.told('MB')}")
    for name, before, after in zip(Held._fields, soaked.before, soaked.after, strict=True):
        if after > before:
            faults.append(f"{name}: {before:g} before anybody came, {after:g} after all had left")
    if soaked.joined < soaked.bots:
        faults.append(f"joined: {soaked.joined} of {soaked.bots}")
    if soaked.cut:
        faults.append(f"{soaked.cut} bots were cut")
    if soaked.faults:
        faults.append(f"{soaked.faults} promises of the wire were broken")
    return faults
