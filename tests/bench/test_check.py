"""A bench fails that is slower each time, and than the baseline's own code, too; one that only was unlucky does not."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bench.check import (
    ATTEMPTS,
    BASELINE,
    ROOT,
    Ratios,
    in_a_process,
    judge,
    main,
    measure,
    record,
    regressions,
    slower,
)
from tests.bench.measuring import now_s, processor
from tests.bench.reference import NoReferenceError
from tests.bench.rounds import BENCHES, Bench, Calibration, Round

KNOWN = {bench.name: 10.0 for bench in BENCHES}
OLD_TREE = Path("old")


def known(_: Sequence[Bench]) -> Ratios:
    return KNOWN


class Machine:
    """Measures what a test says, attempt after attempt; whatever it is not told of is as in the baseline."""

    def __init__(self, *attempts: Ratios) -> None:
        self.attempts = list(attempts)
        self.asked: list[list[str]] = []

    def measure(self, benches: Sequence[Bench]) -> Ratios:
        self.asked.append([bench.name for bench in benches])
        told = self.attempts[len(self.asked) - 1]
        return {bench.name: told.get(bench.name, KNOWN[bench.name]) for bench in benches}


@pytest.mark.parametrize(("ratio", "found"), [(8.0, []), (11.49, []), (11.51, ["city"]), (12.0, ["city"])])
def test_over_fifteen_percent_is_slower(ratio: float, found: list[str]) -> None:
    assert slower(KNOWN, KNOWN | {"city": ratio}) == found


def test_a_bench_without_a_baseline_is_not_let_through() -> None:
    assert slower({"tick": 10.0}, {"tick": 10.0, "novel": 0.1}) == ["novel"]


def test_what_is_a_fifth_slower_every_time_fails_and_only_it_is_measured_again() -> None:
    machine = Machine(*[{"frames": 11.6 + attempt / 10} for attempt in range(ATTEMPTS)])
    assert [bench.name for bench in regressions(known, BENCHES, machine.measure)] == ["frames"]
    assert machine.asked == [[bench.name for bench in BENCHES], *[["frames"]] * (ATTEMPTS - 1)]


def test_a_noisy_neighbour_is_no_regression() -> None:
    machine = Machine({"city": 14.0, "tick": 13.0}, {"city": 13.0}, {"city": 11.0})
    assert regressions(known, BENCHES, machine.measure) == []
    assert machine.asked[1:] == [["tick", "city"], ["city"]]


def test_the_median_is_recorded_beside_the_baselines_of_other_processors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "baseline.json"
    path.write_text('{"abacus": {"ratios": {}}, "this one": {"ratios": {"old": 1}}}', "utf-8")
    record(path, "this one", Machine(*[{"city": city} for city in (9.0, 30.0, 9.5, 10.0, 9.2)]).measure)
    written = json.loads(path.read_text("utf-8"))
    assert written["abacus"] == {"ratios": {}}
    assert written["this one"]["ratios"] == KNOWN | {"city": 9.5}
    assert "NumPy" in written["this one"]["machine"]
    assert "recorded" in capsys.readouterr().out


def test_each_baseline_knows_every_bench() -> None:
    baselines = json.loads(BASELINE.read_text("utf-8"))
    assert baselines
    for baseline in baselines.values():
        assert set(baseline["ratios"]) == {bench.name for bench in BENCHES}
        assert all(ratio > 0 for ratio in baseline["ratios"].values())


def test_every_bench_runs_its_rounds() -> None:
    small = [bench._replace(avatars=70) for bench in BENCHES]
    ratios = measure(small, rounds=2)
    assert list(ratios) == [bench.name for bench in BENCHES]
    assert all(ratio > 0 for ratio in ratios.values())


def test_a_measurement_is_a_process_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    tick = [bench for bench in BENCHES if bench.name == "tick"]
    assert main(["--measure", "tick"]) == 0
    here = json.loads(capsys.readouterr().out)
    assert list(here) == list(in_a_process(tick)) == ["tick"]


def test_a_burden_is_really_worked_and_seen() -> None:
    def calibrating(_: int) -> Round:
        return Calibration().run

    even = Bench("even", calibrating, 1)
    begun = now_s()
    light = measure([even], rounds=10)["even"]
    light_s, begun = now_s() - begun, now_s()
    heavy = measure([even], burden=3.0, rounds=10)["even"]
    assert now_s() - begun > light_s
    # Against itself the calibration is one, and four times as much work four, give or take a noisy machine.
    assert 0.5 < light < 2 < heavy


@pytest.fixture
def baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the baselines of a test are."""
    path = tmp_path / "baseline.json"
    monkeypatch.setattr("tests.bench.check.BASELINE", path)
    return path


@pytest.fixture
def machine_of(baseline: Path, monkeypatch: pytest.MonkeyPatch) -> "MachineOf":
    return MachineOf(baseline, monkeypatch)


class MachineOf:
    """Puts a machine in the place of this one: whose baseline there is, and what the baseline's code takes on it."""

    def __init__(self, baseline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._baseline = baseline
        self._monkeypatch = monkeypatch

    def put(self, kind: str, old: float | None) -> None:
        self._baseline.write_text(json.dumps({kind: {"machine": "another", "ratios": KNOWN}}), "utf-8")

        @contextmanager
        def checked_out(baseline: Path) -> Iterator[Path]:
            assert baseline == self._baseline
            if old is None:
                raise NoReferenceError("no history")
            yield OLD_TREE

        def of_old(benches: Sequence[Bench], burden: float = 0.0, tree: Path = ROOT) -> Ratios:
            assert old is not None
            assert (burden, tree) == (0.0, OLD_TREE)
            return {bench.name: old for bench in benches}

        self._monkeypatch.setattr("tests.bench.check.reference", checked_out)
        self._monkeypatch.setattr("tests.bench.check.in_a_process", of_old)


@pytest.mark.parametrize(
    ("kind", "ratio", "old", "outcome"),
    [
        (processor(), 10.0, None, (0, "none of 4 benches is slower")),
        # Slower than the baseline's ratio, and than its code at the same hour.
        (processor(), 12.0, 10.0, (1, f"SLOWER by over 15% in {ATTEMPTS} attempts: interest")),
        # An hour in which the code of the baseline is as slow.
        (processor(), 12.0, 11.5, (0, "none of 4 benches is slower")),
        # Without the history the ratios are all there is.
        (processor(), 12.0, None, (1, "SLOWER by over 15%")),
        # Another processor is judged by the code alone.
        ("an abacus", 12.0, 10.0, (1, f"SLOWER by over 15% in {ATTEMPTS} attempts: interest")),
        ("an abacus", 11.0, 10.0, (0, "none of 4 benches is slower")),
        ("an abacus", 12.0, None, (0, "NOT JUDGED: neither a baseline nor its code")),
    ],
)
def test_the_exit_status_says_whether_one_is_slower(
    kind: str,
    ratio: float,
    old: float | None,
    outcome: tuple[int, str],
    machine_of: MachineOf,
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, told = outcome
    machine_of.put(kind, old)
    assert judge(Machine(*[{"interest": ratio}] * 2 * ATTEMPTS).measure) == status
    assert told in capsys.readouterr().out
