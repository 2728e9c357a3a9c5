"""What the TypeScript client knows of the wire, as the Python schemas say it: messages, deeds, codes, limits, map."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from msgspec import inspect

from protocol import frames, limits, messages
from protocol.crystals import CRYSTAL_ROW
from protocol.errors import RETRY_AFTER_S, CloseCode
from tests.client.typescript import comment, field_layout, interface, layout, literal, ts_type
from world import chart
from world.catalogue import DEEDS, EVENTS
from world.event import Command, Event
from world.motion import PARTS, SINE_QUARTER

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "client" / "sdk" / "src" / "generated" / "wire.ts"
HEAD = """/**
 * What the wire says, written by `make wire` from protocol/ and world/. Change those, and write it again.
 *
 * Names are those of the wire. A test fails while this file is not what the Python schemas say.
 */

"""
LAYOUT_TYPES = """/** How a value looks on the wire: least and most bound a number, or the length of a str or bin. */
export interface Layout {
  readonly type: 'int' | 'float' | 'str' | 'bin' | 'bool' | 'map' | 'array' | 'record' | 'row'
  readonly least?: number
  readonly most?: number
  readonly nullable?: boolean
  readonly of?: Layout
  readonly fields?: readonly FieldLayout[]
}

export interface FieldLayout extends Layout {
  readonly name: string
  readonly default?: unknown
}

export interface MessageLayout {
  readonly kind: number
  readonly says: 'client' | 'server'
  readonly fields: readonly FieldLayout[]
}

"""


def wire() -> str:
    """The whole file."""
    return HEAD + "\n".join([*_constants(), *_messages(), *_codes(), *_deeds(), *_map()])


def _constants() -> Iterator[str]:
    numbers = {name: value for name, value in vars(limits).items() if name.isupper()}
    numbers |= {"FRAME_HEADER_BYTES": frames.HEADER_BYTES, "RECORD_BYTES": frames.RECORD_BYTES}
    numbers |= {"CRYSTAL_ROW_BYTES": CRYSTAL_ROW.size, "PARTS_PER_CM": PARTS}
    yield "".join(f"export const {name} = {value}\n" for name, value in numbers.items())
    yield _constant("ANIMATIONS", "What an avatar is seen doing, by number.", frames.ANIMATIONS)
    sine = "sin(i / 256 of a turn) * 32768, rounded, for i = 0 to 64."
    yield _constant("SINE_QUARTER", sine, SINE_QUARTER, "readonly number[]")


def _constant(name: str, about: str, value: Any, kind: str = "") -> str:
    """A constant with what it is; without a type of its own it is as narrow as its value."""
    told = f": {kind} = {literal(value)}" if kind else f" = {literal(value)} as const"
    return f"{comment(about)}export const {name}{told}\n"


def _messages() -> Iterator[str]:
    for record in (messages.Zone, messages.Limits, messages.Profile):
        name = "ProfileRow" if record is messages.Profile else None
        yield interface(record, name)
    for union, side in ((messages.AnyClientMessage, "Client"), (messages.AnyServerMessage, "Server")):
        kinds = get_args(union)
        for message in kinds:
            tag = message.__struct_config__.tag
            told = interface(message, f"{message.__name__}Message", [f"readonly kind: {tag}"])
            yield told.replace("readonly Profile[]", "readonly ProfileRow[]")
        names = " | ".join(f"{message.__name__}Message" for message in kinds)
        yield f"export type {side}Message =\n  | {names.replace(' | ', chr(10) + '  | ')}\n"
    yield _layouts()


def _layouts() -> str:
    told = {
        message.__name__: {
            "kind": message.__struct_config__.tag,
            "says": "client" if issubclass(message, messages.ClientMessage) else "server",
            "fields": [field_layout(field) for field in _fields(message)],
        }
        for message in get_args(messages.AnyMessage)
    }
    names = "".join(f"\n  | {name!r}" for name in told)
    about = "Every message's kind, and its fields in the order of the wire."
    layouts = _constant("LAYOUTS", about, told, "Readonly<Record<MessageName, MessageLayout>>")
    return f"{LAYOUT_TYPES}export type MessageName ={names}\n\n{layouts}"


def _codes() -> Iterator[str]:
    yield _constant("CLOSE_CODES", "Why a connection ended.", {code.name: code.value for code in CloseCode})
    retry = {code.value: RETRY_AFTER_S.get(code) for code in CloseCode}
    about = "After how many seconds trying again makes sense, by close code; null: it does not."
    yield _constant("RETRY_AFTER_S", about, retry, "Readonly<Record<number, number | null>>")
    yield _constant("REFUSALS", "The words of Denied.reason that are known; the set may grow.", refusals())
    yield "export type RefusalReason = (typeof REFUSALS)[number]\n"


def refusals() -> list[str]:
    """The first column of both READMEs' tables of refusals; tests of theirs compare those with the code."""
    words: set[str] = set()
    for room, heading in (("protocol", "## Deeds that are refused"), ("world", "## Refusals")):
        text = (ROOT / room / "README.md").read_text("utf-8").partition(f"\n{heading}\n")[2].partition("\n## ")[0]
        for row in re.findall(r"^\| (`[^|]*) \|", text, re.M):
            words |= set(re.findall(r"`(\w+)`", row))
    return sorted(words)


def _deeds() -> Iterator[str]:
    public = [deed for deed in DEEDS.values() if deed.public and deed.name != "move"]
    yield _by_name("DeedFields", "What a deed takes, by its name.", {deed.name: deed.command for deed in public})
    events = {name: event for name, event in EVENTS.items() if event.public}
    yield _by_name("EventFields", "What an event says, by its name.", events)
    answers = {deed.name: _answers(deed.command, events) for deed in public}
    settled = {name: names for name, names in answers.items() if names}
    about = "Deeds that are settled in the books, and the events that answer one by the number in them."
    yield _constant("ANSWERS", about, settled, "Readonly<Record<string, readonly string[]>>")


def _answers(command: type[Command], events: dict[str, type[Event]]) -> list[str]:
    """The events of a deed's own file that name the wish they answer."""
    own = [event for event in events.values() if event.__module__ == command.__module__]
    return [event.name for event in own if "number" in event.__struct_fields__]


def _by_name(name: str, about: str, records: dict[str, Any]) -> str:
    lines = []
    for key, record in records.items():
        fields = "".join(
            f"    readonly {field.encode_name}{'' if field.required else '?'}: {ts_type(field.type)}\n"
            for field in _fields(record)
        )
        told = f"{{\n{fields}  }}" if fields else "Readonly<Record<string, never>>"
        lines.append(f"{comment(record.__doc__, '  ')}  {key}: {told}\n")
    return f"{comment(about)}export interface {name} {{\n{''.join(lines)}}}\n"


def _map() -> Iterator[str]:
    for record in vars(chart).values():
        if isinstance(record, type) and record.__module__ == chart.__name__:
            yield interface(record)
    yield _constant("CITY_MAP", "How /city.json is checked.", layout(inspect.type_info(chart.CityMap)), "Layout")


def _fields(record: type) -> tuple[inspect.Field, ...]:
    info = inspect.type_info(record)
    assert isinstance(info, inspect.StructType)
    return info.fields
