"""Usage is of a whole family of processes, and of nobody else."""

import subprocess
import sys
from pathlib import Path

import pytest

from loadtest.peers.usage import usage


def write(proc: Path, pid: int, ticks: tuple[int, int], pages: int, children: str) -> None:
    (proc / str(pid) / "task" / str(pid)).mkdir(parents=True)
    (proc / str(pid) / "task" / str(pid) / "children").write_text(children)
    fields = ["S", *["0"] * 10, *map(str, ticks), *["0"] * 8]
    (proc / str(pid) / "stat").write_text(f"{pid} (a name) with) {' '.join(fields)}")
    (proc / str(pid) / "statm").write_text(f"99 {pages} 0 0 0 0 0")


def test_children_and_theirs_are_counted(tmp_path: Path) -> None:
    write(tmp_path, 1, (100, 20), 10, "2 ")
    write(tmp_path, 2, (30, 0), 5, "3 4")
    write(tmp_path, 3, (0, 7), 1, "")
    write(tmp_path, 9, (1000, 1000), 1000, "")
    one = usage(1, tmp_path)
    # 4 was a child and is gone.
    assert usage(9, tmp_path).cpu_s == pytest.approx(one.cpu_s * 2000 / 157)
    assert usage(9, tmp_path).rss_bytes == pytest.approx(one.rss_bytes * 1000 / 16)
    assert usage(3, tmp_path).cpu_s == pytest.approx(one.cpu_s * 7 / 157)


def test_a_real_process_has_used_something() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        while usage(process.pid).rss_bytes == 0:
            assert process.poll() is None
        process.communicate(b"\n")
    assert usage(process.pid).rss_bytes == 0
