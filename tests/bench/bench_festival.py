"""What a tick costs with a hundred pick-ups and a hundred fireworks in it: `python -m tests.bench.bench_festival`."""

from collections.abc import Iterator

import numpy as np

from tests.bench.bench_tick import TICKS, WARM_TICKS, crowded_plaza, turns
from tests.bench.measuring import Figures, figures, machine, now_s, print_table, settle
from world.event import OPERATOR, Settle
from world.events.confirm import Confirm
from world.events.light_firework import LightFirework
from world.events.pick_up_crystal import PickUpCrystal
from world.events.steer_event import SteerEvent
from world.state import World
from world.tick import Batch, Issued, Outcome, step

CROWDS = (2_000,)
# Ten times what two thousand people do who all run for one rain, and who all light one a second.
WISHES = 100


def wishes(world: World, count: int) -> list[Issued]:
    """So many pick-ups, each by somebody who is put beside the crystal, and so many fireworks by others."""
    crystals, columns = world.crystals, world.columns
    free = [each for each in crystals.ids() if crystals.is_free(each)][:count]
    people = [each for each in range(1, world.count) if world.row(each) is not None]
    first = world.tick * 2 * count
    issued = []
    for number, crystal in enumerate(crystals.find(each) for each in free):
        entity = people[(first + number) % len(people)]
        row = world.here(entity)
        assert crystal is not None
        columns.x[row], columns.y[row], columns.z[row] = crystal.x, crystal.y, crystal.z
        issued.append(Issued(entity, 1, PickUpCrystal(crystal.crystal)))
    for number in range(count):
        entity = people[(first + count + number) % len(people)]
        x, z = world.place(entity)
        issued.append(Issued(entity, 2, LightFirework("peony", ["gold", "rose"], x, z)))
    return issued


def confirmed(settlements: list[Settle]) -> list[Issued]:
    """Everything that was asked is stored by the next tick."""
    return [Issued(0, 0, Confirm(each.key, f"1.1.{each.key}", 100)) for each in settlements]


def rainy_plaza(avatars: int) -> World:
    """The plaza with the whole of the great rain on the ground, and everybody in the books."""
    world = crowded_plaza(avatars)
    world.columns.account[: world.count] = np.arange(1, world.count + 1)
    outcome = step(world, world.tick + 1, Batch([Issued(OPERATOR, 1, SteerEvent("crystal_rain", "start"))]))
    while world.programme.find("crystal_rain").detail["fallen"] < 5000:
        outcome = step(world, world.tick + 1, Batch(confirmed(outcome.settlements)))
    return world


def counted(outcome: Outcome) -> int:
    """How many deeds of this tick were granted."""
    return sum(each.kind in ("pick_up", "light") for each in outcome.settlements)


def measure(avatars: int, ticks: int = WARM_TICKS + TICKS, count: int = WISHES) -> Figures:
    """A tick with everybody walking, the wishes of this tick and the answers to those of the last."""
    spent: list[float] = []
    asked: list[Settle] = []
    world, chance = rainy_plaza(avatars), np.random.default_rng(1)
    settle()
    for _ in range(ticks):
        if len(world.crystals) <= 2 * count:
            world = rainy_plaza(avatars)
            asked = []
        commands = confirmed(asked) + wishes(world, count)
        batch = Batch(commands, turns(world, chance).moves)
        begun = now_s()
        outcome = step(world, world.tick + 1, batch)
        spent.append(now_s() - begun)
        asked = outcome.settlements
        assert counted(outcome) == 2 * count, outcome.refused[:3]
    return figures("festival of the plaza", world.count, spent[min(WARM_TICKS, ticks // 2) :])


def run() -> Iterator[Figures]:
    """Every size."""
    return (measure(avatars) for avatars in CROWDS)


if __name__ == "__main__":
    print(machine())
    print_table(run())
