"""Replay: the same city again, bit for bit, and the exact place where it is not."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]
import pytest

from protocol.crystals import read_crystals
from protocol.messages import Crystals, Hello
from server.journal import COLUMNS, END, TICK, Journal, JournalError
from server.replay import replay
from server.store.records import Arrival, Place, StoreAway
from tests.fakes import driven
from tests.scenario import Client, Scenario, deed
from tests.server.recording import PLAYERS, TICKS, record
from world.config import CONTENT_DIR, load_config
from world.events.steer_event import SteerEvent

ROOT = Path(__file__).parent.parent.parent
# Where the shipped content lets a crystal lie in the gate, in cm of the city.
QUARTZ = (11_000, 4_000)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("journal") / "city.journal"
    assert record(path).crossings > 0
    return path


def festival(path: Path) -> None:
    """A recording of a rain, a crystal picked up, a firework paid for, and one for which the store was away."""
    config = load_config(None, 7)
    journal = Journal.open(path, config)
    scenario = Scenario(config=config, journal=journal)
    ada = beside_the_quartz(scenario)
    operate = scenario.city.gateway.programme
    plaza = operate.find("crystal_rain")
    assert plaza is not None
    operate.ask(plaza.zone, SteerEvent("crystal_rain", "start"), lambda _: None)
    ada.send(deed("pick_up_crystal", 1, crystal=int(read_crystals(ada.last(Crystals).rows)["crystal"][0])))
    scenario.tick(3)
    ada.send(deed("light_firework", 2, kind="peony", colours=["gold"]))
    scenario.tick(3)
    scenario.store.away = StoreAway("unreachable", "nobody answers")
    ada.send(deed("light_firework", 3, kind="peony", colours=["rose"]))
    operate.ask(plaza.zone, SteerEvent("crystal_rain", "cancel"), lambda _: None)
    scenario.tick(30)
    assert len(ada.events("settlement_pending")) == 1
    scenario.store.away = None
    scenario.tick(60)
    assert [len(ada.events(name)) for name in ("crystal_gained", "firework_settled")] == [1, 2]
    journal.close()


def beside_the_quartz(scenario: Scenario) -> Client:
    """Somebody who stood there when they left last, and so comes in there: put there, they would not be in a replay."""
    (saved,) = driven(scenario.store.enter([Arrival(None, None, "Ada")]))
    assert saved is not None
    known = scenario.store.players[saved.account]
    known.state = known.state._replace(place=Place(QUARTZ[0] + 100, QUARTZ[1], 0))
    ada = scenario.connect()
    ada.send(Hello(1, "Ada", saved.token))
    scenario.tick(20)
    return ada


def values(path: Path) -> list[Any]:
    return list(msgpack.Unpacker(BytesIO(path.read_bytes())))


def changed(recorded: Path, path: Path, change: Callable[[list[Any]], None]) -> Path:
    """A copy of the journal with something changed in its values."""
    found = values(recorded)
    change(found)
    path.write_bytes(b"".join(map(msgpack.packb, found)))
    return path


def with_command(found: list[Any], deed: str) -> list[Any]:
    """The first command record of that deed, and its tick's record."""
    return next(record for record in found[1:] if record[0] == TICK and any(one[2] == deed for one in record[3]))


def test_a_journal_replays_bit_for_bit(recorded: Path) -> None:
    report = replay(recorded)
    zones = len(load_config(None, 7).city.zone)
    assert report.same
    assert (report.ended, report.lost_bytes, report.failures) == ("closed", 0, ())
    assert (report.steps, report.first_tick, report.last_tick) == (TICKS * zones, 1, TICKS)
    assert report.moves == pytest.approx(PLAYERS * TICKS, rel=0.1)
    assert list(report.lines())[-1] == "the same, bit for bit"


def test_what_the_books_answered_is_in_the_journal_so_that_a_replay_needs_no_books(tmp_path: Path) -> None:
    path = tmp_path / "city.journal"
    festival(path)
    report = replay(path)
    commands = [tuple(one[2:]) for record in values(path)[1:] if record[0] == TICK for one in record[3]]
    receipts = [fields["receipt"] for deed, fields in commands if deed == "confirm"]
    assert [receipt.split(".")[2] for receipt in receipts] == ["pick", "fund", "light", "light", "close"]
    assert report.same
    assert (report.ended, report.failures) == ("closed", ())


def test_one_changed_byte_of_a_move_is_found_in_its_tick_and_column(recorded: Path, tmp_path: Path) -> None:
    def turn(found: list[Any]) -> None:
        record = next(record for record in found[1:] if record[0] == TICK and record[1] == 100 and record[4])
        moves = bytearray(record[4])
        moves[9] ^= 1  # heading
        record[4] = bytes(moves)

    report = replay(changed(recorded, tmp_path / "changed", turn))
    first = report.differences[0]
    assert (first.tick, first.column) == (100, "heading")
    assert first.expected != first.actual
    assert "DIFFERS at tick 100" in "\n".join(report.lines())


def test_one_changed_byte_in_a_name_is_found_in_the_tick_of_its_join(recorded: Path, tmp_path: Path) -> None:
    raw = recorded.read_bytes()
    at = raw.index("Ü 7".encode()) + 3
    path = tmp_path / "changed"
    path.write_bytes(raw[:at] + b"8" + raw[at + 1 :])
    (difference,) = replay(path).differences
    assert (difference.tick, difference.column) == (1, "profiles")


def test_a_command_that_is_missing_is_found(recorded: Path, tmp_path: Path) -> None:
    def forget(found: list[Any]) -> None:
        with_command(found, "arrive")[3].clear()

    tick = with_command(values(recorded), "arrive")[1]
    report = replay(changed(recorded, tmp_path / "changed", forget))
    assert {difference.tick for difference in report.differences} == {tick}
    assert "entity" in {difference.column for difference in report.differences}


