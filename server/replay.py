"""Reruns a journal and compares what becomes of it with what became of it then, bit for bit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, BinaryIO, TypeVar

import msgpack  # type: ignore[import-untyped]
import msgspec
import numpy as np
from msgspec import Meta, Struct

from server.journal import COLUMNS, END, FORMAT, TICK, JournalError
from world.catalogue import DEEDS, Deed
from world.config import WorldConfig, fingerprint, load_config
from world.digest import digest
from world.space import Space
from world.state import World
from world.tick import MOVE_DTYPE, Batch, Issued, step

# The largest record is one zone's tick: 65,536 entities with a move each are under 1 MB. A journal
# that claims more is damaged, and must not cost more memory than this to say so.
RECORD_BYTES_MAX = 16 * 1024 * 1024

# How a step ends.
DONE, FAILED = "done", "failed"

T = TypeVar("T")
U32 = Annotated[int, Meta(ge=0, le=0xFFFFFFFF)]


class Header(Struct, frozen=True):
    """The first value of a journal."""

    journal: int
    futurecity: str
    fingerprint: str
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    tick_rate_hz: int
    zones: list[str]


class Columns(Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=COLUMNS):
    """The pieces of state that the digests after this speak of, by index."""

    names: list[str]


class Tick(Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=TICK):
    """What one zone was given in one tick, and how its digest differed from the one before."""

    tick: U32
    zone: U32
    commands: list[tuple[U32, U32, str, dict[str, Any]]]
    moves: bytes
    changes: list[U32 | None] | None


class End(Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=END):
    """The journal's last word."""

    why: str


@dataclass(frozen=True)
class Difference:
    """Something that came out differently: a column's checksum in hex, or how the step itself ended."""

    tick: int
    zone: str
    column: str
    expected: str
    actual: str

    def __str__(self) -> str:
        return f"tick {self.tick}, zone {self.zone}, {self.column}: was {self.expected}, is {self.actual}"


@dataclass
class ReplayReport:
    """What a replay found: `differences` are those of the first tick and zone that has any."""

    steps: int = 0
    first_tick: int = 0
    last_tick: int = 0
    zones: tuple[str, ...] = ()
    commands: int = 0
    moves: int = 0
    ended: str | None = None
    lost_bytes: int = 0
    failures: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()

    @property
    def same(self) -> bool:
        """Whether everything came out as it was recorded."""
        return not self.differences

    def lines(self) -> Iterator[str]:
        """The report for a person."""
        yield f"{self.steps} steps of {len(self.zones)} zones, ticks {self.first_tick} to {self.last_tick}"
        yield f"{self.commands} commands and {self.moves} moves"
        if self.ended is None:
            yield f"the journal breaks off: the process was killed, {self.lost_bytes} bytes of an unfinished record"
        elif self.ended != "closed":
            yield f"the journal ends early: {self.ended}"
        for failure in self.failures:
            yield f"fails as it did then, at {failure}"
        for difference in self.differences:
            yield f"DIFFERS at {difference}"
        if self.same:
            yield "the same, bit for bit"


@dataclass
class Zone:
    """One zone under replay: its world, and the digest that the journal says it should have."""

    name: str
    world: World
    expected: dict[str, int] = field(default_factory=dict)


