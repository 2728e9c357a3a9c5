"""Reads settings from flags, environment and file, and says of each value where it came from.

Flag beats environment beats file beats default. Nothing unknown is let pass, and every fault is
found before the first is reported, so that one run tells all there is to mend.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Generic, Literal, TypeVar, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from server.kinds import Allowed

ENVIRONMENT_PREFIX = "FUTURECITY_"
DEFAULT_FILE = Path("futurecity.toml")
MASK = "********"
# A password in a URL, before the host or among the options; up to the last @, for it may have one itself.
PASSWORDS = re.compile(r'(?<=://)([^:@/\s]*:)\S*(?=@)|([?&]password=)[^&\s"]*')

Settings = TypeVar("Settings", bound=BaseModel)


@dataclass(frozen=True)
class SettingFault:
    """One value that cannot be used: where it stands, what it is (None: nothing to show), what is allowed."""

    where: str
    value: str | None
    allowed: str

    def __str__(self) -> str:
        shown = "" if self.value is None else f" = {self.value}"
        return f"{self.where}{shown}: {self.allowed}"


class SettingsError(Exception):
    """Settings that cannot be used, with every fault there is."""

    def __init__(self, faults: Sequence[SettingFault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Given:
    """A value as one source gave it; `typed` tells TOML's typed values from plain text."""

    where: str
    key: str
    value: Any
    typed: bool = False


@dataclass(frozen=True)
class Loaded(Generic[Settings]):
    """Settings ready for use, and the source of every value that is not a default."""

    settings: Settings
    origins: Mapping[str, str]


@dataclass
class Reading:
    """What has been collected so far: the winning value per key, and every fault."""

    fields: Mapping[str, FieldInfo]
    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    faults: list[SettingFault] = field(default_factory=list)

    def take(self, given: Given) -> None:
        """Checks one value and lets it win over those taken before; a bad one is a fault wherever it stands."""
        info = self.fields.get(given.key)
        if info is None:
            self.faults.append(SettingFault(given.where, None, _unknown(given.key, self.fields)))
            return
        try:
            self.values[given.key] = _validated(info, given)
        except ValidationError:
            shown = MASK if is_secret(info) else masked(json.dumps(given.value, default=str, ensure_ascii=False))
            self.faults.append(SettingFault(given.where, shown, f"must be {allowed(info)}"))
        self.origins[given.key] = given.where


def load(model: type[Settings], flags: Sequence[str], environment: Mapping[str, str]) -> Loaded[Settings]:
    """Settings from everything given, or SettingsError with all faults of all sources."""
    reading = Reading(fields(model))
    from_flags = _flags(flags, reading)
    from_environment = _environment(environment, reading.fields)
    given = (*from_environment, *from_flags)
    chosen = [one for one in given if one.key == "config"]
    from_file = _file(chosen[-1] if chosen else None, reading)
    for one in (*from_file, *(one for one in given if one.key != "config")):
        reading.take(one)
    if reading.faults:
        raise SettingsError(reading.faults)
    return Loaded(_together(model, reading), reading.origins)


def fields(model: type[BaseModel], prefix: str = "") -> dict[str, FieldInfo]:
    """Every setting of a model by its dotted key, in order."""
    found: dict[str, FieldInfo] = {}
    for name, info in model.model_fields.items():
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            found |= fields(info.annotation, f"{prefix}{name}.")
        else:
            found[prefix + name] = info
    return found


def variable(key: str) -> str:
    """The environment variable of a key: `game.port` is FUTURECITY_GAME__PORT."""
    return ENVIRONMENT_PREFIX + key.replace(".", "__").upper()


def allowed(info: FieldInfo) -> str:
    """What a setting may be, in words: from its type, its bounds and its `Allowed` note."""
    for note in (*info.metadata, *_nested(info.annotation)):
        if isinstance(note, Allowed):
            return note.text
    kinds = [kind for kind in get_args(info.annotation) or (info.annotation,) if kind is not NoneType]
    if get_origin(info.annotation) is Literal:
        return "one of " + ", ".join(map(str, kinds))
    name = {int: "an integer", float: "a number", Path: "a path"}.get(kinds[0], "text")
    low = [str(note.ge) for note in info.metadata if isinstance(note, Ge)]
    high = [str(note.le) for note in info.metadata if isinstance(note, Le)]
    return f"{name} from {low[0]} to {high[0]}" if low and high else name


def is_secret(info: FieldInfo) -> bool:
    """Whether a value must never be shown."""
    return SecretStr in _nested(info.annotation)


