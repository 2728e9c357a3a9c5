"""Python records as TypeScript: an interface for the compiler, and a layout for the codec that checks messages."""

import json
import textwrap
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import inspect

# The widest line; what is longer goes onto several.
COLUMNS = 120


def comment(text: str | None, indent: str = "") -> str:
    """The first sentence of a docstring, as a comment on its own line."""
    first = (text or "").strip().partition("\n")[0].replace("`", "")
    return f"{indent}/** {first} */\n" if first else ""


def interface(record: type, name: str | None = None, extra: Iterable[str] = ()) -> str:
    """A readonly interface with a record's fields, in their order."""
    info = inspect.type_info(record)
    assert isinstance(info, inspect.StructType)
    lines = [*extra, *(f"readonly {field.encode_name}: {ts_type(field.type)}" for field in info.fields)]
    body = "".join(f"  {line}\n" for line in lines)
    return f"{comment(record.__doc__)}export interface {name or record.__name__} {{\n{body}}}\n"


# What a value without parts is: to the compiler, and on the wire.
TYPES: dict[type, str] = {
    inspect.IntType: "number",
    inspect.FloatType: "number",
    inspect.StrType: "string",
    inspect.BoolType: "boolean",
    inspect.NoneType: "null",
    inspect.BytesType: "Uint8Array",
    inspect.RawType: "Readonly<Record<string, unknown>>",
    inspect.DictType: "Readonly<Record<string, unknown>>",
}
WORDS: dict[type, str] = {
    inspect.BoolType: "bool",
    inspect.LiteralType: "str",
    inspect.RawType: "map",
    inspect.DictType: "map",
}


def ts_type(info: inspect.Type) -> str:
    """The TypeScript type of a field; records go by their name. Raises KeyError for what nobody has had to say yet."""
    match info:
        case inspect.LiteralType():
            return " | ".join(_quoted(value) for value in info.values)
        case inspect.ListType() | inspect.VarTupleType():
            return f"readonly {ts_type(info.item_type)}[]"
        case inspect.UnionType():
            return " | ".join(ts_type(each) for each in info.types)
        case inspect.StructType():
            return str(info.cls.__name__)
    return TYPES[type(info)]


def layout(info: inspect.Type) -> dict[str, Any]:
    """How the codec checks a value: its type on the wire, and its bounds where it has some."""
    match info:
        case inspect.IntType() | inspect.FloatType():
            kind = "int" if isinstance(info, inspect.IntType) else "float"
            told = {"type": kind, **_bounds(info.ge, info.le)}
        case inspect.StrType() | inspect.BytesType():
            kind = "str" if isinstance(info, inspect.StrType) else "bin"
            told = {"type": kind, **_bounds(info.min_length, info.max_length)}
        case inspect.ListType() | inspect.VarTupleType():
            told = {"type": "array", "of": layout(info.item_type)}
        case inspect.UnionType():
            (kind_of,) = (each for each in info.types if not isinstance(each, inspect.NoneType))
            told = {**layout(kind_of), "nullable": True}
        case inspect.StructType():
            word = "row" if info.array_like else "record"
            told = {"type": word, "fields": [field_layout(field) for field in info.fields]}
        case _:
            told = {"type": WORDS[type(info)]}
    return told


def field_layout(field: inspect.Field) -> dict[str, Any]:
    """A field by name; whether it may be left off the end, and what it is then."""
    told = {"name": field.encode_name, **layout(field.type)}
    if not field.required:
        told["default"] = {} if isinstance(field.default, msgspec.Raw) else field.default
    return told


def literal(value: Any, indent: int = 0) -> str:
    """Plain data as a TypeScript literal, in one line where it fits."""
    flat = _flat(value)
    if len(flat) + indent <= COLUMNS or not isinstance(value, dict | list | tuple) or not value:
        return flat
    inner = " " * (indent + 2)
    if all(isinstance(each, int) for each in value) and not isinstance(value, dict):
        numbers = textwrap.fill(flat[1:-1], COLUMNS, initial_indent=inner, subsequent_indent=inner)
        return f"[\n{numbers},\n{' ' * indent}]"
    if isinstance(value, dict):
        lines = [f"{inner}{_key(key)}: {literal(each, indent + 2)},\n" for key, each in value.items()]
        return f"{{\n{''.join(lines)}{' ' * indent}}}"
    lines = [f"{inner}{literal(each, indent + 2)},\n" for each in value]
    return f"[\n{''.join(lines)}{' ' * indent}]"


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(key)}: {_flat(each)}' for key, each in value.items())} }}" if value else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_flat(each) for each in value)}]"
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _key(key: Any) -> str:
    text = str(key)
    return text if text.isidentifier() or text.isdigit() else _quoted(text)


def _quoted(text: Any) -> str:
    return "'" + json.dumps(text, ensure_ascii=False)[1:-1].replace("'", "\\'").replace('\\"', '"') + "'"


def _bounds(least: float | None, most: float | None) -> dict[str, float]:
    return {name: bound for name, bound in (("least", least), ("most", most)) if bound is not None}
