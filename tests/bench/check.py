"""Whether the socket-free benches are slower than the baseline: `python -m tests.bench.check`.

    python -m tests.bench.check             exit status 1 if one is slower by more than 15 %
    python -m tests.bench.check --record    write the baseline anew, for whoever has made it faster or pays on purpose
    python -m tests.bench.check --burden 0.2        prove that it can fail: every bench does a fifth more work

No time is compared, only ratios to a calibration that runs right before and after each round, and each kind of
processor has a baseline of its own. Noise only ever makes a round slower than it is, so it is the quickest tenth of
the rounds that is compared, with the quickest tenth of the calibrations. What still looks slower is measured again,
and what looks slower every time is no culprit yet: no calibration has suffered from every state of a shared machine
as the city does. So it is measured in turn with the code of the baseline (reference.py), on this machine and in
these minutes, and fails only if it is slower than that every time. On a processor without a baseline all are.
Each measurement is a process of its own: in one that has measured before, the city took a seventh longer. Ten seconds
where nothing is slower, three minutes at the most.
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
from tests.bench.reference import NoReferenceError, reference
from tests.bench.rounds import BENCHES, Bench, Calibration

ROOT = Path(__file__).parents[2]
BASELINE = Path(__file__).parent / "baseline.json"
SLOWER_MAX = 0.15
# A stall of a shared machine lasts for one attempt or two.
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


def in_a_process(benches: Sequence[Bench], burden: float = 0.0, tree: Path = ROOT) -> Ratios:
    """The same of the code in that tree, in a process of its own. Raises CalledProcessError, TimeoutExpired."""
    words = [MEASURE, *(bench.name for bench in benches), "--burden", f"{burden:g}"]
    command = [sys.executable, "-m", "tests.bench.check", *words]
    done = subprocess.run(command, cwd=tree, stdout=subprocess.PIPE, check=True, timeout=MEASURE_S_MAX)
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


def regressions(known: Measure, benches: Sequence[Bench], measured: Measure) -> list[Bench]:
    """Those slower than what is known in each of ATTEMPTS measurements; only what looks slower is measured again."""
    suspects = list(benches)
    for attempt in range(1, ATTEMPTS + 1):
        baseline, ratios = known(suspects), measured(suspects)
        said = ", ".join(_told(name, ratio, baseline) for name, ratio in ratios.items())
        print(f"attempt {attempt}: {said}", flush=True)
        found = slower(baseline, ratios)
        suspects = [bench for bench in suspects if bench.name in found]
        if not suspects:
            break
    return suspects


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
    if asked.record:
        record(BASELINE, processor(), in_a_process)
        return 0
    return judge(lambda benches: in_a_process(benches, asked.burden))


def judge(measured: Measure) -> int:
    """Hold what is measured of this tree against the baseline of this processor, and what fails against its code."""
    kind = processor()
    known = json.loads(BASELINE.read_text("utf-8")).get(kind)
    suspects = list(BENCHES)
    if known is None:
        print(f"there is no baseline for {kind} (to write one: python -m tests.bench.check --record)")
    else:
        print(f"the baseline is of {known['machine']}")
        suspects = regressions(lambda _: known["ratios"], BENCHES, measured)
    if suspects:
        try:
            with reference(BASELINE) as tree:
                suspects = regressions(lambda benches: in_a_process(benches, tree=tree), suspects, measured)
        except NoReferenceError as missing:
            print(f"the code of the baseline is not here: {missing}")
            if known is None:
                print("NOT JUDGED: neither a baseline nor its code to compare with")
                return 0
    if suspects:
        names = ", ".join(bench.name for bench in suspects)
        print(f"SLOWER by over {SLOWER_MAX:.0%} in {ATTEMPTS} attempts: {names}\nthis is {machine()}")
        print("If it is meant to cost more: python -m tests.bench.check --record")
        return 1
    print(f"none of {len(BENCHES)} benches is slower by over {SLOWER_MAX:.0%}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
