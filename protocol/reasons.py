"""Turns a failed schema check into the field at fault and one sentence that names its limit.

msgspec says where in the *wire* a value is (`$[2]`, `$.look[...]`) and sometimes quotes the value.
A person wants the field's name, and a log must not repeat what a stranger sent. So the place is
resolved against the type: every name in the answer comes from our schema, never from the message.
"""

import re
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

from protocol.errors import fit_reason

_PLACE = re.compile(r" - at (?:`key` in )?`\$([^`]*)`$")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_MISSING = re.compile(r"Object missing required field `(\w+)`")
_COUNT = re.compile(r"`array` of at (least|most) length \d+")
# msgspec speaks of JSON; the wire is msgpack.
_WORDS = str.maketrans({"`": None})
_NAMES = (("object", "map"), ("None", "nil"), ("null", "nil"))


class Fault(NamedTuple):
    """What is wrong with a message: the dotted name of the field (None: the whole), and a sentence."""

    field: str | None
    sentence: str


def validation_reason(error: msgspec.ValidationError, expected: Any) -> Fault:
    """The fault that `error` reports, when decoding `expected` (any type msgspec can decode).

    The sentence fits a close frame and holds no received value.
    """
    text = str(error)
    field, node = _locate(_place(text), _node(expected))
    if missing := _MISSING.match(text):
        field = _join(field, missing[1])
        return _fault(field, "missing")
    return _fault(field, _complaint(text, node))


def _fault(field: str | None, complaint: str) -> Fault:
    sentence = f"field '{field}': {complaint}" if field else complaint
    return Fault(field, fit_reason(sentence))


def _complaint(text: str, node: inspect.Type | None) -> str:
    if text.startswith("Object contains unknown field"):
        return f"unknown field; allowed: {_names(node)}"
    if text.startswith("Invalid enum value"):
        return f"expected one of {_allowed(node)}"
    if (count := _COUNT.search(text)) and (struct := _struct(node)):
        return _length(count[1], struct)
    if not text.startswith("Expected"):
        return "not a valid value"
    return f"its keys: {_reworded(text)}" if " - at `key` in " in text else _reworded(text)


def _reworded(text: str) -> str:
    said = _PLACE.sub("", text).translate(_WORDS)
    for theirs, ours in _NAMES:
        said = re.sub(rf"\b{theirs}\b", ours, said)
    return said[0].lower() + said[1:]


def _length(bound: str, node: inspect.StructType) -> str:
    fields = len(node.fields) if bound == "most" else sum(field.required for field in node.fields)
    return f"expected at {bound} {fields} fields; they are: {_names(node)}"


def _names(node: inspect.Type | None) -> str:
    struct = _struct(node)
    return ", ".join(field.encode_name for field in struct.fields) if struct and struct.fields else "none"


def _struct(node: inspect.Type | None) -> inspect.StructType | None:
    return next((member for member in _members(node) if isinstance(member, inspect.StructType)), None)


def _allowed(node: inspect.Type | None) -> str:
    for member in _members(node):
        if isinstance(member, inspect.LiteralType):
            return ", ".join(str(value) for value in member.values)
        if isinstance(member, inspect.EnumType):
            return ", ".join(str(value.value) for value in member.cls)
    return "the allowed values"


# ---- from a place in the wire to a field of the schema -------------------------------------------


def _place(text: str) -> list[tuple[str, str]]:
    """The steps of msgspec's path, each a (name, index) pair with one side empty."""
    found = _PLACE.search(text)
    return _STEP.findall(found[1]) if found else []


def _locate(steps: list[tuple[str, str]], node: inspect.Type | None) -> tuple[str | None, inspect.Type | None]:
    field: str | None = None
    for name, index in steps:
        step, node = _descend(node, name, index)
        if node is None:
            break
        field = _join(field, step)
    return field, node


def _join(path: str | None, step: str) -> str:
    if path is None or step.startswith("["):
        return f"{path or ''}{step}"
    return f"{path}.{step}"


def _descend(node: inspect.Type | None, name: str, index: str) -> tuple[str, inspect.Type | None]:
    """One step down: how to call it, and the type there (None when the schema has no such place)."""
    for member in _members(node):
        if isinstance(member, inspect.StructType):
            return _struct_field(member, name, index)
        if isinstance(member, inspect.DictType):
            return "[…]", member.value_type
        if isinstance(member, inspect.CollectionType):
            return f"[{index}]", member.item_type
        if isinstance(member, inspect.TupleType) and index.isdigit() and int(index) < len(member.item_types):
            return f"[{index}]", member.item_types[int(index)]
    return "", None


def _struct_field(struct: inspect.StructType, name: str, index: str) -> tuple[str, inspect.Type | None]:
    if index.isdigit():
        at = int(index) - (struct.tag is not None)
        chosen = struct.fields[at : at + 1] if at >= 0 else ()
    else:
        chosen = tuple(field for field in struct.fields if field.encode_name == name)
    return (chosen[0].encode_name, chosen[0].type) if chosen else ("", None)


def _members(node: inspect.Type | None) -> tuple[inspect.Type, ...]:
    """The alternatives of a type: its union members, or itself; metadata wrappers taken off."""
    while isinstance(node, inspect.Metadata):
        node = node.type
    if isinstance(node, inspect.UnionType):
        return tuple(inner for member in node.types for inner in _members(member))
    return () if node is None else (node,)


@lru_cache(maxsize=256)
def _node(expected: Any) -> inspect.Type:
    return inspect.type_info(expected)
