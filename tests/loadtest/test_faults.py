"""Faults are counted without end and remembered within bounds."""

from loadtest.faults import EXAMPLES_MAX, FaultKind, Faults


def test_every_fault_counts_and_only_the_first_are_told() -> None:
    faults = Faults()
    for bot in range(1000):
        faults.note(FaultKind.TOO_FAST, bot, "jumped", times=2)
    assert faults.total == faults.counts[FaultKind.TOO_FAST] == 2000
    assert faults.examples == {FaultKind.TOO_FAST: [f"bot {bot}: jumped" for bot in range(EXAMPLES_MAX)]}
