"""A long run of the hamlet from a seed, for comparing processes: prints the digests of every tenth tick."""

import random
import sys

import numpy as np
from msgspec.structs import replace

from tests.world.books import Books
from tests.world.hamlet import Hamlet
from world.digest import digest
from world.event import OPERATOR, Command
from world.events.emote import Emote
from world.events.halt import Halt
from world.events.join import Join
from world.events.join_party import JoinParty
from world.events.leave import Leave
from world.events.leave_party import LeaveParty
from world.events.light_firework import LightFirework
from world.events.pick_up_crystal import PickUpCrystal
from world.events.reload_content import ReloadContent
from world.events.reshape import Reshape
from world.events.say import Say
from world.events.sit import Sit
from world.events.steer_event import SteerEvent
from world.events.wave import Wave
from world.layers import heads
from world.parties import party_of
from world.state import World
from world.tick import Issued

ENTITIES = range(1, 60)
# Early enough for the rain to be picked up, and twice, so that a second turn is in the run as well.
STARTS = (5, 130)
# In between, when nothing is on.
REHEARSED, RELOADED = 95, 60
# Few enough for several layers.
COMFORTABLE = 8
CODES = ("friends-1", "friends-2")


def wish(chance: random.Random) -> Command:
    """Any deed of a player, or of the server for one."""
    wishes: list[Command] = [
        Join(chance.choice("ABC"), {"hue": chance.randrange(256), "hair": 1}, account=chance.choice(ENTITIES)),
        Join("D", account=chance.choice(ENTITIES)),
        Join("E", account=chance.choice(ENTITIES), staff=True),
        JoinParty(chance.choice(CODES)),
        LeaveParty(),
        Reshape({"nose": chance.randrange(256)}),
        Leave(),
        Halt(),
        Say("hi"),
        Wave("left"),
        Emote("dance"),
        Sit(),
    ]
    return chance.choice(wishes)


def gather(chance: random.Random, hamlet: Hamlet, zone: int) -> list[Issued]:
    """Several people beside the same crystal want it, and somebody lights a firework."""
    world = hamlet.worlds[zone]
    here = world.columns.array("entity").tolist()
    issued = [Issued(chance.choice(here), 1, LightFirework("rocket", ["red"]))] if here else []
    free = [each for each in world.crystals.ids() if world.crystals.is_free(each)]
    crystal = world.crystals.find(chance.choice(free)) if free else None
    if crystal is not None:
        for entity in chance.sample(here, min(3, len(here))):
            row = world.here(entity)
            world.columns.x[row], world.columns.z[row] = crystal.x, crystal.z
            issued.append(Issued(entity, 2, PickUpCrystal(crystal.crystal)))
    return issued


def answers(chance: random.Random, books: Books) -> list[Issued]:
    """The books answer sooner or later, and not always with yes."""
    if chance.randrange(3):
        return []
    return books.answer() if chance.randrange(4) else books.refuse("refused")


def together(world: World) -> str:
    """How many layers people are in, and how many belong to a party."""
    friends = sum(len(world.profiles.together(party_of(code))) for code in CODES)
    return f"layers {np.count_nonzero(heads(world))}, friends {friends}"


def run(seed: int, ticks: int) -> list[str]:
    """Two lines for every tenth tick: the digests of both zones with what was settled so far, and who is together."""
    chance, hamlet = random.Random(seed), Hamlet(seed, COMFORTABLE)
    books = [Books() for _ in hamlet.worlds]
    for each in books:
        each.balances.update((f"player:{entity}", 1000) for entity in ENTITIES)
    lines = []
    for tick in range(1, ticks + 1):
        zone = chance.randrange(2)
        issued = [Issued(chance.choice(ENTITIES), tick, wish(chance)) for _ in range(3)]
        issued += gather(chance, hamlet, zone) + answers(chance, books[zone])
        if tick in STARTS:
            zone, issued = 0, [Issued(OPERATOR, tick, SteerEvent(name, "start")) for name in ("drizzle", "salute")]
        if tick == REHEARSED:
            zone, issued = 0, [Issued(OPERATOR, tick, SteerEvent(name, "rehearse")) for name in ("drizzle", "salute")]
        if tick == RELOADED:
            world = hamlet.west
            festival = replace(world.festival, rain=(replace(world.festival.rain[0], number=14),))
            zone, issued = 0, [Issued(OPERATOR, tick, ReloadContent(world.tuning, festival))]
        moves = [
            (entity, tick, chance.randrange(256), chance.randrange(256), chance.randrange(4), chance.randrange(2))
            for entity in chance.sample(ENTITIES, 20)
        ]
        for outcome, each in zip(hamlet.step(*issued, moves=moves, zone=zone), books, strict=True):
            assert outcome.faults == []
            each.take(outcome)
        if tick % 10 == 0:
            lines.append(repr([digest(world) for world in hamlet.worlds] + [sorted(each.stored) for each in books]))
            lines.append(together(hamlet.west))
    return lines


if __name__ == "__main__":
    print("\n".join(run(int(sys.argv[1]), int(sys.argv[2]))))
