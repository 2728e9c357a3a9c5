"""What a process has in memory: its own, and pages of files."""

import mmap
import os
from pathlib import Path

import llvmlite
import pytest

from tests.soak.memory import Memory, memory_of, told_by

STATUS = "Name:\tpython\nRssAnon:\t    1000 kB\nRssFile:\t     250 kB\nRssShmem:\t      24 kB\nThreads:\t3\n"
SIZE = 64 * 2**20
# What else the interpreter may take or give back meanwhile, and what the kernel has not counted yet.
NEAR_MB = 8.0


def test_what_no_file_holds_is_its_own() -> None:
    assert told_by(STATUS) == Memory(1.048576, 0.256)


@pytest.mark.parametrize("name", ["RssAnon", "RssFile", "RssShmem"])
def test_a_system_that_does_not_tell_is_an_error_that_says_what_is_missing(name: str) -> None:
    with pytest.raises(ValueError, match=f"has no {name}: Linux 4.5 or newer"):
        told_by(STATUS.replace(name, "Else"))


def test_a_process_that_takes_memory_has_more_of_its_own() -> None:
    # Straight from the system: what other tests have left free in the heap would be taken first.
    with mmap.mmap(-1, SIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as taken:
        before = memory_of(os.getpid())
        for _ in range(SIZE // 2**20):
            taken.write(os.urandom(2**20))
        after = memory_of(os.getpid())
    assert after.own_mb - before.own_mb == pytest.approx(SIZE / 1e6, abs=NEAR_MB)
    assert after.files_mb == pytest.approx(before.files_mb, abs=NEAR_MB)


def test_a_process_that_reads_pages_of_a_file_has_more_of_files() -> None:
    # Large, and with the other libraries: what lies in /tmp may lie in memory.
    library = Path(llvmlite.__file__).parent / "binding" / "libllvmlite.so"
    with library.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as pages:
        before = memory_of(os.getpid())
        assert sum(pages[:: mmap.PAGESIZE]) > 0
        after = memory_of(os.getpid())
    assert after.files_mb - before.files_mb == pytest.approx(library.stat().st_size / 1e6, abs=NEAR_MB)
    assert after.own_mb == pytest.approx(before.own_mb, abs=NEAR_MB)
