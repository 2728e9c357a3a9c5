"""What a way back costs: a copy of a zone now and then, and its restart: `python -m tests.bench.bench_recovery`."""

from collections.abc import Iterator

import numpy as np

from tests.bench.bench_tick import crowded_plaza, turns
from tests.bench.measuring import CROWDS, Figures, figures, machine, now_s, print_table, settle
from world.checkpoint import TICKS_MAX, Restorable
from world.event import Command
from world.events.say import Say
from world.tick import Batch, Issued

ROUNDS = 15
# Of the crowd, how many say something in a tick: as in the load test's crowds, one in a few hundred.
ONE_SPEAKS_OF = 400


def measure(avatars: int, rounds: int = ROUNDS) -> list[Figures]:
    """Copies of the plaza with everybody walking, and restarts just before the next copy is due, which is the worst."""
    zone = Restorable(crowded_plaza(avatars))
    chance = np.random.default_rng(1)
    copies, restarts = [], []
    settle()
    for _ in range(rounds):
        begun = now_s()
        zone.save()
        copies.append(now_s() - begun)
        for _ in range(TICKS_MAX):
            tick = zone.world.tick + 1
            zone.step(tick, _busy(turns(zone.world, chance), tick, avatars))
        begun = now_s()
        zone.restore()
        restarts.append(now_s() - begun)
    count = zone.world.count
    return [figures("recovery, copy", count, copies), figures("recovery, restart", count, restarts)]


def _busy(moves: Batch, tick: int, avatars: int) -> Batch:
    hello: Command = Say("hello")
    return Batch([Issued(entity, tick, hello) for entity in range(1, avatars, ONE_SPEAKS_OF)], moves.moves)


def run() -> Iterator[Figures]:
    """Every size."""
    for avatars in CROWDS:
        yield from measure(avatars)


if __name__ == "__main__":
    print(machine())
    print_table(run())
