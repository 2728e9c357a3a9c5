"""A player joins friends by a code that they tell each other, and is brought to where most of them are."""

from typing import ClassVar

from world.event import NOTABLE, Command, Event, Only, Refused, Telling
from world.events import leave_party
from world.layers import layer_of_party
from world.parties import Code, party_of
from world.rates import spend
from world.state import World


class JoinParty(Command, frozen=True):
    """Belong to whoever says the same code; nobody is told what it is."""

    code: Code


class PartyJoined(Event, frozen=True):
    """`entity`, you or another, belongs to your party from now on; so many of it are in this zone, you among them."""

    importance: ClassVar[int] = NOTABLE

    entity: int
    members: int


def apply(world: World, actor: int, command: JoinParty) -> Telling:
    """Leaves the party before, if there is one. Where the friends' layer is full, everybody stays where they are."""
    row, party = world.here(actor), party_of(command.code)
    members_max = world.tuning.party.members_max
    if world.profiles[actor].party == party:
        raise Refused("already_in_party", "code", "you belong to it")
    if len(world.profiles.together(party)) >= members_max:
        raise Refused("party_full", "code", f"{members_max} of it are in this zone")
    spend(world, world.columns.party_debt, row, world.tuning.party.rate)
    if world.profiles[actor].party:
        yield from leave_party.part(world, actor)
    layer = layer_of_party(world, party)
    if layer is not None:
        world.columns.layer[row] = layer
    world.profiles.put(world.profiles[actor]._replace(party=party))
    together = world.profiles.together(party)
    for member in together:
        yield Only(member), PartyJoined(actor, len(together))
