"""Memory is given back, where that can be done, and taken in advance, every ten seconds."""

import ctypes
import subprocess
import sys
import tracemalloc

import pytest

from server.spare import EVERY_TICKS, Spare, fill_arena, heap_trim


def test_both_are_done_every_ten_seconds() -> None:
    done: list[str] = []
    spare = Spare(lambda: done.append("trim"), lambda: done.append("fill"))
    for tick in range(1, 3 * EVERY_TICKS):
        spare.turn(tick)
        assert len(done) == 2 * (tick // EVERY_TICKS)
    assert sorted(done) == ["fill", "fill", "trim", "trim"]


def test_where_nothing_can_be_given_back_the_rest_is_done() -> None:
    done: list[str] = []
    Spare(None, lambda: done.append("fill")).turn(EVERY_TICKS)
    assert done == ["fill"]


def test_as_much_as_an_arena_is_used_and_nothing_is_kept_of_it() -> None:
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        fill_arena()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 1 << 20 <= peak - before < 1.1 * (1 << 20)
    assert after - before < 4096


def test_what_lies_ready_is_resident_from_the_start_and_never_more() -> None:
    # In a process of its own: in this one NumPy keeps much already.
    script = (
        "import os; import numpy as np; from server.spare import fill_caches; from tests.soak.memory import memory_of;"
        "before = memory_of(os.getpid()).own_mb; fill_caches(); filled = memory_of(os.getpid()).own_mb;"
        "[len([np.zeros(size, np.uint8) for _ in range(7)]) for size in np.random.default_rng(1).permutation(1024)];"
        "print(filled - before, memory_of(os.getpid()).own_mb - filled)"
    )
    told = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=True, timeout=60)
    at_once, later = map(float, told.stdout.split())
    # Seven of each size, and 16 bytes of the C library's with each; the kernel counts in steps of a quarter megabyte.
    assert at_once == pytest.approx(3.8, abs=0.8)
    assert later == pytest.approx(0, abs=0.5)


def test_glibc_has_it_and_nobody_else() -> None:
    trim = heap_trim()
    assert (trim is not None) is hasattr(ctypes.CDLL(None), "gnu_get_libc_version")
    assert trim is None or trim() in (0, 1)


def test_another_c_library_has_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert heap_trim() is None
