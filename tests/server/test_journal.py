"""The journal: complete, in order, never in the loop's way, and loud when it cannot go on."""

import errno
import os
import stat
import threading
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]
import numpy as np
import pytest
from structlog.testing import capture_logs

from server import VERSION
from server.journal import CLOSE_S, COLUMNS, END, TICK, Journal, JournalError, Writer
from world.config import WorldConfig, fingerprint, load_config
from world.events.say import Say
from world.tick import MOVE_DTYPE, Batch, Issued

QUIET = Batch((), np.empty(0, MOVE_DTYPE))


@pytest.fixture(scope="module")
def config() -> WorldConfig:
    return load_config(None, seed=3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "city.journal"


def values(path: Path) -> list[Any]:
    return list(msgpack.Unpacker(BytesIO(path.read_bytes())))


class Disk:
    """A disk that does what a test says, in place of os.write; `open` lets a write through."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.reached = threading.Event()
        self.error: OSError | None = None
        self._write: Callable[[int, Any], int] = os.write

    def write(self, descriptor: int, data: Any) -> int:
        """Waits until the disk is open, then fails or writes at most 100 bytes, as a disk may."""
        self.reached.set()
        assert self.open.wait(10)
        if self.error:
            raise self.error
        return self._write(descriptor, bytes(data[:100]))


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    disk = Disk()
    monkeypatch.setattr("server.journal.os.write", disk.write)
    yield disk
    disk.open.set()


def writer(path: Path, queue_bytes_max: int) -> Writer:
    return Writer(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), queue_bytes_max)


def test_the_header_says_which_city_was_recorded(path: Path, config: WorldConfig) -> None:
    Journal.open(path, config).close()
    head, end = values(path)
    assert head == {
        "journal": 1,
        "futurecity": VERSION,
        "fingerprint": fingerprint(config),
        "seed": 3,
        "tick_rate_hz": 20,
        "zones": [zone.name for zone in config.city.zone],
    }
    assert end == [END, "closed"]


def test_what_enters_a_zone_is_recorded_in_order_and_only_what_changed_of_its_digest(
    path: Path, config: WorldConfig
) -> None:
    moves = np.array([(131073, 9, 64, 64, 1, 0)], MOVE_DTYPE)
    journal = Journal.open(path, config)
    journal.record(1, 0, Batch([Issued(131073, 8, Say(text="é"))], moves), {"x": 5, "z": 6})
    journal.record(1, 1, QUIET, {"x": 5, "z": 7})
    journal.record(2, 0, QUIET, {"x": 5, "z": 8})
    journal.record(4, 0, QUIET, None)
    journal.close()
    _, *records, _ = values(path)
    assert records == [
        [COLUMNS, ["x", "z"]],
        [TICK, 1, 0, [[131073, 8, "say", {"text": "é"}]], moves.tobytes(), [0, 5, 1, 6]],
        [TICK, 1, 1, [], b"", [0, 5, 1, 7]],
        [TICK, 2, 0, [], b"", [1, 8]],
        [TICK, 4, 0, [], b"", None],
    ]


def test_a_column_that_comes_or_goes_is_recorded(path: Path, config: WorldConfig) -> None:
    journal = Journal.open(path, config)
    journal.record(1, 0, QUIET, {"x": 5})
    journal.record(2, 0, QUIET, {"z": 0})
    journal.close()
    assert values(path)[1:-1] == [
        [COLUMNS, ["x"]],
        [TICK, 1, 0, [], b"", [0, 5]],
        [COLUMNS, ["x", "z"]],
        [TICK, 2, 0, [], b"", [1, 0, 0, None]],
    ]


def test_a_quiet_zone_costs_little(path: Path, config: WorldConfig) -> None:
    journal = Journal.open(path, config)
    journal.record(1, 0, QUIET, {"tick": 1, "x": 0xFFFFFFFF})
    journal.close()
    before = path.stat().st_size
    path.unlink()
    journal = Journal.open(path, config)
    for tick in range(1, 1001):
        journal.record(tick, 0, QUIET, {"tick": tick, "x": 0xFFFFFFFF})
    journal.close()
    assert (path.stat().st_size - before) / 999 <= 16


def test_a_journal_is_never_overwritten(path: Path, config: WorldConfig) -> None:
    path.write_bytes(b"evidence")
    with pytest.raises(JournalError, match="is there already"):
        Journal.open(path, config)
    assert path.read_bytes() == b"evidence"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, config: WorldConfig) -> None:
    with pytest.raises(JournalError, match=r"no/city\.journal: cannot be written: No such file or directory"):
        Journal.open(tmp_path / "no" / "city.journal", config)


def test_only_its_owner_may_read_what_people_said(path: Path, config: WorldConfig) -> None:
    Journal.open(path, config).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_lag_and_queue_show_what_the_disk_has_not_taken_yet(path: Path, disk: Disk, config: WorldConfig) -> None:
    journal = Journal.open(path, config)
    assert disk.reached.wait(10)
    journal.record(1, 0, QUIET, {"x": 1})
    assert journal.lag_s > 0
    assert journal.queued_bytes > 100
    disk.open.set()
    journal.close()
    assert (journal.lag_s, journal.queued_bytes, journal.broken) == (0.0, 0, None)
    assert len(values(path)) == 4


def test_a_disk_that_falls_behind_breaks_the_journal_and_never_the_loop(path: Path, disk: Disk) -> None:
    slow = writer(path, queue_bytes_max=1000)
    with capture_logs() as logs:
        for _ in range(11):
            slow.put(b"x" * 100)
        assert slow.broken == "the disk did not keep up"
        assert slow.queued_bytes == 1000
    assert [line["log_level"] for line in logs] == ["error"]
    disk.open.set()
    slow.close(CLOSE_S)
    assert path.stat().st_size == 1000


def test_a_broken_journal_keeps_what_it_had_and_says_why_it_ends(path: Path, disk: Disk, config: WorldConfig) -> None:
    slow = writer(path, queue_bytes_max=400)
    journal = Journal(slow, config)
    for tick in range(1, 51):
        journal.record(tick, 0, QUIET, {"x": tick})
    assert journal.broken
    disk.open.set()
    journal.close()
    _, _, *ticks, end = values(path)
    assert [record[1] for record in ticks] == list(range(1, len(ticks) + 1))
    assert 5 < len(ticks) < 50
    assert end == [END, "the disk did not keep up"]


def test_a_disk_that_fails_breaks_the_journal_and_frees_its_memory(path: Path, disk: Disk, config: WorldConfig) -> None:
    disk.error = OSError(errno.ENOSPC, "No space left on device")
    journal = Journal.open(path, config)
    with capture_logs() as logs:
        disk.open.set()
        journal.close()
        journal.record(1, 0, QUIET, {"x": 1})
    assert journal.broken == "the disk failed: No space left on device"
    assert journal.lag_s == 0
    assert [line["log_level"] for line in logs] == ["error"]


def test_a_disk_that_hangs_does_not_keep_the_process(path: Path, disk: Disk) -> None:
    stuck = writer(path, queue_bytes_max=1000)
    stuck.put(b"x" * 100)
    with capture_logs() as logs:
        stuck.close(within_s=0.01)
    assert [(line["event"], line["queued_bytes"]) for line in logs] == [("journal not finished", 100)]
