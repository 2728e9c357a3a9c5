"""Turns plain tables into typed records and collects everything wrong with them, not just the first fault."""

from functools import cached_property
from typing import Annotated, Any, NamedTuple, TypeVar, get_args, get_origin

import msgspec
from msgspec import Struct, inspect

from world.toml_lines import joined, line_of, lines_of

S = TypeVar("S", bound=Struct)


class ContentFault(NamedTuple):
    """One thing wrong with the content: `key` is a path like `zone[2].building[1].width_m`.

    `line` is where it stands, or where the table stands that it is missing in; None if that is nowhere.
    """

    file: str
    key: str
    value: object
    allowed: str
    line: int | None = None

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.key or 'the file'} is {self.value!r}; allowed: {self.allowed}"


class Reader:
    """Reads the tables of one file; `faults` grows with everything found wrong. `text` is what is in it."""

    def __init__(self, file: str, text: str = "") -> None:
        self.file = file
        self.text = text
        self.faults: list[ContentFault] = []

    def fault(self, key: str, value: object, allowed: str, line: int | None = None) -> None:
        """Note that `key` holds `value`, which is not allowed."""
        self.faults.append(ContentFault(self.file, key, value, allowed, line or line_of(key, self._lines)))

    @cached_property
    def _lines(self) -> dict[str, int]:
        return lines_of(self.text)

    def record(self, kind: type[S], table: object, key: str = "") -> S | None:
        """The `table` as a `kind`, or None if anything in it is at fault."""
        if not isinstance(table, dict):
            self.fault(key, table, "a table")
            return None
        before = len(self.faults)
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        for name in sorted(table.keys() - fields.keys()):
            self.fault(joined(key, name), table[name], f"no such key; there are {', '.join(fields)}")
        values: dict[str, Any] = {}
        for name, field in fields.items():
            if name in table:
                values[field.name] = self._value(field.type, table[name], joined(key, name))
            elif field.required:
                self.fault(joined(key, name), None, f"{allowed(field.type)}; it must be there")
        return kind(**values) if len(self.faults) == before else None

    def _value(self, kind: Any, value: object, key: str) -> object:
        info = inspect.type_info(kind)
        if isinstance(info, inspect.StructType):
            return self.record(info.cls, value, key)
        if isinstance(info, inspect.VarTupleType):
            return self._rows(kind, info, value, key)
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError:
            self.fault(key, value, allowed(kind))
            return None

    def _rows(self, kind: Any, info: inspect.VarTupleType, value: object, key: str) -> object:
        least = info.min_length or 0
        if not isinstance(value, list) or not least <= len(value) <= (info.max_length or len(value)):
            self.fault(key, value, allowed(kind))
            return None
        item = get_args(_bare(kind))[0]
        return tuple(self._value(item, each, f"{key}[{place}]") for place, each in enumerate(value))


def allowed(kind: Any) -> str:
    """What a value of type `kind` may be, in words a person who edits TOML reads."""
    info = inspect.type_info(kind)
    match info:
        case inspect.LiteralType():
            return "one of " + ", ".join(str(value) for value in info.values)
        case inspect.FloatType() | inspect.IntType():
            noun = "a whole number" if isinstance(info, inspect.IntType) else "a number"
            steps = f" in steps of {info.multiple_of:g}" if info.multiple_of else ""
            return noun + _between(info.ge, info.le) + steps
        case inspect.StrType():
            pattern = f" like {info.pattern}" if info.pattern else ""
            return f"text{pattern} of {info.min_length or 0} to {info.max_length} characters"
        case inspect.VarTupleType():
            return "tables" + _between(info.min_length, info.max_length)
        case _:
            return "a table"


def _between(least: float | None, most: float | None) -> str:
    if least is None and most is None:
        return ""
    return f" from {least or 0:g} to {most:g}" if most is not None else f" from {least:g}"


def _bare(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind
