"""What one content has that another has not, and what of it a running city can take over.

Rows that have a name are told apart by it, so that one more in front of them is one difference and not many; others by
their place. What a city cannot take over while it runs needs a restart, for a reason that is said with it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from world.config import AVATAR_FILE, CITY_FILE, FESTIVAL_FILE, TUNING_FILE, WorldConfig
from world.festival import Festival
from world.toml_lines import joined

# Why something needs a restart, by the file and the whole of its key; what is in none of these is taken over at once.
_RESTART: tuple[tuple[str, str, str], ...] = (
    (CITY_FILE, r".*", "the ground is built once, and everybody stands on it"),
    (AVATAR_FILE, r".*", "clients draw everybody by the traits that they were told when they came"),
    (TUNING_FILE, r"movement\..*", "clients predict their own steps with it"),
    (TUNING_FILE, r"crystals\.reach_m", "clients go by the reach that they were told when they came"),
    (TUNING_FILE, r"settling\.pending_max", "the queue to the books is made for it"),
    (TUNING_FILE, r"wallet\..*", "the books were opened with it"),
    (FESTIVAL_FILE, r"crystal\b.*", "clients know the kinds of crystals by the numbers and values they were told"),
    (FESTIVAL_FILE, r"colour\b.*", "clients draw with the colours that they were told when they came"),
    (FESTIVAL_FILE, r"(rain|show)\.\w+\.zone", "an event that may be on stays where it is"),
    (FESTIVAL_FILE, r"standing\[\d+\]\.(?!respawn_s).*", "crystals that lie there, or are to, belong to the place"),
)
# The same for what is not there any more.
_RESTART_WITHOUT: tuple[tuple[str, str], ...] = (
    (r"firework\.\w+", "some of these may be paid for and not have risen yet"),
    (r"standing\[\d+\]", "crystals that lie there, or are to, belong to the place"),
)
_TAKEN = "a rain or a show had this name when the city started"


class Change(NamedTuple):
    """One difference: `before` None: it is new; `after` None: it is gone; both in plain builtins.

    `restart` says why it cannot be taken over while the city runs; None: it can.
    """

    file: str
    key: str
    before: Any
    after: Any
    restart: str | None


def differences(old: WorldConfig, new: WorldConfig) -> list[Change]:
    """Everything in which `new` differs from `old`, in the order of files and keys; not in seed and tick rate."""
    parts = (
        (CITY_FILE, old.city, new.city),
        (TUNING_FILE, old.tuning, new.tuning),
        (FESTIVAL_FILE, old.festival, new.festival),
        (AVATAR_FILE, old.avatar, new.avatar),
    )
    names = _names(old.festival)
    return [
        Change(file, key, before, after, _restart(file, key, (before, after), names))
        for file, ours, theirs in parts
        if ours is not theirs
        for key, before, after in _compared("", msgspec.to_builtins(ours), msgspec.to_builtins(theirs))
    ]


def _compared(key: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """Key, before and after of everything that differs; None is what is not there, which TOML has no other word for."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in (*old, *(name for name in new if name not in old)):
            yield from _compared(joined(key, name), old.get(name), new.get(name))
    elif _are_rows(old) and _are_rows(new):
        yield from _compared_rows(key, _by_label(key, old), _by_label(key, new))
    elif old != new:
        yield key, old, new


def _compared_rows(key: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for label in (*old, *(label for label in new if label not in old)):
        yield from _compared(label, old.get(label), new.get(label))
    stayed, order = [label for label in old if label in new], [label for label in new if label in old]
    if stayed != order:
        yield key, stayed, order


def _are_rows(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(row, Mapping) for row in value)


def _by_label(key: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {joined(key, row["name"]) if "name" in row else f"{key}[{n}]": row for n, row in enumerate(rows)}


def _names(festival: Festival) -> frozenset[str]:
    return frozenset(each.name for each in (*festival.rain, *festival.show))


def _restart(file: str, key: str, sides: tuple[Any, Any], names: frozenset[str]) -> str | None:
    before, after = sides
    if file == FESTIVAL_FILE and after is None:
        for pattern, why in _RESTART_WITHOUT:
            if re.fullmatch(pattern, key):
                return why
    for of, pattern, why in _RESTART:
        if of == file and re.fullmatch(pattern, key):
            return why
    kind, _, name = key.partition(".")
    return _TAKEN if before is None and kind in ("rain", "show") and name in names else None
