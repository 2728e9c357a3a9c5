"""All benches, one after the other, as one Markdown table: `python -m tests.bench`."""

from itertools import chain

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
from tests.bench.measuring import calibration_ms, machine, print_markdown


def main() -> None:
    """Print what was measured, on what."""
    unit_ms = calibration_ms()
    print(f"{machine(unit_ms)}:\n")
    benches = (
        bench_tick,
        bench_festival,
        bench_recovery,
        bench_interest,
        bench_frames,
        bench_city,
        bench_throng,
        bench_door,
        bench_ledger,
    )
    print_markdown(chain.from_iterable(bench.run() for bench in benches), unit_ms)


if __name__ == "__main__":
    main()
