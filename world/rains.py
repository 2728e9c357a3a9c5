"""Crystals rain: paid for from the house first, then falling evenly, then lying there, then tidied away.

A rain's crystals are worth exactly what its pool was funded with, so that the pool is empty when the last
one is picked up, and whatever nobody picked up goes back to the house.

A rehearsed one asks the books for nothing: no pool, and crystals that are worth nothing to whoever picks them up.
"""

from itertools import accumulate

from world import occasions
from world.crystals import Laid
from world.event import HOUSE, Settle, Telling
from world.festival import Rain
from world.programme import Occasion
from world.settling import Asker, Stored, Waiting, move, pool
from world.state import World

# Places tried for one crystal before it falls where the last one did: a rain over a roof still falls beside it.
TRIES = 16
NOBODY = Asker()


def begin(world: World, occasion: Occasion) -> Telling:
    """Its next turn: the pool is funded, and nothing falls before that is stored. A rehearsal needs none."""
    rain = plan_of(occasion)
    yield from occasions.begin(world, occasion, world.ticks(rain.over_s) + world.ticks(rain.linger_s))
    left = _portions(world, rain)
    worth = sum(count * kind.value for count, kind in zip(left, world.festival.crystal, strict=True))
    occasion.detail = {"funded": int(occasion.rehearsal), "worth": worth, "fallen": 0, "taken": 0}
    occasion.detail |= {f"left_{number}": count for number, count in enumerate(left) if count}
    if not occasion.rehearsal:
        yield _ask(world, occasion, "fund", HOUSE, _pool(occasion), worth)


def finish(world: World, occasion: Occasion) -> Telling:
    """It is over: what lies free vanishes; what is claimed is waited for, which in a rehearsal nothing is."""
    for crystal in world.crystals.of(_source(occasion)):
        if world.crystals.is_free(crystal.crystal):
            world.crystals.remove(crystal.crystal)
    yield from occasions.change(world, occasion, "idle" if occasion.rehearsal else "ending")


def funded(world: World, waiting: Waiting, _: Stored) -> Telling:
    """The pool is there: it may rain."""
    occasion = world.programme.find(waiting.about)
    occasion.detail["funded"] = 1
    world.programme.changed = True
    return ()


def over(world: World, waiting: Waiting, _: object) -> Telling:
    """What was left is back with the house: the turn is over.

    So it is when the books would not fund or close the pool, which is our fault: without crystals there is
    no rain, and what is left in a pool is swept when the city starts next.
    """
    yield from occasions.change(world, world.programme.find(waiting.about), "idle")


def taken(world: World, source: tuple[str, int], value: int) -> None:
    """One of a rain's crystals has been picked up and stored."""
    occasion = world.programme.occasions.get(source[0])
    if occasion is not None and occasion.turn == source[1]:
        occasion.detail["taken"] += 1
        occasion.detail["worth"] -= value


def is_on(world: World, source: tuple[str, int]) -> bool:
    """Whether crystals of this turn of a rain still lie there for everybody."""
    occasion = world.programme.occasions[source[0]]
    return occasion.turn == source[1] and occasion.state in ("running", "paused")


def plan_of(occasion: Occasion) -> Rain:
    """What the content says of it."""
    assert isinstance(occasion.plan, Rain)
    return occasion.plan


def pool_of(source: tuple[str, int]) -> str:
    """The account that a rain's crystals are paid from."""
    name, turn = source
    return pool(f"rain.{name}.{turn}")


def go_on(world: World, occasion: Occasion) -> Telling:
    """A tick of it: what is due falls, and it ends when its time is up or nothing is left to find."""
    rain, detail = plan_of(occasion), occasion.detail
    occasion.elapsed += 1
    due = min(rain.number, rain.number * occasion.elapsed // world.ticks(rain.over_s))
    for _ in range(due - detail["fallen"]):
        _fall(world, occasion, rain)
    if occasion.elapsed % world.config.tick_rate_hz == 0:
        world.programme.changed = True
    everything_taken = due == rain.number and not world.crystals.has(_source(occasion))
    if occasion.elapsed >= occasion.lasts or everything_taken:
        yield from finish(world, occasion)


def _fall(world: World, occasion: Occasion, rain: Rain) -> None:
    kind, detail = _drawn(world, occasion), occasion.detail
    detail[f"left_{kind}"] -= 1
    detail["fallen"] += 1
    crystal = Laid(kind, world.festival.crystal[kind].value, _source(occasion), occasion.rehearsal)
    world.crystals.add(_place(world, rain), crystal)


def _drawn(world: World, occasion: Occasion) -> int:
    """A kind of crystal, by how many of each are left to fall."""
    left = [occasion.detail.get(f"left_{kind}", 0) for kind in range(len(world.festival.crystal))]
    drawn = world.random.stream("rain").below(sum(left))
    return next(kind for kind, upto in enumerate(accumulate(left)) if drawn < upto)


def _place(world: World, rain: Rain) -> tuple[int, int, int]:
    """Somewhere in the rain's rectangle where nothing is built."""
    chance, ground = world.random.stream("rain"), rain.rect.moved(world.area.x, world.area.z)
    for _ in range(TRIES):
        x, z = ground.x + chance.below(ground.width), ground.z + chance.below(ground.depth)
        if world.space.open_at(x, z):
            break
    return x, world.space.ground_at(x, z), z


def tidy(world: World, occasion: Occasion) -> Telling:
    """Once the last claim is answered, give back what is left."""
    if world.crystals.has(_source(occasion)) or _key(occasion, "close") in world.pending:
        return
    if occasion.detail["worth"]:
        yield _ask(world, occasion, "close", _pool(occasion), HOUSE, occasion.detail["worth"])
    else:
        yield from occasions.change(world, occasion, "idle")


def _ask(world: World, occasion: Occasion, kind: str, source: str, target: str, amount: int) -> Settle:
    settle = Settle(_key(occasion, kind), kind, move(source, target, amount))
    return world.pending.ask(Waiting(settle, NOBODY, world.tick, occasion.name))


def _key(occasion: Occasion, kind: str) -> str:
    return f"{kind}.{occasion.name}.{occasion.turn}"


def _pool(occasion: Occasion) -> str:
    return pool_of(_source(occasion))


def _source(occasion: Occasion) -> tuple[str, int]:
    return occasion.name, occasion.turn


def _portions(world: World, rain: Rain) -> list[int]:
    """How many of each kind: as exactly by weight as whole crystals allow, the rest to the commonest."""
    kinds = [0] * len(world.festival.crystal)
    weights = sum(drop.weight for drop in rain.drop)
    for drop in rain.drop:
        kinds[world.festival.crystal_kind(drop.kind)] += rain.number * drop.weight // weights
    commonest = max(rain.drop, key=lambda drop: drop.weight)
    kinds[world.festival.crystal_kind(commonest.kind)] += rain.number - sum(kinds)
    return kinds
