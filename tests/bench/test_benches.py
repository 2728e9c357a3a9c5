"""The benches still run: each of them on a crowd so small that it costs nothing."""

from collections.abc import Callable

import pytest

from tests.bench import (
    bench_city,
    bench_door,
    bench_festival,
    bench_frames,
    bench_interest,
    bench_ledger,
    bench_recovery,
    bench_throng,
    bench_tick,
)
from tests.bench.measuring import Figures, calibration_ms, figures, machine, print_markdown, print_table

AVATARS = 70

SMALL: dict[str, Callable[[], list[Figures]]] = {
    "tick": lambda: [bench_tick.measure(AVATARS)],
    "festival": lambda: [bench_festival.measure(AVATARS, ticks=6, count=5)],
    "recovery": lambda: bench_recovery.measure(AVATARS, rounds=3),
    "interest": lambda: [bench_interest.measure(shape, AVATARS) for shape in bench_interest.SHAPES],
    "frames": lambda: [bench_frames.measure(AVATARS)],
    "city": lambda: bench_city.measure(AVATARS),
    "throng": lambda: list(bench_throng.measure(AVATARS, viewers=AVATARS // 2, ticks=6)[:3]),
    "door": lambda: [bench_door.measure(AVATARS, ticks=100)],
    "ledger": lambda: list(bench_ledger.run((AVATARS,), count=2)),
}


@pytest.mark.parametrize("bench", SMALL)
def test_a_bench_measures_what_it_says_with_everybody_in_it(bench: str) -> None:
    for line in SMALL[bench]():
        assert line.bench.startswith(bench)
        assert line.avatars >= AVATARS
        assert 0 < line.p50_ms <= line.p99_ms
        assert line.viewer_us is None or line.viewer_us > 0


def test_a_budget_of_the_throng_that_is_broken_is_told_with_its_figure() -> None:
    fast, slow = Figures("work", 5, 1.0, 20.0), Figures("work", 5, 39.0, 40.1)
    measured = bench_throng.Measured(fast, fast, slow, snapshot_bytes=1_000_000)
    assert list(measured.kept()) == [
        ("zone tick p99 20.00 ms of 20", True),
        ("snapshot 1,000,000 bytes of 1,000,000", True),
        ("interest and frames p99 40.10 ms of 40", False),
    ]


def test_figures_are_the_median_the_99th_percentile_and_the_share_of_each_viewer() -> None:
    line = figures("work", 5, [0.001] * 99 + [0.101], served=200)
    assert line[:3] == ("work", 5, 1.0)
    assert 1.0 < line.p99_ms < 101.0
    assert line.viewer_us == pytest.approx(1000)


def test_tables_have_a_line_for_each_figure(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [Figures("work", 1000, 2.0, 3.0, 4.0), Figures("rest", 5, 1.0, 1.5)]
    print_table(lines)
    print_markdown(lines, unit_ms=4.0)
    said = capsys.readouterr().out.splitlines()
    assert said[1].split() == ["work", "1000", "2.00", "3.00", "4.00"]
    assert said[-2:] == ["| work | 1,000 | 2.00 | 3.00 | 0.50 | 4.0 |", "| rest | 5 | 1.00 | 1.50 | 0.25 |  |"]


def test_the_machine_is_named_with_its_own_unit() -> None:
    assert calibration_ms() > 0
    assert "NumPy" in machine(1.25)
    assert machine(1.25).endswith("calibration 1.25 ms")
