"""Memory that is about to be taken is taken in advance: some of it when the crowd has grown, some once."""

import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from itertools import count, islice
from sys import getsizeof

import pytest

from server.spare import LOOK_TICKS, Spare, fill_arenas, fill_heap

SPARE_BYTES = 4 << 20


def test_all_are_filled_when_the_crowd_has_grown_and_at_no_other_time() -> None:
    done: list[str] = []
    people: list[int] = []
    spare = Spare(people, lambda: done.append("arenas"), lambda: done.append("heap"))
    ticks = count(1)
    for crowd, times in ((0, 0), (100, 1), (100, 1), (110, 1), (111, 2), (50, 2), (115, 2), (200, 3)):
        people[:] = range(crowd)
        for tick in islice(ticks, LOOK_TICKS):
            assert done == ["arenas", "heap"] * (len(done) // 2)
            spare.turn(tick)
        assert len(done) == 2 * times


@pytest.mark.parametrize("fill", [fill_arenas, fill_heap])
def test_so_much_is_used_and_a_few_blocks_are_held_of_it(fill: Callable[[], Sequence[object]]) -> None:
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        held = fill()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert SPARE_BYTES <= peak - before < 1.1 * SPARE_BYTES
    assert len(held) == 8
    assert after - before < 1.1 * sum(map(getsizeof, held)) + 4096


@pytest.mark.parametrize(("call", "heaps"), [("", 2), ("share_heap();", 1)])
def test_a_thread_has_no_heap_of_its_own(call: str, heaps: int) -> None:
    script = (
        f"import ctypes, sys, threading; from server.spare import share_heap; {call}"
        "libc = ctypes.CDLL(None); libc.fdopen.restype = ctypes.c_void_p;"
        "thread = threading.Thread(target=lambda: b'.' * 100_000); thread.start(); thread.join();"
        "out = ctypes.c_void_p(libc.fdopen(1, b'w')); libc.malloc_info(0, out); libc.fflush(out)"
    )
    told = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=True, timeout=60)
    assert told.stdout.count("<heap nr=") == heaps


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


def test_a_pool_that_small_objects_have_begun_is_resident_to_its_end() -> None:
    script = (
        "from pathlib import Path; from server.spare import fill_arenas;"
        "own = lambda: int(Path('/proc/self/smaps_rollup').read_text().split('Anonymous:')[1].split()[0]);"
        "sizes = range(48, 513, 16); kept = [b'.' * (size - 33) for size in sizes];"
        "own(); held = fill_arenas(); filled = own();"
        "kept += [b'.' * (size - 33) for size in sizes for _ in range(16384 // size)];"
        "print(own() - filled)"
    )
    told = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=True, timeout=60)
    # Thirty pools of four pages each have been begun; what lists and the reading itself take is a few pages.
    assert int(told.stdout) < 30 * 4
