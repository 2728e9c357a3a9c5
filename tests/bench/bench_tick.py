"""What one tick of the plaza costs at 1,000 to 50,000 walking avatars: `python -m tests.bench.bench_tick`."""

from collections.abc import Iterator

import numpy as np

from tests.bench.measuring import Figures, figures, machine, now_s, print_table, settle
from world.config import load_config
from world.events.join import Join
from world.motion import WALK
from world.space import Space
from world.state import World
from world.tick import MOVE_DTYPE, Batch, Issued, step

CROWDS = (1_000, 5_000, 10_000, 50_000)
WARM_TICKS = 40
TICKS = 200
# Every avatar turns twice a second, as the bots of the load test do.
TURN_EVERY_TICKS = 10


def crowded_plaza(avatars: int) -> World:
    """A plaza full of avatars, spread over all of it by walking for a while."""
    config = load_config(seed=1)
    zone = next(number for number, zone in enumerate(config.city.zone) if zone.name == "crystal_plaza")
    world = World(config, zone, Space(config.city))
    step(world, 1, Batch([Issued(entity, 0, Join(f"avatar {entity}")) for entity in range(1, avatars + 1)]))
    return world


def turns(world: World, chance: np.random.Generator) -> Batch:
    """Intents of a tenth of the crowd: a stroll that turns back at the border."""
    who = np.flatnonzero(world.columns.entity[: world.count] % TURN_EVERY_TICKS == world.tick % TURN_EVERY_TICKS)
    area, columns = world.area, world.columns
    moves = np.zeros(len(who), MOVE_DTYPE)
    moves["entity"] = columns.entity[who]
    moves["input"] = columns.input[who] + 1
    inwards = np.arctan2(area.x + area.width / 2 - columns.x[who], area.z + area.depth / 2 - columns.z[who])
    near = np.maximum(abs(columns.x[who] - area.x - area.width / 2), abs(columns.z[who] - area.z - area.depth / 2))
    free = chance.integers(0, 256, len(who))
    moves["steer"] = np.where(near > area.width * 0.4, np.round(inwards * 128 / np.pi).astype(int) % 256, free)
    moves["heading"] = moves["steer"]
    moves["gait"] = WALK
    return Batch((), moves)


def measure(avatars: int) -> Figures:
    """A tick with everybody walking."""
    world = crowded_plaza(avatars)
    chance = np.random.default_rng(1)
    spent = []
    settle()
    for tick in range(2, 2 + WARM_TICKS + TICKS):
        batch = turns(world, chance)
        begun = now_s()
        step(world, tick, batch)
        spent.append(now_s() - begun)
    return figures("tick of the plaza", world.count, spent[WARM_TICKS:])


def run() -> Iterator[Figures]:
    """Every size."""
    return (measure(avatars) for avatars in CROWDS)


if __name__ == "__main__":
    print(machine())
    print_table(run())
