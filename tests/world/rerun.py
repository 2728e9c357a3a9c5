"""A long run of the hamlet from a seed, for comparing processes: prints the digests of every tenth tick."""

import random
import sys

from tests.world.hamlet import Hamlet
from world.digest import digest
from world.event import Command
from world.events.emote import Emote
from world.events.halt import Halt
from world.events.join import Join
from world.events.leave import Leave
from world.events.say import Say
from world.events.sit import Sit
from world.events.wave import Wave
from world.tick import Issued

ENTITIES = range(1, 60)


def wish(chance: random.Random) -> Command:
    """Any deed of a player, or of the server for one."""
    wishes: list[Command] = [
        Join(chance.choice("ABC"), {"hue": chance.randrange(256), "hair": 1}),
        Join("D"),
        Leave(),
        Halt(),
        Say("hi"),
        Wave("left"),
        Emote("dance"),
        Sit(),
    ]
    return chance.choice(wishes)


def run(seed: int, ticks: int) -> list[str]:
    """One line for every tenth tick: the digests of both zones."""
    chance, hamlet = random.Random(seed), Hamlet(seed)
    lines = []
    for tick in range(1, ticks + 1):
        issued = [Issued(chance.choice(ENTITIES), tick, wish(chance)) for _ in range(3)]
        moves = [
            (entity, tick, chance.randrange(256), chance.randrange(256), chance.randrange(4), chance.randrange(2))
            for entity in chance.sample(ENTITIES, 20)
        ]
        hamlet.step(*issued, moves=moves, zone=chance.randrange(2))
        if tick % 10 == 0:
            lines.append(repr([digest(world) for world in hamlet.worlds]))
    return lines


if __name__ == "__main__":
    print("\n".join(run(int(sys.argv[1]), int(sys.argv[2]))))
