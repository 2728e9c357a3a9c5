"""What the process shows of itself is what prometheus-client's own collector shows; its open files are not listed."""

import os
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, ProcessCollector

from server.ops import process
from server.ops.process import Process, open_files

# Memory grows between two looks, time passes, and the library's clock has steps of a hundredth of a second.
ROOM = {"process_virtual_memory_bytes": 0.05, "process_resident_memory_bytes": 0.05}
ROOM_S = 1.5


def shown(registry: CollectorRegistry) -> dict[str, tuple[str, str, float]]:
    """Kind, words and value by the sample's name."""
    families = list(registry.collect())
    return {
        each.name: (family.type, family.documentation, each.value) for family in families for each in family.samples
    }


def test_it_is_what_the_library_shows() -> None:
    theirs, ours = CollectorRegistry(), CollectorRegistry()
    ProcessCollector(registry=theirs)
    Process(ours)
    expected, found = shown(theirs), shown(ours)
    assert found.keys() == expected.keys()
    for name, (kind, words, value) in expected.items():
        assert found[name][:2] == (kind, words)
        if name in ROOM:
            assert found[name][2] == pytest.approx(value, rel=ROOM[name])
        elif name.endswith(("_seconds", "_seconds_total")):
            assert found[name][2] == pytest.approx(value, abs=ROOM_S)
        elif name == "process_open_fds":
            # A list of them opens one more.
            assert value - found[name][2] in (0, 1)
        else:
            assert found[name][2] == value


@pytest.mark.parametrize("told", [True, False], ids=["told", "listed"])
def test_open_files_are_counted_whether_or_not_the_system_tells_their_number(
    told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not told:
        # A directory says 0 of itself where it lies in a proc of before 6.2.
        real = os.stat
        monkeypatch.setattr(os, "stat", lambda path: os.stat_result((*real(path)[:6], 0, *real(path)[7:])))
    before = open_files()
    handles = [(tmp_path / str(number)).open("w") for number in range(20)]
    assert open_files() == before + 20
    for handle in handles:
        handle.close()
    assert open_files() == before


def test_where_there_is_no_proc_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_PROC", Path("/nowhere"))
    registry = CollectorRegistry()
    Process(registry)
    assert shown(registry) == {}
