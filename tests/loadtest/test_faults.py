"""Faults are counted without end and remembered within bounds."""

from loadtest.faults import EXAMPLES_MAX, FaultKind, Faults, told


def test_every_fault_counts_and_only_the_first_are_told() -> None:
    faults = Faults()
    for bot in range(1000):
        faults.note(FaultKind.TOO_FAST, bot, "jumped", times=2)
    assert faults.total == faults.counts[FaultKind.TOO_FAST] == 2000
    assert faults.examples == {FaultKind.TOO_FAST: [f"bot {bot}: jumped" for bot in range(EXAMPLES_MAX)]}


def test_each_kind_is_told_with_how_often_it_was_seen_and_the_first_time() -> None:
    faults = Faults()
    for bot in (7, 8, 9):
        faults.note(FaultKind.TOO_FAST, bot, "jumped")
    faults.note(FaultKind.SAW_ITSELF, 3, "in frame 12")
    assert told(faults.counts, faults.examples) == [
        "fault too_fast: 3 times (first: bot 7: jumped)",
        "fault saw_itself: 1 times (first: bot 3: in frame 12)",
    ]