class Replay:
    """A journal being rerun, record by record."""

    def __init__(self, config: WorldConfig) -> None:
        space = Space(config.city)
        self.report = ReplayReport(zones=tuple(zone.name for zone in config.city.zone))
        self._zones = [Zone(name, World(config, number, space)) for number, name in enumerate(self.report.zones)]
        self._columns: list[str] = []

    def take(self, record: Columns | Tick | End) -> bool:
        """Reruns one record; False when there is no use in going on. Raises ValueError when it makes no sense."""
        if isinstance(record, Tick):
            return self._step(record)
        if isinstance(record, Columns):
            self._columns = record.names
        else:
            self.report.ended = record.why
        return True

    def _step(self, record: Tick) -> bool:
        zone = _at(self._zones, record.zone)
        batch = _batch(record)
        if record.tick <= zone.world.tick:
            raise ValueError(f"tick {record.tick} comes after tick {zone.world.tick}")
        self._count(record, batch)
        # A step that failed has left no trace: the zone was taken back, and tried with something else.
        world = zone.world.copy() if record.changes is None else zone.world
        ended = _ending(world, record.tick, batch)
        if record.changes is None or ended != DONE:
            return self._failed(record, zone.name, ended)
        self._expect(zone, record.changes)
        self.report.differences = tuple(_differences(record.tick, zone, digest(zone.world)))
        return self.report.same

    def _failed(self, record: Tick, zone: str, ended: str) -> bool:
        if record.changes is None and ended != DONE:
            self.report.failures += (f"tick {record.tick}, zone {zone}: {ended}",)
        else:
            was = FAILED if record.changes is None else DONE
            self.report.differences = (Difference(record.tick, zone, "the step", was, ended),)
        return self.report.same

    def _expect(self, zone: Zone, changes: Sequence[int | None]) -> None:
        for index, crc in zip(changes[::2], changes[1::2], strict=True):
            column = _at(self._columns, index)
            if crc is None:
                zone.expected.pop(column, None)
            else:
                zone.expected[column] = crc

    def _count(self, record: Tick, batch: Batch) -> None:
        report = self.report
        report.first_tick = record.tick if not report.steps else report.first_tick
        report.last_tick = record.tick
        report.steps += 1
        report.commands += len(batch.commands)
        report.moves += len(batch.moves)


def replay(path: Path, content: Path | None = None) -> ReplayReport:
    """Reruns the journal in `path` with the city in `content` until its end or the first difference.

    Raises JournalError when the journal cannot be read or belongs to another city, and
    `world.config.ContentError` when the content cannot be.
    """
    try:
        with path.open("rb") as file:
            return _rerun(path, file, content)
    except OSError as error:
        raise JournalError(f"{path}: cannot be read: {error.strerror}") from None


def _rerun(path: Path, file: BinaryIO, content: Path | None) -> ReplayReport:
    values = msgpack.Unpacker(file, max_buffer_size=RECORD_BYTES_MAX)
    started = None
    try:
        for value in values:
            if started is None:
                started = Replay(_config(path, msgspec.convert(value, Header), content))
            elif not started.take(msgspec.convert(value, Columns | Tick | End)):
                return started.report
    except (ValueError, msgspec.MsgspecError, msgpack.UnpackException) as error:
        raise JournalError(f"{path}: damaged before byte {values.tell()}: {error}") from None
    if started is None:
        raise JournalError(f"{path}: is empty, there is not even a header")
    started.report.lost_bytes = path.stat().st_size - values.tell()
    return started.report


def _config(path: Path, header: Header, content: Path | None) -> WorldConfig:
    if header.journal != FORMAT:
        raise JournalError(f"{path}: has journal format {header.journal}, this version reads {FORMAT}")
    config = load_config(content, header.seed)
    if fingerprint(config) != header.fingerprint:
        raise JournalError(
            f"{path}: was recorded in another city: fingerprint {header.fingerprint}, "
            f"this content has {fingerprint(config)}; name the right one with --world.content"
        )
    return config


def _batch(record: Tick) -> Batch:
    commands = [
        Issued(entity, number, msgspec.convert(fields, _deed(name).command))
        for entity, number, name, fields in record.commands
    ]
    return Batch(commands, np.frombuffer(record.moves, MOVE_DTYPE))


def _ending(world: World, tick: int, batch: Batch) -> str:
    try:
        step(world, tick, batch)
    except Exception as error:
        return f"{FAILED}: {type(error).__name__}: {error}"
    return DONE


def _differences(tick: int, zone: Zone, actual: Mapping[str, int]) -> Iterator[Difference]:
    for column in (*actual, *(name for name in zone.expected if name not in actual)):
        was, now = (_hex(digests.get(column)) for digests in (zone.expected, actual))
        if was != now:
            yield Difference(tick, zone.name, column, was, now)


def _hex(crc: int | None) -> str:
    return "nothing" if crc is None else f"{crc:08x}"


def _at(things: Sequence[T], index: int | None) -> T:
    if index is None or index >= len(things):
        raise ValueError(f"index {index} of {len(things)}")
    return things[index]


def _deed(name: str) -> Deed:
    if name not in DEEDS:
        raise ValueError(f"no such deed: {name}")
    return DEEDS[name]
