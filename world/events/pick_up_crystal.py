"""A player picks a crystal up from the ground: whoever asks, one has it, and only once it is in the books."""

from typing import Annotated, ClassVar

from msgspec import Meta

from world import rains
from world.city import cm
from world.crystals import STANDING, Crystal, Wish
from world.event import COSMETIC, NOTABLE, Audience, Command, Event, Nearby, Only, Refusal, Refused, Telling
from world.rates import spend
from world.settling import Asker, Stored, Waiting
from world.state import World


class PickUpCrystal(Command, frozen=True):
    """Pick up the crystal of this id, which must be within reach."""

    crystal: Annotated[int, Meta(ge=0, le=0xFFFFFFFF)]


class CrystalGained(Event, frozen=True):
    """It is yours and in the books under `receipt`; `balance` is what you have now, `number` your wish's."""

    importance: ClassVar[int] = NOTABLE

    receipt: str
    crystal: int
    value: int
    balance: int
    number: int


class CrystalRehearsed(Event, frozen=True):
    """You have picked up a crystal of a rehearsal: it would be worth `value`, and brings nothing."""

    importance: ClassVar[int] = NOTABLE

    crystal: int
    value: int
    number: int


class CrystalTaken(Event, frozen=True):
    """Somebody has picked up a crystal."""

    importance: ClassVar[int] = COSMETIC

    entity: int
    crystal: int


def apply(world: World, actor: int, command: PickUpCrystal) -> Telling:
    """Notes a wish that could be granted; which of a tick's wishes are, is decided when all are known."""
    row = world.here(actor)
    crystal = world.crystals.find(command.crystal)
    if crystal is None:
        raise Refused("gone", "crystal", "there is no such crystal here")
    if crystal.staff and not world.is_staff(row):
        raise Refused("rehearsal", "crystal", "it is part of a rehearsal, which is for staff")
    if not world.crystals.is_free(crystal.crystal):
        raise Refused("taken", "crystal", "somebody else has it")
    columns, reach = world.columns, cm(world.tuning.crystals.reach_m)
    away = (int(columns.x[row]) - crystal.x, int(columns.y[row]) - crystal.y, int(columns.z[row]) - crystal.z)
    if sum(axis * axis for axis in away) > reach * reach:
        raise Refused("too_far", "crystal", f"within {world.tuning.crystals.reach_m:g} m of where you stand")
    spend(world, columns.pick_up_debt, row, world.tuning.crystals.rate)
    world.crystals.wishes.append(Wish(world.asker(row, command.deed), crystal.crystal))
    return ()


def gained(world: World, waiting: Waiting, stored: Stored) -> Telling:
    """It is in the books: the crystal is gone, its player hears of it, and so does whoever stands near."""
    crystal, asker = waiting.about, waiting.asker
    world.crystals.remove(crystal.crystal)
    if crystal.source[0] == STANDING:
        spot = world.festival.standing[crystal.source[1]]
        world.crystals.returns[crystal.source[1]] = world.tick + world.ticks(spot.respawn_s)
    else:
        rains.taken(world, crystal.source, crystal.value)
    gain = CrystalGained(stored.receipt, crystal.crystal, crystal.value, stored.balance, asker.number)
    yield Only(asker.entity), gain
    yield _taken(world, asker, crystal)


def rehearsed(world: World, asker: Asker, crystal: Crystal) -> Telling:
    """Part of a rehearsal: it is gone at once, the books hear nothing of it, and only staff see it."""
    world.crystals.remove(crystal.crystal)
    rains.taken(world, crystal.source, crystal.value)
    yield Only(asker.entity), CrystalRehearsed(crystal.crystal, crystal.value, asker.number)
    yield _taken(world, asker, crystal)


def not_gained(world: World, waiting: Waiting, reason: str) -> Telling:
    """It is not in the books: the crystal lies there again, unless its rain is over."""
    crystal, asker = waiting.about, waiting.asker
    if crystal.source[0] == STANDING or rains.is_on(world, crystal.source):
        world.crystals.release(crystal.crystal)
    else:
        world.crystals.remove(crystal.crystal)
    yield Refusal(asker.entity, asker.number, asker.deed, reason, "crystal", "it could not be entered in the books")


def _taken(world: World, asker: Asker, crystal: Crystal) -> tuple[Audience, CrystalTaken]:
    radius = cm(world.tuning.crystals.radius_m)
    audience = Nearby(asker.entity, crystal.x, crystal.z, radius, staff=crystal.staff)
    return audience, CrystalTaken(asker.entity, crystal.crystal)
