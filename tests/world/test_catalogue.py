"""The catalogue knows every deed and event, and tells clients of the public ones."""

from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import pytest

import world.events
from tests.world.hamlet import CITY, FESTIVAL, Hamlet, config
from world.avatar import Avatar, Choice, Slider
from world.catalogue import DEEDS, EVENTS, RULES, describe
from world.event import Command, Event
from world.events.announce import Announce
from world.events.arrive import departure
from world.events.confirm import Confirm
from world.events.emote import Emote
from world.events.halt import Halt
from world.events.join import Join, Stand
from world.events.join_party import JoinParty
from world.events.leave import Leave
from world.events.leave_party import LeaveParty
from world.events.light_firework import LightFirework
from world.events.move import Move
from world.events.pick_up_crystal import PickUpCrystal
from world.events.reject import Reject
from world.events.reload_content import ReloadContent
from world.events.reshape import Reshape
from world.events.say import Say
from world.events.sit import Sit
from world.events.steer_event import SteerEvent
from world.events.wave import Wave

AVATAR = Avatar(
    slider=(Slider(name="nose", group="face"),),
    choice=(Choice(name="hair", group="hair", default="long", option=("short", "long", "none")),),
)


def arrival() -> Command:
    hamlet = Hamlet()
    hamlet.join(5)
    return departure(hamlet.west, 5)


EXAMPLES: list[Command] = [
    Join("Ada"),
    Join("Ada", {"hue": 255}, CITY.zone[0].spawn[0].name),
    Join("Ada", {}, None, 2**40, Stand(-5, 2**30, 255)),
    Join("Stella", staff=True),
    Leave(),
    Halt(),
    arrival(),
    Move(2**32 - 1, 255, 0, 2, True),
    Say("你好"),
    Wave("left"),
    Emote("bow"),
    Sit(),
    PickUpCrystal(2**32 - 1),
    LightFirework("peony", ["gold", "red"], -5, 2**20),
    LightFirework("peony", ["gold"]),
    JoinParty("Blue-Door-7"),
    LeaveParty(),
    Reshape({"nose": 255, "hair": -1}, "Ada"),
    Reshape(),
    Confirm("pick.1", "12.0.pick.1", 2**40),
    Reject("pick.1", "closed"),
    SteerEvent("dawn", "extend", 60, "night shift"),
    Announce("Fireworks at nine", "ada"),
    ReloadContent(config().tuning, FESTIVAL, "ada"),
]


def modules() -> list[Any]:
    folder = Path(*world.events.__path__)
    deeds = [import_module(f"world.events.{path.stem}") for path in sorted(folder.glob("[!_]*.py"))]
    # What is told of rains and shows is no deed's.
    return [*deeds, import_module("world.occasions")]


def defined(kind: type) -> set[type]:
    return {
        each
        for module in modules()
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, kind) and each.__module__ == module.__name__
    }


def test_every_command_and_event_that_exists_is_in_it() -> None:
    assert {deed.command for deed in DEEDS.values()} == defined(Command) == set(RULES)
    assert set(EVENTS.values()) == defined(Event)
    assert all(name == deed.name == deed.command.deed for name, deed in DEEDS.items())
    assert all(name == event.name for name, event in EVENTS.items())


SERVERS = {"join", "leave", "halt", "arrive", "confirm", "reject", "steer_event", "announce", "reload_content"}


def test_clients_may_do_what_players_do_and_nothing_else() -> None:
    deeds, events = describe(FESTIVAL, AVATAR)
    together = {"join_party", "leave_party"}
    assert (
        set(deeds) == {"move", "say", "wave", "emote", "sit", "pick_up_crystal", "light_firework", "reshape"} | together
    )
    assert {name for name, deed in DEEDS.items() if not deed.public} == SERVERS
    assert set(EVENTS) - set(events) == {"event_steered", "announcement_made", "content_reloaded"}


def test_a_description_names_types_bounds_and_choices() -> None:
    deeds, events = describe(FESTIVAL, AVATAR)
    assert deeds["say"] == {"text": {"type": "str", "min_length": 1, "max_length": 200}}
    assert deeds["wave"] == {"hand": {"type": "str", "one_of": ["left", "right"]}}
    assert deeds["move"]["gait"] == {"type": "int", "ge": 0, "le": 2}
    assert deeds["move"]["jump"] == {"type": "bool", "default": False}
    assert deeds["sit"] == {}
    word = {"type": "str", "min_length": 1, "max_length": 32}
    colour = {**word, "one_of": ["red", "blue", "gold"]}
    assert deeds["light_firework"]["kind"] == {**word, "one_of": ["rocket"]}
    assert deeds["light_firework"]["colours"] == {"type": "list", "min_length": 1, "max_length": 3, "of": colour}
    assert deeds["light_firework"]["x"] == {"type": "int", "ge": -1_100_000, "le": 1_100_000, "default": None}
    traits = {"nose": {"type": "int", "ge": 0, "le": 255}, "hair": {"type": "int", "ge": 0, "le": 2}}
    assert deeds["reshape"]["look"] == {"type": "map", "max_length": 16, "default": {}, "keys": traits}
    assert events["reshaped"]["look"] == {"type": "map", "max_length": 16, "of": {"type": "int", "ge": 0, "le": 255}}
    assert events["said"] == {"entity": {"type": "int"}, "text": {"type": "str"}}


def test_a_description_is_made_of_builtins() -> None:
    deeds, events = describe(FESTIVAL, AVATAR)
    assert msgspec.convert([deeds, events], list[dict[str, dict[str, dict[str, Any]]]]) == [deeds, events]
    assert msgspec.json.decode(msgspec.json.encode(deeds)) == deeds


@pytest.mark.parametrize("command", EXAMPLES, ids=lambda command: command.deed)
def test_every_command_survives_plain_builtins(command: Command) -> None:
    plain = msgspec.to_builtins(command, builtin_types=(bytes,))
    assert msgspec.convert(plain, DEEDS[command.deed].command) == command
    wire = msgspec.msgpack.decode(msgspec.msgpack.encode(plain))
    assert msgspec.convert(wire, DEEDS[command.deed].command) == command


def test_every_deed_has_an_example_here() -> None:
    assert {command.deed for command in EXAMPLES} == set(DEEDS)


@pytest.mark.parametrize("deed", DEEDS.values(), ids=lambda deed: deed.name)
def test_no_deed_takes_unknown_fields(deed: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"surprise": 1}, deed.command)
