"""A player lights a firework for crystals: paid first, launched then, and paid back if it cannot be.

The way of one, each arrow an answer of the books::

    apply ──► launch         it rises
      │         └──► refunded   the sky has become full, and the crystals are back
      └─────► unpaid
"""

from typing import Annotated, ClassVar, NamedTuple

from msgspec import Meta

from world.city import cm
from world.event import (
    COSMETIC,
    HOUSE,
    NOTABLE,
    Audience,
    Command,
    Event,
    Nearby,
    Only,
    Refusal,
    Refused,
    Settle,
    Telling,
)
from world.festival import FireworkKind
from world.motion import sine
from world.rates import spend
from world.settling import Stored, Waiting, move, player
from world.state import World

# Names of the content; a client learns them from the catalogue.
KindName = Annotated[str, Meta(min_length=1, max_length=32)]
# Ten kilometres and a zone each way from the origin, in cm: as far as any city goes.
CityCm = Annotated[int, Meta(ge=-1_100_000, le=1_100_000)]


class LightFirework(Command, frozen=True):
    """Light a firework of this kind in one to three colours, at a place or, without one, right ahead."""

    kind: KindName
    colours: Annotated[list[KindName], Meta(min_length=1, max_length=3)]
    x: CityCm | None = None
    z: CityCm | None = None


class FireworkLaunched(Event, frozen=True):
    """It rises from (x, y, z) at `start_tick`, bursts `height` cm above at `burst_tick` and is gone after `end_tick`.

    `entity` lit it, 0 in a show. Whoever draws it from `seed` draws the same. `importance` is 0 to 2.
    """

    entity: int
    kind: str
    colours: list[str]
    seed: int
    x: int
    y: int
    z: int
    start_tick: int
    burst_tick: int
    end_tick: int
    height: int
    importance: int  # type: ignore[misc]

    def until_tick(self) -> int:
        """It can be seen for so long."""
        return self.end_tick


class FireworkSettled(Event, frozen=True):
    """Yours is paid and rises at `start_tick`; `balance` is what you have now, `number` your wish's."""

    importance: ClassVar[int] = NOTABLE

    receipt: str
    number: int
    cost: int
    balance: int
    start_tick: int


class FireworkRefunded(Event, frozen=True):
    """Yours was paid, could not be launched for a reason, and is paid back."""

    importance: ClassVar[int] = NOTABLE

    receipt: str
    number: int
    reason: str
    balance: int


class Rocket(NamedTuple):
    """What is to rise, and where (cm of the city); `entity` lit it, 0 in a show; `staff`: in a rehearsal of one."""

    entity: int
    kind: str
    colours: tuple[str, ...]
    x: int
    z: int
    staff: bool = False


class Owed(NamedTuple):
    """Why a firework that was paid under `receipt` is paid back."""

    reason: str
    receipt: str


def apply(world: World, actor: int, command: LightFirework) -> Telling:
    """Everything is checked before it is paid; so only the sky can be in the way afterwards."""
    row = world.here(actor)
    kind = _for_sale(world, command.kind)
    _check_colours(world, command.colours)
    x, z = _place(world, row, command)
    if _sky_is_full(world):
        raise Refused("sky_full", message=f"{world.tuning.firework.sky_max} fireworks are in the air here")
    asker = world.asker(row, command.deed)
    spend(world, world.columns.light_debt, row, world.tuning.firework.rate)
    settle = Settle(f"light.{world.pending.serial()}", "light", move(player(asker.account), HOUSE, kind.cost))
    rocket = Rocket(actor, kind.name, tuple(command.colours), x, z)
    yield world.pending.ask(Waiting(settle, asker, world.tick, rocket))


def launch(world: World, waiting: Waiting, stored: Stored) -> Telling:
    """It is paid: it rises, wherever its owner is by now. The ground never changes, so its place is good still."""
    if _sky_is_full(world):
        yield _pay_back(world, waiting, Owed("sky_full", stored.receipt))
        return
    rocket, asker = waiting.about, waiting.asker
    audience, launched = rise(world, rocket, world.random.stream("fireworks").below(2**32))
    yield audience, launched
    yield (
        Only(asker.entity),
        FireworkSettled(stored.receipt, asker.number, _paid(waiting), stored.balance, launched.start_tick),
    )


def unpaid(world: World, waiting: Waiting, reason: str) -> Telling:
    """Its owner has not enough crystals; any other reason is our fault."""
    entity, _, deed, number = waiting.asker
    if reason == "insufficient":
        yield Refusal(entity, number, deed, "insufficient", "kind", f"it costs {_paid(waiting)} crystals")
    else:
        yield Refusal(entity, number, deed, "refused", None, "the books would not have it; nothing was paid")


