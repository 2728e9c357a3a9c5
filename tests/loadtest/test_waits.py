"""What people who wait are told, and whether it came true."""

from loadtest.faults import FaultKind, Faults
from loadtest.waits import Waits
from protocol.messages import Queued


def waits() -> tuple[Waits, Faults]:
    faults = Faults()
    return Waits(faults), faults


def queued(position: int, estimate_s: float | None = None) -> Queued:
    return Queued("ticket", position, estimate_s)


def test_where_nobody_waits_there_are_no_figures() -> None:
    line, _ = waits()
    line.let_in(0, 1.0)
    assert line.figures() is None


def test_a_wait_lasts_from_the_first_word_to_the_welcome() -> None:
    line, _ = waits()
    line.told(0, queued(5), 10.0)
    line.told(0, queued(2), 12.0)
    assert line.waiting == 1
    line.let_in(0, 16.0)
    figures = line.figures()
    assert figures is not None
    assert (figures.waited, figures.still_waiting, figures.wait_s.max) == (1, 0, 6.0)
    assert line.waiting == 0


def test_a_position_that_falls_or_stays_is_as_it_should_be() -> None:
    line, faults = waits()
    for position in (9, 9, 4, 1):
        line.told(0, queued(position), 0.0)
    assert faults.counts == {}


def test_a_position_that_rises_is_a_fault() -> None:
    line, faults = waits()
    line.told(3, queued(4), 0.0)
    line.told(3, queued(5), 2.0)
    assert faults.counts == {FaultKind.POSITION_ROSE: 1}
    assert faults.examples[FaultKind.POSITION_ROSE] == ["bot 3: position 4 became 5"]


def test_an_estimate_is_right_if_it_is_neither_half_nor_double() -> None:
    line, _ = waits()
    for estimate_s in (4.9, 5.0, 10.0, 20.0, 20.1):
        line.told(0, queued(3, estimate_s), 0.0)
    line.let_in(0, 10.0)
    figures = line.figures()
    assert figures is not None
    assert (figures.estimates, figures.estimates_within_2x) == (5, 0.6)


def test_estimates_of_the_last_seconds_and_unknown_ones_are_not_judged() -> None:
    line, _ = waits()
    line.told(0, queued(3, None), 0.0)
    line.told(0, queued(2, 500.0), 7.0)
    line.let_in(0, 10.0)
    figures = line.figures()
    assert figures is not None
    assert (figures.estimates, figures.estimates_within_2x, figures.estimates_unknown) == (0, None, 1)


def test_whoever_was_told_to_come_again_waits_and_has_no_place_to_keep() -> None:
    line, faults = waits()
    line.told(0, queued(3), 0.0)
    line.put_off(0, 1.0)
    line.told(0, queued(40), 5.0)
    assert (faults.counts, line.waiting) == ({}, 1)
    line.gave_up(0)
    assert line.waiting == 0
