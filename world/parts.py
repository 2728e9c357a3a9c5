"""Copies of what is true in a zone: what changes is copied all the way down, what never does is shared.

A copy must miss nothing, or a zone that is taken back to it comes out differently. So nobody lists what
is to be copied: every attribute is, by its kind, and a kind that is not known here is an error at once.
"""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

import msgspec
import numpy as np

_ATOMS = (int, str, bytes, float, type(None), tuple, frozenset, np.generic)


class Part:
    """Something that a zone's truth is made of; what becomes of its copy leaves it alone, and the other way round.

    `SHARED` are the attributes that nothing changes once they are made, however they look.
    """

    __slots__ = ()

    SHARED: ClassVar[frozenset[str]] = frozenset()

    def copy(self) -> Self:
        """The same as it is now. Raises TypeError for an attribute of a kind that nobody knows how to copy."""
        twin = object.__new__(type(self))
        for name in vars(self) if hasattr(self, "__dict__") else self.__slots__:
            value = getattr(self, name)
            setattr(twin, name, value if name in self.SHARED else copied(value))
        return twin


def copied(value: Any) -> Any:
    """A copy that shares only what cannot change: numbers, text, tuples, frozen records."""
    if is_record(type(value)):
        return value
    if isinstance(value, Part | np.ndarray):
        return value.copy()
    if isinstance(value, Mapping):
        return value.copy() if _all_records(value.values()) else _filled(value)  # type: ignore[attr-defined]
    if isinstance(value, list | set | deque):
        return value.copy() if _all_records(value) else type(value)(map(copied, value))
    raise TypeError(f"say in {__name__} how to copy a {type(value).__name__}, or make it a Part")


def is_record(kind: type) -> bool:
    """Whether nothing of this kind ever changes: the house has no tuple with anything in it that does."""
    return issubclass(kind, _ATOMS) or (issubclass(kind, msgspec.Struct) and kind.__struct_config__.frozen)


def _all_records(values: Iterable[Any]) -> bool:
    """By their types alone, so that ten thousand records take a tenth of a millisecond and not two."""
    return all(is_record(kind) for kind in set(map(type, values)))


def _filled(mapping: Mapping[Any, Any]) -> Any:
    twin = {key: copied(value) for key, value in mapping.items()}
    return Counter(twin) if isinstance(mapping, Counter) else twin