def test_the_replay_stops_at_the_first_difference(recorded: Path, tmp_path: Path) -> None:
    def drop(found: list[Any]) -> None:
        with_command(found, "join")[3].clear()

    report = replay(changed(recorded, tmp_path / "changed", drop))
    assert (report.last_tick, report.differences[0].tick) == (1, 1)


def test_a_journal_that_breaks_off_replays_up_to_there_and_says_so(recorded: Path, tmp_path: Path) -> None:
    path = tmp_path / "killed"
    path.write_bytes(recorded.read_bytes()[:-20])
    report = replay(path)
    assert report.same
    assert report.ended is None
    assert 0 < report.lost_bytes < 20
    assert any("breaks off" in line for line in report.lines())


@pytest.mark.parametrize("part", range(10))
def test_wherever_a_journal_breaks_off_what_is_left_replays(recorded: Path, tmp_path: Path, part: int) -> None:
    raw = recorded.read_bytes()
    path = tmp_path / "killed"
    path.write_bytes(raw[: 300 + part * 97])
    report = replay(path)
    assert report.same
    assert report.ended is None


def test_a_journal_that_ended_early_says_why(recorded: Path, tmp_path: Path) -> None:
    def cut(found: list[Any]) -> None:
        found[50:] = [[END, "the disk did not keep up"]]

    lines = replay(changed(recorded, tmp_path / "changed", cut)).lines()
    assert "the journal ends early: the disk did not keep up" in lines


def test_a_step_that_failed_then_and_not_now_is_a_difference(recorded: Path, tmp_path: Path) -> None:
    def fail(found: list[Any]) -> None:
        found[60][5] = None

    (difference,) = replay(changed(recorded, tmp_path / "changed", fail)).differences
    assert (difference.column, difference.expected, difference.actual) == ("the step", "failed", "done")


def test_a_step_that_fails_as_it_did_then_is_told_and_is_no_difference(
    recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_from_the_start(found: list[Any]) -> None:
        found[1:] = [[TICK, 1, 0, [], b"", None], [END, "closed"]]

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("server.replay.step", broken)
    report = replay(changed(recorded, tmp_path / "changed", fail_from_the_start))
    assert report.same
    assert report.failures[0].endswith("failed: ZeroDivisionError: a bug")
    assert not replay(recorded).same


def test_another_city_is_refused_by_name(recorded: Path, tmp_path: Path) -> None:
    content = tmp_path / "content"
    shutil.copytree(CONTENT_DIR, content)
    tuning = (content / "tuning.toml").read_text("utf-8")
    (content / "tuning.toml").write_text(re.sub(r"(?m)^run_m_s = .*$", "run_m_s = 3.25", tuning), "utf-8")
    with pytest.raises(JournalError, match="was recorded in another city"):
        replay(recorded, content)


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        (b"", "is empty"),
        (b"\x93\x01", "is empty"),
        (b"\xc1", "damaged before byte"),
        (b"\x05", "damaged before byte"),
        (msgpack.packb({"journal": 1}), "damaged before byte"),
        (b"\xdd\xff\xff\xff\xff", "damaged before byte"),
        (b"\x91" * 5000, "damaged before byte"),
    ],
)
def test_what_is_not_a_journal_is_refused(tmp_path: Path, raw: bytes, complaint: str) -> None:
    path = tmp_path / "not"
    path.write_bytes(raw)
    with pytest.raises(JournalError, match=complaint):
        replay(path)


@pytest.mark.parametrize(
    "record",
    [
        [TICK, 1, 99, [], b"", []],
        [TICK, 0, 0, [], b"", []],
        [TICK, 1, 0, [], b"1234567", []],
        [TICK, 1, 0, [], b"", [99, 1]],
        [TICK, 1, 0, [], b"", [1]],
        [TICK, 1, 0, [], b"", [None, 1]],
        [TICK, 1, 0, [[1, 1, "fly", {}]], b"", []],
        [TICK, 1, 0, [[1, 1, "say", {"text": 5}]], b"", []],
        [TICK, 1, 0],
        [COLUMNS, 5],
        [9, "what"],
        "what",
    ],
)
def test_a_record_that_makes_no_sense_is_refused_and_nothing_else_is_raised(
    recorded: Path, tmp_path: Path, record: Any
) -> None:
    def spoil(found: list[Any]) -> None:
        found[2:] = [record]

    with pytest.raises(JournalError, match="damaged before byte"):
        replay(changed(recorded, tmp_path / "changed", spoil))


def test_another_format_is_refused_with_both_numbers(recorded: Path, tmp_path: Path) -> None:
    def age(found: list[Any]) -> None:
        found[0]["journal"] = 2

    with pytest.raises(JournalError, match="has journal format 2, this version reads 1"):
        replay(changed(recorded, tmp_path / "changed", age))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"city\.journal: cannot be read: No such file"):
        replay(tmp_path / "city.journal")


def test_two_processes_with_different_hash_seeds_record_and_replay_the_same(tmp_path: Path) -> None:
    paths = [tmp_path / "one.journal", tmp_path / "two.journal"]
    for path, seed in zip(paths, ("1", "2"), strict=True):
        python("tests/server/recording.py", str(path), seed=seed)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    code = "import sys, pathlib; from server.replay import replay; print(*replay(pathlib.Path(sys.argv[1])).lines())"
    one, two = (python("-c", code, str(paths[0]), seed=seed) for seed in ("3", "4"))
    assert one == two
    assert one.strip().endswith("the same, bit for bit")


def python(*arguments: str, seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    run = [sys.executable, *arguments]
    return subprocess.run(run, env=environment, cwd=ROOT, check=True, capture_output=True, text=True).stdout
