"""As much of JSON Schema (2020-12) as the ops API's records use; a keyword that is not known here is an error."""

import re
from collections.abc import Iterator
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "integer": (int,),
    "number": (int, float),
}
_NOTES = {"title", "description", "default", "$ref", "type"}


def faults(value: Any, schema: dict[str, Any], known: dict[str, Any], where: str = "$") -> Iterator[str]:
    """What in `value` does not fit `schema`; `known` are the schemas that a `$ref` may name."""
    if reference := schema.get("$ref"):
        yield from faults(value, known[reference.rpartition("/")[2]], known, where)
    # What is of another type cannot be judged any further.
    wrong = list(_type(value, schema["type"], schema, known, where)) if "type" in schema else []
    yield from wrong
    for keyword, told in schema.items():
        if not wrong and keyword not in _NOTES:
            yield from _CHECKS[keyword](value, told, schema, known, where)


def _type(value: Any, told: Any, _: Any, __: Any, where: str) -> Iterator[str]:
    boolean = isinstance(value, bool) and told != "boolean"
    if boolean or not isinstance(value, _TYPES[told]):
        yield f"{where}: {type(value).__name__} is no {told}"


def _properties(value: Any, told: Any, schema: Any, known: Any, where: str) -> Iterator[str]:
    for name in value:
        if name in told:
            yield from faults(value[name], told[name], known, f"{where}.{name}")
        elif schema.get("additionalProperties", False) is False:
            yield f"{where}: {name} is not described"


def _required(value: Any, told: Any, _: Any, __: Any, where: str) -> Iterator[str]:
    yield from (f"{where}: {name} is missing" for name in told if name not in value)


def _additional(value: Any, told: Any, schema: Any, known: Any, where: str) -> Iterator[str]:
    if isinstance(told, dict):
        for name in value.keys() - schema.get("properties", {}).keys():
            yield from faults(value[name], told, known, f"{where}.{name}")


def _items(value: Any, told: Any, _: Any, known: Any, where: str) -> Iterator[str]:
    for at, each in enumerate(value):
        yield from faults(each, told, known, f"{where}[{at}]")


def _any_of(value: Any, told: Any, _: Any, known: Any, where: str) -> Iterator[str]:
    if all(list(faults(value, each, known, where)) for each in told):
        yield f"{where}: fits none of {len(told)}"


def _enum(value: Any, told: Any, _: Any, __: Any, where: str) -> Iterator[str]:
    if value not in told:
        yield f"{where}: {value!r} is none of {told}"


def _bound(value: Any, fits: bool, where: str, told: Any) -> Iterator[str]:
    if not fits:
        yield f"{where}: {value!r} is beyond {told}"


_CHECKS: dict[str, Any] = {
    "properties": _properties,
    "required": _required,
    "additionalProperties": _additional,
    "items": _items,
    "anyOf": _any_of,
    "enum": _enum,
    "minimum": lambda value, told, _, __, where: _bound(value, value >= told, where, told),
    "maximum": lambda value, told, _, __, where: _bound(value, value <= told, where, told),
    "minLength": lambda value, told, _, __, where: _bound(value, len(value) >= told, where, told),
    "maxLength": lambda value, told, _, __, where: _bound(value, len(value) <= told, where, told),
    "pattern": lambda value, told, _, __, where: _bound(value, bool(re.search(told, value)), where, told),
}