def masked(text: str) -> str:
    """The same text with every password of a URL hidden."""
    return PASSWORDS.sub(lambda found: f"{found[1] or found[2]}{MASK}", text)


def effective(loaded: Loaded[Any]) -> list[str]:
    """One line for each setting in force, secrets masked, with the source of what is not a default."""
    lines = []
    for key, info in fields(type(loaded.settings)).items():
        value: Any = loaded.settings
        for part in key.split("."):
            value = getattr(value, part)
        shown = MASK if is_secret(info) and value is not None else "none" if value is None else masked(str(value))
        origin = loaded.origins.get(key)
        lines.append(f"{key} = {shown}" + (f"  ({origin})" if origin else ""))
    return lines


def _nested(annotation: Any) -> list[Any]:
    """A type, whatever it is made of, and the notes on each part: a secret is one inside `X | None` too."""
    inner = [annotation.__origin__, *annotation.__metadata__] if get_origin(annotation) is Annotated else []
    return [annotation, *(part for piece in inner or get_args(annotation) for part in _nested(piece))]


def _validated(info: FieldInfo, given: Given) -> Any:
    adapter: TypeAdapter[Any] = TypeAdapter(Annotated[info.annotation, info])  # type: ignore[arg-type]
    if given.typed:
        return adapter.validate_json(json.dumps(given.value, default=str), strict=True)
    # Empty text is a slip (an unset shell variable), never a path or a name.
    return adapter.validate_strings(given.value or None)


def _unknown(name: str, known: Mapping[str, FieldInfo]) -> str:
    key = name.removeprefix(ENVIRONMENT_PREFIX).replace("__", ".").lower()
    if any(name.startswith(f"{key}.") for name in known):
        return f"is a table; its keys are {', '.join(n for n in known if n.startswith(f'{key}.'))}"
    near = get_close_matches(key, known, n=1)
    return "no such setting" + (f"; {near[0]} is" if near else f"; the settings are {', '.join(known)}")


def _flags(flags: Sequence[str], reading: Reading) -> list[Given]:
    found = []
    rest = list(flags)
    while rest:
        token = rest.pop(0)
        flag, equals, value = token.partition("=")
        if not flag.startswith("--"):
            reading.faults.append(SettingFault(f"argument {token}", None, "flags are --KEY VALUE or --KEY=VALUE"))
            continue
        if not equals:
            value = rest.pop(0) if rest and not rest[0].startswith("--") else ""
        found.append(Given(f"flag {flag}", flag.removeprefix("--"), value))
    return found


def _environment(environment: Mapping[str, str], known: Mapping[str, FieldInfo]) -> list[Given]:
    keys = {variable(key): key for key in ("config", *known)}
    return [
        Given(f"environment variable {name}", keys.get(name, name), value)
        for name, value in sorted(environment.items())
        if name.startswith(ENVIRONMENT_PREFIX)
    ]


def _file(chosen: Given | None, reading: Reading) -> list[Given]:
    path = Path(chosen.value) if chosen else DEFAULT_FILE
    if not chosen and not path.exists():
        return []
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        where = chosen.where if chosen else f"file {path}"
        reading.faults.append(SettingFault(where, str(path), f"cannot be read: {error.strerror}"))
    except ValueError as error:
        reading.faults.append(SettingFault(f"file {path}", None, f"is not TOML: {error}"))
    else:
        return list(_leaves(table, path, reading.fields))
    return []


def _leaves(table: Mapping[str, Any], path: Path, known: Mapping[str, FieldInfo], prefix: str = "") -> Iterator[Given]:
    for name, value in table.items():
        key = prefix + name
        if isinstance(value, dict) and any(other.startswith(f"{key}.") for other in known):
            yield from _leaves(value, path, known, f"{key}.")
        else:
            yield Given(f"file {path}, key {key}", key, value, typed=True)


def _together(model: type[Settings], reading: Reading) -> Settings:
    nested: dict[str, Any] = {}
    for key, value in reading.values.items():
        *tables, name = key.split(".")
        into = nested
        for table in tables:
            into = into.setdefault(table, {})
        into[name] = value
    try:
        return model.model_validate(nested)
    except ValidationError as error:
        raise SettingsError([_conflict(problem, reading) for problem in error.errors()]) from None


def _conflict(problem: Any, reading: Reading) -> SettingFault:
    context = problem["ctx"]
    key = context["key"]
    info = reading.fields[key]
    value = MASK if is_secret(info) else masked(str(reading.values.get(key, info.default)))
    return SettingFault(reading.origins.get(key, f"setting {key}"), value, f"must be {context['allowed']}")
