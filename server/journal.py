"""The journal: everything that entered each zone, in order, and a digest of what became of it.

The file is a stream of msgpack values, written in order and never changed:

    header   {"journal": 1, "futurecity": version, "fingerprint": hex, "seed": n, "tick_rate_hz": n, "zones": [name, …]}
    columns  [1, [name, …]]                   the pieces of state that digests below speak of, by index
    tick     [2, tick, zone, commands, moves, digest]
                 commands  [[entity, number, deed, fields], …]   in the order they were stepped
                 moves     bin, rows of world.tick.MOVE_DTYPE
                 digest    [index, crc32, index, crc32, …]       only what differs from the zone's last one;
                           nil: the step failed, which is our bug, and the zone was taken back to before
                           it; a replay fails in the same place, and goes on with the next record
    end      [3, why]                         its absence tells that the process was killed

Every zone has a tick record for every tick it did, also when nothing came in, so that a replay
takes exactly the same steps. A zone that stands still does no ticks. An idle zone costs ten bytes a tick.

The loop packs a record and hands it to a thread that writes; it never waits for the disk. When the
disk cannot keep up, or fails, recording stops, loudly, and the city goes on: a journal is evidence,
not a dependency. Records survive the process (they are with the kernel within moments), but not the
machine: nothing is synced before the end.
"""

import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import msgpack  # type: ignore[import-untyped]
import msgspec
import structlog

from server import VERSION
from world.config import WorldConfig, fingerprint
from world.event import Command
from world.tick import Batch

FORMAT = 1
COLUMNS, TICK, END = 1, 2, 3

# Half a minute of a full city (5,000 players at 20 moves/s are 1.2 MB/s): longer than a disk is ever
# busy, and small beside the memory of the players who fill it.
QUEUE_BYTES_MAX = 32 * 1024 * 1024
# A fair disk takes the whole queue in less; the process must be gone within 5 s of being told.
CLOSE_S = 2.0
# Names and chat are in it: for its owner only.
FILE_MODE = 0o600

log = structlog.get_logger()


class JournalError(Exception):
    """A journal that cannot be written or read, in one sentence for the person who asked for it."""


class Journal:
    """A journal being written. All methods belong to the loop's thread; only `close` waits."""

    def __init__(self, writer: "Writer", config: WorldConfig) -> None:
        self._writer = writer
        self._packer = msgpack.Packer()
        self._columns: dict[str, int] = {}
        self._digests: list[Mapping[str, int]] = [{} for _ in config.city.zone]
        self._put(header(config))

    @classmethod
    def open(cls, path: Path, config: WorldConfig) -> Self:
        """A new journal; JournalError when the file is there already or cannot be made."""
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        except FileExistsError:
            raise JournalError(f"{path}: is there already, and a journal is never overwritten") from None
        except OSError as error:
            raise JournalError(f"{path}: cannot be written: {error.strerror}") from None
        return cls(Writer(descriptor), config)

    @property
    def lag_s(self) -> float:
        """Age of the oldest record that is not yet with the kernel, in seconds."""
        return self._writer.lag_s

    @property
    def queued_bytes(self) -> int:
        """Size of all records that are not yet with the kernel."""
        return self._writer.queued_bytes

    @property
    def broken(self) -> str | None:
        """Why recording has stopped; None while it goes on."""
        return self._writer.broken

    def record(self, tick: int, zone: int, batch: Batch, digest: Mapping[str, int] | None) -> None:
        """A zone has stepped `batch` in `tick`, and this is what it came to; None: the step raised and left no trace.

        Nothing happens once broken.
        """
        changes = None if digest is None else self._changes(zone, digest)
        commands = [[one.entity, one.number, *plain(one.command)] for one in batch.commands]
        self._put([TICK, tick, zone, commands, batch.moves.tobytes(), changes])

    def close(self, within_s: float = CLOSE_S) -> None:
        """Writes what is queued and the end; gives a disk that hangs no longer than `within_s`."""
        self._writer.put(self._packer.pack([END, self._writer.broken or "closed"]))
        self._writer.close(within_s)

    def _changes(self, zone: int, digest: Mapping[str, int]) -> list[int | None]:
        self._name(digest)
        last = self._digests[zone]
        self._digests[zone] = digest
        changes: list[int | None] = []
        for name in (*digest, *(name for name in last if name not in digest)):
            if digest.get(name) != last.get(name):
                changes += (self._columns[name], digest.get(name))
        return changes

    def _name(self, digest: Mapping[str, int]) -> None:
        new = [name for name in digest if name not in self._columns]
        if new:
            self._columns |= {name: len(self._columns) + place for place, name in enumerate(new)}
            self._put([COLUMNS, list(self._columns)])

    def _put(self, record: object) -> None:
        if not self._writer.broken:
            self._writer.put(self._packer.pack(record))


