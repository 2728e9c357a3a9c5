"""Lists within statements, in few lengths: every other length is another statement to a database.

Drivers keep the statements that they have prepared, a hundred or so of several kilobytes each, and a group of entries
may be of any size: a city that had just opened prepared new ones for hours.
"""

from collections.abc import Sequence
from itertools import repeat
from typing import TypeVar

Value = TypeVar("Value")


def listed(values: Sequence[Value]) -> list[Value]:
    """What `IN` may be asked for instead: as many as the next power of two, the last one again and again."""
    wanted = 1 << max(0, len(values) - 1).bit_length()
    return [*values, *repeat(values[-1], wanted - len(values))] if values else []
