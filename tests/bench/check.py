"""Whether the socket-free benches are slower than the baseline: `python -m tests.bench.check`.

    python -m tests.bench.check             exit status 1 if one is slower by more than 15 %
    python -m tests.bench.check --record    write the baseline anew, for whoever has made it faster or pays on purpose
    python -m tests.bench.check --burden 0.2        prove that it can fail: every bench does a fifth more work

No time is compared, only ratios to a calibration that runs right before and after each round, and each kind of
processor has a baseline of its own: on one that has none, nothing is judged, and that is said. Noise only ever makes
a round slower than it is, so it is the quickest tenth of the rounds that is compared, with the quickest tenth of the
calibrations. What still looks slower is measured again, four times, and fails only if it is slower every time.
Each measurement is a process of its own: in one that has measured before, the city took a seventh longer. Ten seconds
where nothing is slower, a minute at the most.
"""

import argparse
import gc
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

import numpy as np

from tests.bench.measuring import machine, now_s, processor, settle
from tests.bench.rounds import BENCHES, Bench, Calibration

BASELINE = Path(__file__).parent / "baseline.json"
SLOWER_MAX = 0.15
ATTEMPTS = 5
# Ten times what it takes: a machine that is stopped for a minute is no failure, one that never ends is.
MEASURE_S_MAX = 120
MEASURE = "--measure"
WARM_ROUNDS, ROUNDS = 3, 20
QUICKEST = 10
Ratios = dict[str, float]
Measure = Callable[[Sequence[Bench]], Ratios]


def measure(benches: Sequence[Bench], burden: float = 0.0, rounds: int = ROUNDS) -> Ratios:
    """The quickest tenth of each bench's rounds in units of that of the calibrations; benches take turns."""
    crowds = [(bench.name, bench.make(bench.avatars)) for bench in benches]
    calibration = Calibration()
    spent: dict[str, list[float]] = {bench.name: [] for bench in benches}
    units = []
    settle()
    for number in range(WARM_ROUNDS + rounds):
        for name, run in crowds:
            took_s = _burdened(run(), burden)
            unit_s = calibration.run()
            if number >= WARM_ROUNDS:
                spent[name].append(took_s)
                units.append(unit_s)
    gc.unfreeze()
    unit = np.percentile(units, QUICKEST)
    return {name: float(np.percentile(taken, QUICKEST) / unit) for name, taken in spent.items()}


def in_a_process(benches: Sequence[Bench], burden: float = 0.0) -> Ratios:
    """The same, measured in a process of its own. Raises CalledProcessError, TimeoutExpired."""
    words = [MEASURE, *(bench.name for bench in benches), "--burden", f"{burden:g}"]
    command = [sys.executable, "-m", "tests.bench.check", *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=MEASURE_S_MAX)
    ratios: Ratios = json.loads(done.stdout)
    return ratios


def _burdened(spent_s: float, burden: float) -> float:
    """So much and a share of it more, which is really worked."""
    begun = now_s()
    while now_s() - begun < burden * spent_s:
        pass
    return spent_s + (now_s() - begun if burden else 0.0)


def slower(baseline: Mapping[str, float], ratios: Mapping[str, float]) -> list[str]:
    """The benches that take over 15 % more than in the baseline, and those it does not know."""
    return [name for name, ratio in ratios.items() if ratio > baseline.get(name, 0.0) * (1 + SLOWER_MAX)]


def regressions(baseline: Mapping[str, float], benches: Sequence[Bench], measured: Measure) -> list[str]:
    """Those that are slower in each of ATTEMPTS measurements; only what looks slower is measured again."""
    suspects = list(benches)
    for attempt in range(1, ATTEMPTS + 1):
        ratios = measured(suspects)
        print(f"attempt {attempt}: " + ", ".join(_told(name, ratio, baseline) for name, ratio in ratios.items()))
        found = slower(baseline, ratios)
        suspects = [bench for bench in suspects if bench.name in found]
        if not suspects:
            break
    return [bench.name for bench in suspects]


def _told(name: str, ratio: float, baseline: Mapping[str, float]) -> str:
    known = baseline.get(name)
    return f"{name} {ratio:.2f} ({'no baseline' if known is None else f'{ratio / known - 1:+.1%}'})"


def record(path: Path, kind: str, measured: Measure) -> None:
    """Write the median of ATTEMPTS measurements as the baseline of this kind of processor; others keep theirs."""
    attempts = [measured(BENCHES) for _ in range(ATTEMPTS)]
    ratios = {bench.name: round(median(ratios[bench.name] for ratios in attempts), 3) for bench in BENCHES}
    known = json.loads(path.read_text("utf-8")) | {kind: {"machine": machine(), "ratios": ratios}}
    path.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", "utf-8")
    print(f"recorded for {kind}: {ratios}")


def main(words: list[str] | None = None) -> int:
    """The exit status: 1 if a bench is slower."""
    parser = argparse.ArgumentParser(description="Hold the socket-free benches against their baseline.")
    parser.add_argument("--record", action="store_true", help="write the baseline anew")
    parser.add_argument("--burden", type=float, default=0.0, metavar="SHARE", help="do so much more work in each bench")
    parser.add_argument(MEASURE, nargs="+", choices=[bench.name for bench in BENCHES], help="only print their ratios")
    asked = parser.parse_args(words)
    if asked.measure:
        print(json.dumps(measure([bench for bench in BENCHES if bench.name in asked.measure], asked.burden)))
        return 0
    kind = processor()
    if asked.record:
        record(BASELINE, kind, in_a_process)
        return 0
    known = json.loads(BASELINE.read_text("utf-8")).get(kind)
    if known is None:
        print(f"NOT JUDGED: there is no baseline for {kind}. Write one: python -m tests.bench.check --record")
        return 0
    found = regressions(known["ratios"], BENCHES, lambda benches: in_a_process(benches, asked.burden))
    if found:
        print(f"SLOWER by over {SLOWER_MAX:.0%} in {ATTEMPTS} attempts: {', '.join(found)}")
        print(f"The baseline is of {known['machine']}; this is {machine()}.")
        print("If it is meant to cost more: python -m tests.bench.check --record")
        return 1
    print(f"none of {len(BENCHES)} benches is slower than its baseline by over {SLOWER_MAX:.0%}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