class Writer:
    """A thread that writes bytes to a file in order, behind a queue that is bounded and never waits."""

    def __init__(self, descriptor: int, queue_bytes_max: int = QUEUE_BYTES_MAX) -> None:
        self.broken: str | None = None
        self.queued_bytes = 0
        self._queue_bytes_max = queue_bytes_max
        self._queue: list[bytes] = []
        self._queued_s: float | None = None
        self._writing_s: float | None = None
        self._closing = False
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._run, args=(descriptor,), name="journal", daemon=True)
        self._thread.start()

    @property
    def lag_s(self) -> float:
        """Age of the oldest bytes that are not written, in seconds."""
        with self._wake:
            oldest_s = self._writing_s or self._queued_s
            return 0.0 if oldest_s is None else time.monotonic() - oldest_s

    def put(self, packed: bytes) -> None:
        """Queues bytes, or breaks when there are too many already; what was queued is still written."""
        with self._wake:
            # Once broken, only the journal's last word comes here, and that one is short.
            if not self.broken and self.queued_bytes + len(packed) > self._queue_bytes_max:
                self._break("the disk did not keep up")
                return
            self._queue.append(packed)
            self.queued_bytes += len(packed)
            self._queued_s = self._queued_s or time.monotonic()
            self._wake.notify()

    def close(self, within_s: float) -> None:
        """Waits until everything is on the disk, or for so long."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join(within_s)
        if self._thread.is_alive():
            log.error("journal not finished", queued_bytes=self.queued_bytes, waited_s=within_s)

    def _run(self, descriptor: int) -> None:
        try:
            while packed := self._take():
                _write(descriptor, packed)
                self._wrote(len(packed))
            os.fsync(descriptor)
        except OSError as error:
            with self._wake:
                self._break(f"the disk failed: {error.strerror}")
                self._queue.clear()
                self.queued_bytes, self._queued_s, self._writing_s = 0, None, None
        finally:
            os.close(descriptor)

    def _take(self) -> bytes:
        """Everything queued, in one piece, as soon as there is something; empty when closing."""
        with self._wake:
            self._wake.wait_for(lambda: self._queue or self._closing)
            packed = b"".join(self._queue)
            self._queue.clear()
            self._writing_s, self._queued_s = self._queued_s, None
            return packed

    def _wrote(self, count: int) -> None:
        with self._wake:
            self.queued_bytes -= count
            self._writing_s = None

    def _break(self, why: str) -> None:
        if not self.broken:
            self.broken = why
            log.error("journal broken, recording has stopped", why=why, queued_bytes=self.queued_bytes)


def header(config: WorldConfig) -> dict[str, Any]:
    """What must be the same for a replay to mean anything, and what a person wants to know."""
    return {
        "journal": FORMAT,
        "futurecity": VERSION,
        "fingerprint": fingerprint(config),
        "seed": config.seed,
        "tick_rate_hz": config.tick_rate_hz,
        "zones": [zone.name for zone in config.city.zone],
    }


def plain(command: Command) -> tuple[str, Any]:
    """A command as its deed's name and plain values, which `msgspec.convert` turns back."""
    return command.deed, msgspec.to_builtins(command, builtin_types=(bytes,))


def _write(descriptor: int, packed: bytes) -> None:
    rest = memoryview(packed)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
