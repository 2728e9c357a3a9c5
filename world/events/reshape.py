"""A player shapes their face and body or changes their name, and everybody near sees them so from then on."""

from typing import Annotated, ClassVar

from msgspec import Meta, field

from world.event import SOCIAL, Command, Event, Only, Telling
from world.looks import checked, worn
from world.profiles import Look, LookKey, ProfileName, Version
from world.rates import spend
from world.state import World

# Sixteen bits on the wire; after the last version comes the first again.
_VERSION_MAX = 0xFFFF
# Wider than any trait: the rule says which one is out of its bounds, the schema could only say that one of them is.
Wanted = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]


class Reshape(Command, frozen=True):
    """Look like this; traits that are left out stay as they are, and so does the name."""

    look: Annotated[dict[LookKey, Wanted], Meta(max_length=16)] = field(default_factory=dict)
    name: ProfileName | None = None


class Reshaped(Event, frozen=True):
    """You are called `called` and look like this now, the whole of it; everybody else gets your new profile."""

    importance: ClassVar[int] = SOCIAL

    entity: int
    version: Version
    called: str
    look: Look


def apply(world: World, actor: int, command: Reshape) -> Telling:
    """Only the actor is told by an event: the profile goes to those near anyhow, once each. No change is no news."""
    row = world.here(actor)
    checked(world.config.avatar, command.look)
    spend(world, world.columns.reshape_debt, row, world.tuning.reshape.rate)
    before = world.profiles[actor]
    look = worn(world.config.avatar, {**before.look, **command.look}, int(world.columns.account[row]))
    after = before._replace(name=command.name or before.name, look=look)
    if after != before:
        after = after._replace(version=before.version % _VERSION_MAX + 1)
        world.profiles.put(after)
    yield Only(actor), Reshaped(actor, after.version, after.name, after.look)