def refunded(world: World, waiting: Waiting, stored: Stored) -> Telling:
    """Its owner has the crystals back."""
    asker = waiting.asker
    yield Only(asker.entity), FireworkRefunded(stored.receipt, asker.number, waiting.about.reason, stored.balance)


def refund_rejected(world: World, waiting: Waiting, reason: str) -> Telling:
    """Must not happen: the house is never out of crystals.

    Asking again would be answered the same. The settler has it in its log; the player gets to know
    the receipt for what was paid, to be paid back by hand.
    """
    entity, _, deed, number = waiting.asker
    paid = f"it did not rise, and paying it back failed; whoever runs the city needs {waiting.about.receipt}"
    yield Refusal(entity, number, deed, "not_refunded", None, paid)


def rise(world: World, rocket: Rocket, seed: int, importance: int = COSMETIC) -> tuple[Audience, FireworkLaunched]:
    """It is lit in this tick, and matters at least so much. A rehearsal's leaves the sky to those who pay."""
    kind, tuning = _known(world, rocket.kind), world.tuning.firework
    start = world.tick + world.ticks(tuning.fuse_s)
    burst = start + world.ticks(kind.rise_s)
    end = burst + world.ticks(kind.burst_s)
    if not rocket.staff:
        world.sky.add(world.tick, end)
    launched = FireworkLaunched(
        entity=rocket.entity,
        kind=rocket.kind,
        colours=list(rocket.colours),
        seed=seed,
        x=rocket.x,
        y=world.space.ground_at(rocket.x, rocket.z),
        z=rocket.z,
        start_tick=start,
        burst_tick=burst,
        end_tick=end,
        height=cm(kind.height_m),
        importance=max(kind.importance, importance),
    )
    return Nearby(rocket.entity, rocket.x, rocket.z, cm(tuning.radius_m), staff=rocket.staff), launched


def _known(world: World, name: str) -> FireworkKind:
    """The kind of a firework that was checked."""
    kind = world.festival.firework_kind(name)
    assert kind is not None, f"no firework {name}"
    return kind


def _for_sale(world: World, name: str) -> FireworkKind:
    kind = world.festival.firework_kind(name)
    if kind is None:
        names = ", ".join(each.name for each in world.festival.firework if each.cost)
        raise Refused("no_such_firework", "kind", f"there are {names or 'none'}")
    if not kind.cost:
        raise Refused("not_for_sale", "kind", "it is for shows only")
    return kind


def _check_colours(world: World, colours: list[str]) -> None:
    known = [colour.name for colour in world.festival.colour]
    if any(colour not in known for colour in colours):
        raise Refused("no_such_colour", "colours", f"there are {', '.join(known) or 'none'}")


def _place(world: World, row: int, command: LightFirework) -> tuple[int, int]:
    """Where it is to rise; raises Refused if it cannot be there."""
    x, z = _aim(world, row, command)
    if not world.area.contains(x, z):
        raise Refused("out_of_zone", message=f"{world.map.name} ends before that place")
    if not world.space.open_at(x, z):
        raise Refused("blocked", message="something is built there")
    return x, z


def _aim(world: World, row: int, command: LightFirework) -> tuple[int, int]:
    """The place that was asked for, or the one right ahead."""
    columns, tuning = world.columns, world.tuning.firework
    at_x, at_z = int(columns.x[row]), int(columns.z[row])
    if command.x is None and command.z is None:
        ahead, heading = cm(tuning.ahead_m), int(columns.heading[row])
        return at_x + sine(ahead, heading), at_z + sine(ahead, heading + 64)
    if command.x is None or command.z is None:
        raise Refused("half_a_place", "z" if command.z is None else "x", "both x and z, or neither")
    if (command.x - at_x) ** 2 + (command.z - at_z) ** 2 > cm(tuning.aim_m) ** 2:
        raise Refused("too_far", "x", f"at most {tuning.aim_m:g} m away")
    return command.x, command.z


def _sky_is_full(world: World) -> bool:
    return world.sky.in_air(world.tick) >= world.tuning.firework.sky_max


def _paid(waiting: Waiting) -> int:
    """What was asked for it then; the content may have another price by now."""
    return max(posting.amount for posting in waiting.settle.postings)


def _pay_back(world: World, waiting: Waiting, owed: Owed) -> Settle:
    """Under a key that says for which firework."""
    key, account = waiting.settle.key.replace("light", "refund"), player(waiting.asker.account)
    settle = Settle(key, "refund", move(HOUSE, account, _paid(waiting)))
    return world.pending.ask(Waiting(settle, waiting.asker, world.tick, owed))
