"""A player belongs to no party any more, and stays where they are."""

from typing import ClassVar

from world.event import NOTABLE, Command, Event, Only, Refused, Telling
from world.rates import spend
from world.state import World


class LeaveParty(Command, frozen=True):
    """Go on without your friends."""


class PartyLeft(Event, frozen=True):
    """`entity`, you or another, belongs to your party no more; so many of it are left in this zone."""

    importance: ClassVar[int] = NOTABLE

    entity: int
    members: int


def apply(world: World, actor: int, command: LeaveParty) -> Telling:
    """Nobody is moved: they may be in the middle of a talk."""
    row = world.here(actor)
    if not world.profiles[actor].party:
        raise Refused("no_party", message="you belong to none")
    spend(world, world.columns.party_debt, row, world.tuning.party.rate)
    yield from part(world, actor)


def part(world: World, actor: int) -> Telling:
    """`actor`, who belongs to a party, does so no more; both sides hear of it."""
    profile = world.profiles[actor]
    world.profiles.put(profile._replace(party=0))
    left = world.profiles.together(profile.party)
    for entity in (actor, *left):
        yield Only(entity), PartyLeft(actor, len(left))
