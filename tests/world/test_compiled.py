"""Kernels: compiled for the types they are told, refused for others, and made even where nothing may be kept."""

import numba
import numpy as np
import pytest

from world.compiled import I4, NUMBER, compiled


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


def test_where_nothing_may_be_written_it_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = numba.njit

    def read_only(signatures: list[object], cache: bool = False) -> object:
        if cache:
            raise RuntimeError("cannot cache function 'twice': no locator available for file 'x.py'")
        return whole(signatures)

    monkeypatch.setattr(numba, "njit", read_only)

    @compiled(NUMBER, NUMBER)
    def twice(number: int) -> int:
        return 2 * number

    assert twice(21) == 42


def test_any_other_fault_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(signatures: list[object], cache: bool = False) -> object:
        raise RuntimeError("out of registers")

    monkeypatch.setattr(numba, "njit", broken)
    with pytest.raises(RuntimeError, match="registers"):
        compiled(NUMBER, NUMBER)(lambda number: number)
