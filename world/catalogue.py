"""Every deed and every event by name: the one place where the next deed is added."""

from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

from world import occasions, rains
from world.avatar import Avatar, bounds
from world.event import Command, Event, Telling
from world.events import (
    announce,
    arrive,
    confirm,
    emote,
    halt,
    join,
    join_party,
    leave,
    leave_party,
    light_firework,
    move,
    pick_up_crystal,
    reject,
    reload_content,
    reshape,
    say,
    settlement_pending,
    sit,
    steer_event,
    wave,
)
from world.festival import Festival


class Deed(NamedTuple):
    """What can be done: `apply(world, actor, command)` is the rule; only public deeds are for clients."""

    name: str
    command: type[Command]
    apply: Callable[[Any, int, Any], Telling]
    public: bool


def _deed(module: ModuleType, command: type[Command], public: bool) -> Deed:
    return Deed(command.deed, command, module.apply, public)


_DEEDS = (
    _deed(join, join.Join, public=False),
    _deed(leave, leave.Leave, public=False),
    _deed(halt, halt.Halt, public=False),
    _deed(arrive, arrive.Arrive, public=False),
    _deed(confirm, confirm.Confirm, public=False),
    _deed(reject, reject.Reject, public=False),
    _deed(steer_event, steer_event.SteerEvent, public=False),
    _deed(announce, announce.Announce, public=False),
    _deed(reload_content, reload_content.ReloadContent, public=False),
    _deed(move, move.Move, public=True),
    _deed(say, say.Say, public=True),
    _deed(wave, wave.Wave, public=True),
    _deed(emote, emote.Emote, public=True),
    _deed(sit, sit.Sit, public=True),
    _deed(pick_up_crystal, pick_up_crystal.PickUpCrystal, public=True),
    _deed(light_firework, light_firework.LightFirework, public=True),
    _deed(join_party, join_party.JoinParty, public=True),
    _deed(leave_party, leave_party.LeaveParty, public=True),
    _deed(reshape, reshape.Reshape, public=True),
)
_EVENTS: tuple[type[Event], ...] = (
    say.Said,
    wave.Waved,
    emote.Emoted,
    sit.Sat,
    pick_up_crystal.CrystalGained,
    pick_up_crystal.CrystalRehearsed,
    pick_up_crystal.CrystalTaken,
    light_firework.FireworkLaunched,
    light_firework.FireworkSettled,
    light_firework.FireworkRefunded,
    occasions.EventChanged,
    steer_event.EventSteered,
    announce.Announced,
    announce.AnnouncementMade,
    reload_content.PricesChanged,
    reload_content.ContentReloaded,
    settlement_pending.SettlementPending,
    join_party.PartyJoined,
    leave_party.PartyLeft,
    reshape.Reshaped,
)

# What is settled, by its kind: what happens once it is stored, and what if it never will be.
confirm.HAPPENS |= {
    "pick_up": pick_up_crystal.gained,
    "light": light_firework.launch,
    "refund": light_firework.refunded,
    "fund": rains.funded,
    "close": rains.over,
}
reject.HAPPENS |= {
    "pick_up": pick_up_crystal.not_gained,
    "light": light_firework.unpaid,
    "refund": light_firework.refund_rejected,
    "fund": rains.over,
    "close": rains.over,
}

SETTLED = tuple(confirm.HAPPENS)
DEEDS = {deed.name: deed for deed in _DEEDS}
EVENTS = {event.name: event for event in _EVENTS}
RULES = {deed.command: deed for deed in _DEEDS}


def describe(festival: Festival, avatar: Avatar) -> tuple[dict[str, Any], dict[str, Any]]:
    """The public deeds and all events, each as field -> type and bounds, in plain builtins for clients.

    What only the content knows is in it too: the kinds of fireworks that are for sale, the colours, and the
    traits of an avatar with their bounds.
    """
    deeds = {deed.name: _fields(deed.command) for deed in _DEEDS if deed.public}
    light = deeds[light_firework.LightFirework.deed]
    light["kind"]["one_of"] = [kind.name for kind in festival.firework if kind.cost]
    light["colours"]["of"]["one_of"] = [colour.name for colour in festival.colour]
    look = deeds[reshape.Reshape.deed]["look"]
    del look["of"]  # wider than any trait
    look["keys"] = bounds(avatar)
    return deeds, {event.name: _fields(event) for event in _EVENTS if event.public}


def _fields(record: type[Command] | type[Event]) -> dict[str, Any]:
    info = inspect.type_info(record)
    assert isinstance(info, inspect.StructType)
    return {field.encode_name: _field(field) for field in info.fields}


def _field(field: inspect.Field) -> dict[str, Any]:
    if field.required:
        return _type(field.type)
    given = field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default
    return {**_type(field.type), "default": given}


def _type(info: inspect.Type) -> dict[str, Any]:
    match info:
        case inspect.LiteralType():
            return {"type": "str", "one_of": list(info.values)}
        case inspect.StrType():
            return _bounded("str", min_length=info.min_length, max_length=info.max_length)
        case inspect.IntType():
            return _bounded("int", ge=info.ge, le=info.le)
        case inspect.BoolType():
            return {"type": "bool"}
        case inspect.ListType() | inspect.DictType():
            name, each = ("list", info.item_type) if isinstance(info, inspect.ListType) else ("map", info.value_type)
            return {**_bounded(name, min_length=info.min_length, max_length=info.max_length), "of": _type(each)}
        case inspect.UnionType():
            (kind,) = (each for each in info.types if not isinstance(each, inspect.NoneType))
            return _type(kind)
        case _:
            raise TypeError(f"say here how to describe {info} to a client")


def _bounded(name: str, **bounds: int | None) -> dict[str, Any]:
    return {"type": name, **{bound: value for bound, value in bounds.items() if value is not None}}
