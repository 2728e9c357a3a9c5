"""Deeds are switched off where they break too often or an operator says so, and nowhere else."""

import numpy as np
import pytest
from structlog.testing import capture_logs

from server.ops.metrics import Metrics
from server.switches import FAULTS_MAX, FAULTS_TICKS, SWITCHABLE, Off, Sorted, Switchboard
from world.catalogue import DEEDS
from world.events.halt import Halt
from world.events.say import Say
from world.events.wave import Wave
from world.tick import MOVE_DTYPE, Batch, Issued

GATE, PLAZA = 0, 1
BY_HAND = Off(7, "by ada")


class Board(Switchboard):
    """Two zones, with a look at the metrics."""

    def __init__(self) -> None:
        self.metrics = Metrics(["gate", "plaza"])
        super().__init__(["gate", "plaza"], self.metrics)

    def value(self, name: str, deed: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"futurecity_{name}", {"deed": deed})

    def break_often(self, deed: str, times: int = FAULTS_MAX, every_ticks: int = 1) -> None:
        with capture_logs():
            for number in range(times):
                self.broke(GATE, deed, 1000 + number * every_ticks)


@pytest.fixture
def board() -> Board:
    return Board()


def test_everything_is_on_at_first(board: Board) -> None:
    assert (board.off(GATE), board.off(PLAZA)) == ({}, {})
    assert all(board.value("deeds_off", deed) == 0 for deed in SWITCHABLE)


def test_a_deed_that_has_broken_often_enough_is_off_where_it_broke(board: Board) -> None:
    board.break_often("say", FAULTS_MAX - 1)
    assert board.off(GATE) == {}
    with capture_logs() as logs:
        board.broke(GATE, "say", 1010)
    assert board.off(GATE) == {"say": Off(1010, "broke 5 times within 60 s")}
    assert board.off(PLAZA) == {}
    assert (board.value("deeds_off", "say"), board.value("deed_faults_total", "say")) == (1, FAULTS_MAX)
    assert [(log["log_level"], log["deed"], log["zone"]) for log in logs] == [("error", "say", "gate")]


def test_faults_that_are_long_past_do_not_count(board: Board) -> None:
    board.break_often("say", 50, every_ticks=FAULTS_TICKS // (FAULTS_MAX - 1))
    assert board.off(GATE) == {}
    assert board.value("deed_faults_total", "say") == 50


def test_faults_of_different_deeds_do_not_add_up(board: Board) -> None:
    for deed in ("say", "wave"):
        board.break_often(deed, FAULTS_MAX - 1)
    assert board.off(GATE) == {}


def test_a_deed_that_goes_on_breaking_is_switched_off_once(board: Board) -> None:
    board.break_often("say")
    with capture_logs() as logs:
        board.broke(GATE, "say", 1020)
    assert logs == []
    assert board.off(GATE)["say"].since_tick == 1000 + FAULTS_MAX - 1


@pytest.mark.parametrize("deed", [name for name, deed in DEEDS.items() if not deed.public])
def test_the_servers_own_deeds_are_counted_and_never_switched_off(board: Board, deed: str) -> None:
    board.break_often(deed, 3 * FAULTS_MAX)
    assert board.off(GATE) == {}
    assert board.value("deed_faults_total", deed) == 3 * FAULTS_MAX


def test_whoever_switches_a_deed_on_again_gives_it_a_fresh_start(board: Board) -> None:
    board.break_often("say")
    with capture_logs():
        board.switch_on(GATE, "say")
    assert (board.off(GATE), board.faults(GATE, "say", 1010), board.value("deeds_off", "say")) == ({}, 0, 0)
    board.break_often("say", FAULTS_MAX - 1)
    assert board.off(GATE) == {}


def test_in_how_many_zones_a_deed_is_off_is_counted(board: Board) -> None:
    with capture_logs():
        for zone in (GATE, PLAZA, PLAZA):
            board.switch_off(zone, "say", BY_HAND)
        assert board.value("deeds_off", "say") == 2
        board.switch_on(GATE, "say")
        board.switch_on(GATE, "say")
    assert board.value("deeds_off", "say") == 1


def test_what_is_off_is_sorted_out_and_everything_else_enters_in_its_order(board: Board) -> None:
    say, wave, halt = Issued(1, 1, Say("hello")), Issued(1, 2, Wave("left")), Issued(1, 0, Halt())
    moves = np.zeros(3, MOVE_DTYPE)
    batch = Batch([halt, say, wave], moves)
    assert board.sort(GATE, batch) == Sorted(batch)
    with capture_logs():
        board.switch_off(GATE, "say", BY_HAND)
    entering, refused, dropped = board.sort(GATE, batch)
    assert (entering.commands, refused, dropped) == ([halt, wave], [say], 0)
    assert entering.moves is moves
    assert board.sort(PLAZA, batch) == Sorted(batch)


def test_moves_can_be_switched_off_too(board: Board) -> None:
    with capture_logs():
        board.switch_off(GATE, "move", BY_HAND)
    entering, refused, dropped = board.sort(GATE, Batch((), np.zeros(3, MOVE_DTYPE)))
    assert (len(entering.moves), refused, dropped) == (0, [], 3)
