"""Content is read by another process, which says the same as this one would, and is not waited for without end."""

import shutil
import sys
from pathlib import Path

import pytest

from server import reading
from server.reading import FAULTS_MAX, VALUE_CHARS_MAX, Unread, read, read_aside
from world.config import CONTENT_DIR, FESTIVAL_FILE, TUNING_FILE, fingerprint, load_config

RUNNING = load_config(None, 7)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    shutil.copytree(CONTENT_DIR, tmp_path / "content")
    return tmp_path / "content"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


async def test_another_process_reads_the_very_same(directory: Path) -> None:
    edit(directory / FESTIVAL_FILE, "number = 300", "number = 301")
    edit(directory / TUNING_FILE, "radius_m = 20.0", "radius_m = 21")
    found = await read_aside(directory, RUNNING)
    assert found == read(directory, RUNNING)
    assert found.config is not None
    assert fingerprint(found.config) == fingerprint(load_config(directory, 7))
    assert [change.key for change in found.changes] == ["say.radius_m", "rain.plaza_shower.number"]


async def test_without_a_directory_it_is_the_content_that_is_shipped() -> None:
    found = await read_aside(None, RUNNING)
    assert (found.config, found.changes, found.faults) == (RUNNING, [], [])


def test_the_digest_names_both_sides(directory: Path) -> None:
    edit(directory / FESTIVAL_FILE, "number = 300", "number = 301")
    one = read(directory, RUNNING)
    assert one.config is not None
    digests = {
        one.digest,
        read(None, RUNNING).digest,
        read(directory, one.config).digest,
        read(None, one.config).digest,
    }
    assert len(digests) == 4
    edit(directory / FESTIVAL_FILE, "number = 301", "number = 301  # a remark")
    assert read(directory, RUNNING).digest == one.digest


async def test_faults_come_with_their_lines_and_as_many_as_anybody_reads(directory: Path) -> None:
    with (directory / FESTIVAL_FILE).open("a") as file:
        file.write(
            "".join(
                f"[[standing]]\nzone = 'gate'\nkind = {10**30}\nx_m = 1\nz_m = 1\nrespawn_s = 1\n" for _ in range(205)
            )
        )
    lines = (directory / FESTIVAL_FILE).read_text("utf-8").split("\n")
    found = await read_aside(directory, RUNNING)
    assert (found.config, len(found.faults), found.more) == (None, FAULTS_MAX, 5)
    assert found.faults[0].line == lines.index(f"kind = {10**30}") + 1
    assert found.faults[0].value == str(10**30)


def test_long_values_are_cut(directory: Path) -> None:
    edit(directory / TUNING_FILE, "reach_m = 2.0", f"reach_m = '{'x' * 5000}'")
    (fault,) = read(directory, RUNNING).faults
    assert fault.value is not None
    assert len(fault.value) == VALUE_CHARS_MAX + 1


async def test_a_process_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "READ_S", 0.01)
    with pytest.raises(Unread, match=r"longer than 0\.01 s"):
        await read_aside(None, RUNNING)


async def test_a_process_that_fails_is_told_apart_from_content_that_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "COMMAND", (sys.executable, "-c", "raise SystemExit(1)"))
    with pytest.raises(Unread, match="has failed"):
        await read_aside(None, RUNNING)
