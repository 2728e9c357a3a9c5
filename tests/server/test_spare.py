"""Memory is given back once a minute, where that can be done."""

import ctypes

import pytest

from server.spare import EVERY_TICKS, Spare, heap_trim


def test_it_is_given_back_once_a_minute() -> None:
    given: list[int] = []
    spare = Spare(lambda: given.append(1))
    for tick in range(1, 3 * EVERY_TICKS):
        spare.turn(tick)
        assert len(given) == tick // EVERY_TICKS
    assert len(given) == 2


def test_where_it_cannot_be_nothing_happens() -> None:
    Spare(None).turn(EVERY_TICKS)


def test_glibc_has_it_and_nobody_else() -> None:
    trim = heap_trim()
    assert (trim is not None) is hasattr(ctypes.CDLL(None), "gnu_get_libc_version")
    assert trim is None or trim() in (0, 1)


def test_another_c_library_has_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert heap_trim() is None
