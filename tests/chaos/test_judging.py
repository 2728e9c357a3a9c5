"""What the kill test would say if something were wrong: each fault is found, by name."""

import signal
from typing import Any

import pytest

from tests.chaos.judging import (
    Audited,
    Memory,
    Tally,
    faults_of_books,
    faults_of_end,
    faults_of_return,
    faults_of_tally,
)

CLEAN = {"confirmed": 7, "stored": 7, "lost": 0, "doubled": 0, "unheard": 2, "balanced": True, "first": None}
KNOWN = Memory("player:3", balance=100, hoped=13, owed=2)


def test_books_that_have_everything_once_are_clean_whatever_was_not_heard() -> None:
    assert faults_of_books(Audited(0, CLEAN), 7) == []


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"lost": 1, "stored": 6}, "lost is 1"),
        ({"doubled": 1}, "doubled is 1"),
        ({"balanced": False}, "balanced is False"),
        ({"first": "transaction 3 sums to 1"}, "first is 'transaction 3 sums to 1'"),
        ({"confirmed": 6}, "confirmed is 6, not 7"),
        ({"stored": 0}, "stored is 0, not 7"),
    ],
)
def test_books_with_anything_wrong_are_not(changed: dict[str, Any], fault: str) -> None:
    assert any(fault in found for found in faults_of_books(Audited(0, CLEAN | changed), 7))


def test_an_audit_that_fails_or_says_nothing_is_a_fault_whatever_its_figures() -> None:
    assert faults_of_books(Audited(1, CLEAN), 7) == ["audit: exit status 1"]
    assert len(faults_of_books(Audited(0, {}), 7)) == 5


@pytest.mark.parametrize("balance", [98, 100, 112, 113])
def test_what_was_asked_and_never_heard_of_may_have_been_stored_or_not(balance: int) -> None:
    assert faults_of_return("Ada", KNOWN, "player:3", balance) == []


@pytest.mark.parametrize("balance", [97, 114])
def test_any_other_balance_is_a_fault(balance: int) -> None:
    (fault,) = faults_of_return("Ada", KNOWN, "player:3", balance)
    assert fault == f"Ada was told of 100 crystals and came back with {balance}, not 98 to 113"


def test_to_come_back_as_somebody_else_is_a_fault() -> None:
    assert faults_of_return("Ada", KNOWN, "player:4", 100) == ["Ada was player:3 and came back as player:4"]


def test_a_round_in_which_nothing_was_confirmed_proves_nothing() -> None:
    assert faults_of_tally(Tally(1, 1)) == []
    assert faults_of_tally(Tally(0, 5)) == ["nothing was picked"]
    assert len(faults_of_tally(Tally(0, 0))) == 2


@pytest.mark.parametrize(
    ("end", "status", "unheard", "faults"),
    [
        (signal.SIGKILL, -9, 31, 0),
        (signal.SIGKILL, 1, 0, 1),
        (signal.SIGTERM, 0, 0, 0),
        (signal.SIGTERM, 0, 1, 1),
        (signal.SIGTERM, 1, 1, 2),
    ],
)
def test_only_a_kill_may_leave_deeds_unheard(end: signal.Signals, status: int, unheard: int, faults: int) -> None:
    assert len(faults_of_end(end, status, unheard)) == faults
