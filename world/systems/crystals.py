"""Who gets which crystal, of all who asked in this tick; and those of a standing place lie there again in time."""

from world import rains
from world.city import cm
from world.config import FOREVER
from world.crystals import STANDING, Crystal, Laid, Wish
from world.event import HOUSE, Refusal, Refused, Settle, Telling
from world.events.pick_up_crystal import rehearsed
from world.settling import Asker, Waiting, move, player
from world.state import World


def run(world: World) -> Telling:
    """First the wishes of this tick, then whatever is to lie there anew."""
    wishes, world.crystals.wishes = world.crystals.wishes, []
    for wish in _shuffled(world, wishes):
        try:
            yield from _grant(world, wish)
        except Refused as no:
            yield Refusal(wish.asker.entity, wish.asker.number, wish.asker.deed, no.reason, no.field, no.message)
    _lay_out(world)


def rests_until(world: World) -> int:
    """The tick in which a crystal lies in its place again."""
    return min((at for at in world.crystals.returns.values() if at > world.tick), default=FOREVER)


def _shuffled(world: World, wishes: list[Wish]) -> list[Wish]:
    """In an order of chance: whose link is the fastest makes no difference within a tick."""
    chance, order = world.random.stream("wishes"), list(wishes)
    for last in range(len(order) - 1, 0, -1):
        other = chance.below(last + 1)
        order[last], order[other] = order[other], order[last]
    return order


def _grant(world: World, wish: Wish) -> Telling:
    """It is this one's, once it is stored; what is rehearsed is not stored."""
    crystal = world.crystals.find(wish.crystal)
    if crystal is None:
        raise Refused("gone", "crystal", "its rain has just ended")
    if not world.crystals.is_free(wish.crystal):
        raise Refused("taken", "crystal", "somebody else was chosen")
    if crystal.staff:
        yield from rehearsed(world, wish.asker, crystal)
    else:
        yield _claim(world, wish.asker, crystal)


def _claim(world: World, asker: Asker, crystal: Crystal) -> Settle:
    world.pending.admit(asker.account, world.tuning.settling)
    source = HOUSE if crystal.source[0] == STANDING else rains.pool_of(crystal.source)
    world.crystals.claim(crystal.crystal)
    settle = Settle(f"pick.{crystal.serial}", "pick_up", move(source, player(asker.account), crystal.value))
    return world.pending.ask(Waiting(settle, asker, world.tick, crystal))


def _lay_out(world: World) -> None:
    """Standing crystals of this zone: each at once when the content has it, and again when its time has come."""
    returns, standing = world.crystals.returns, world.festival.standing
    if world.crystals.laid_out < len(standing):
        fresh = range(world.crystals.laid_out, len(standing))
        returns |= {number: world.tick for number in fresh if standing[number].zone == world.map.name}
        world.crystals.laid_out = len(standing)
    for number in [number for number, at in returns.items() if at <= world.tick]:
        del returns[number]
        spot = world.festival.standing[number]
        kind = world.festival.crystal_kind(spot.kind)
        x, z = world.area.x + cm(spot.x_m), world.area.z + cm(spot.z_m)
        place = x, world.space.ground_at(x, z), z
        world.crystals.add(place, Laid(kind, world.festival.crystal[kind].value, (STANDING, number)))
