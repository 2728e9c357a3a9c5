"""Kernels: compiled for the types they are told, refused for others, and made even where nothing may be kept."""

import importlib
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np
import pytest

from world.compiled import I4, NUMBER, compiled, group, records


def test_a_kernel_takes_what_it_was_told_and_nothing_else() -> None:
    @compiled(NUMBER, I4)
    def total(numbers: np.ndarray) -> int:
        sum_of = 0
        for number in numbers:
            sum_of += number
        return sum_of

    assert total(np.array([2, 3], np.int32)) == 5
    for wrong in (np.array([2.5]), np.array([[2]], np.int32), np.arange(6, dtype=np.int32)[::2]):
        with pytest.raises(TypeError):
            total(wrong)


def test_a_kernel_that_borrows_cannot_make_an_array() -> None:
    @compiled(NUMBER, I4, borrowing=True)
    def last(numbers: np.ndarray) -> int:
        return int(numbers[-1])

    assert last(np.array([2, 3], np.int32)) == 3
    with pytest.raises(numba.TypingError):
        compiled(NUMBER, NUMBER, borrowing=True)(lambda count: np.zeros(count).size)


def test_a_kernel_writes_into_records() -> None:
    pair = np.dtype([("low", "<u2"), ("high", "<u4")])

    @compiled(NUMBER, records(pair), borrowing=True)
    def swap(rows: np.ndarray) -> int:
        for row in rows:
            row.low, row.high = row.high, row.low
        return rows.size

    rows = np.array([(1, 2), (3, 4)], pair)
    assert swap(rows) == 2
    assert rows.tolist() == [(2, 1), (4, 3)]


def test_where_nothing_may_be_written_it_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = numba.njit

    def read_only(cache: bool = False) -> object:
        if cache:
            raise RuntimeError("cannot cache function 'twice': no locator available for file 'x.py'")
        return whole()

    monkeypatch.setattr(numba, "njit", read_only)

    @compiled(NUMBER, NUMBER)
    def twice(number: int) -> int:
        return 2 * number

    assert twice(21) == 42


def test_any_other_fault_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(cache: bool = False) -> object:
        raise RuntimeError("out of registers")

    monkeypatch.setattr(numba, "njit", broken)
    with pytest.raises(RuntimeError, match="registers"):
        compiled(NUMBER, NUMBER)(lambda number: number)


KERNEL = """
from typing import NamedTuple
from world.compiled import NUMBER, compiled, group

class {pair}(NamedTuple):
    one: int
    other: int

@compiled(NUMBER, group({pair}, NUMBER, NUMBER))
def weigh(pair: {pair}) -> int:
    return pair.one {sign} pair.other
"""


def test_what_is_kept_of_an_older_file_is_forgotten_though_it_names_what_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kernel_of_a_test.py"
    path.write_text(KERNEL.format(pair="Before", sign="+"), "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    before = importlib.import_module("kernel_of_a_test")
    assert before.weigh(before.Before(5, 3)) == 8
    assert list((tmp_path / "__pycache__").glob("*.nbi"))
    path.write_text(KERNEL.format(pair="After", sign="-") + "# longer\n", "utf-8")
    monkeypatch.delitem(sys.modules, "kernel_of_a_test")
    after = importlib.import_module("kernel_of_a_test")
    assert after.weigh(after.After(5, 3)) == 2


def test_two_groups_that_would_be_taken_for_each_other_are_refused() -> None:
    def pair(module: str) -> type[tuple[Any, ...]]:
        class Pair(NamedTuple):
            low: int
            high: int

        Pair.__module__ = module
        return Pair

    ours, again, theirs = pair("ours"), pair("ours"), pair("theirs")
    group(ours, NUMBER, I4)
    group(again, NUMBER, I4)
    group(theirs, NUMBER, NUMBER)
    with pytest.raises(TypeError, match=r"theirs\.Pair has name and columns of that in ours"):
        group(theirs, NUMBER, I4)
