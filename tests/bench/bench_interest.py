"""What it costs to choose who sees whom, by shape and size of the crowd: `python -m tests.bench.bench_interest`."""

from collections.abc import Iterator
from itertools import chain

from server.detail import BY_LEVEL
from tests.bench.measuring import CROWDS, Figures, figures, machine, now_s, print_table, settle
from tests.bench.strollers import Strollers
from world.interest import Interest

# As people stand; spread evenly; and the worst that a prank can do, everybody on one square metre.
SHAPES = ("clustered", "uniform", "pile")
WARM_TICKS = 20
TICKS = 100


def measure(shape: str, avatars: int, shed_level: int = 0) -> Figures:
    """A tick of interest in which everybody is a viewer; each is served twice a second, or once from level 1 on."""
    patience = BY_LEVEL[shed_level].patience
    strollers = Strollers(shape, avatars)
    interest = Interest(avatars + 1)
    spent, served = [], 0
    settle()
    for tick in range(WARM_TICKS + TICKS):
        crowd = strollers.crowd(tick)
        begun = now_s()
        chosen = interest.refresh(tick, crowd.present, crowd, patience)
        if tick >= WARM_TICKS:
            spent.append(now_s() - begun)
            served += chosen.size
    shed = f", level {shed_level}" if shed_level else ""
    return figures(f"interest, {shape}{shed}", avatars, spent, served)


def run() -> Iterator[Figures]:
    """Every shape and size, and as people stand at level 1."""
    whole = (measure(shape, avatars) for shape in SHAPES for avatars in CROWDS)
    return chain(whole, (measure(SHAPES[0], avatars, shed_level=1) for avatars in CROWDS))


if __name__ == "__main__":
    print(machine())
    print_table(run())
