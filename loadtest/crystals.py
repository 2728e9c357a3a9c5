"""The crystals somebody was last shown, as places in the city, and what can be wrong with them."""

from collections.abc import Iterator
from math import hypot
from typing import NamedTuple

from protocol.crystals import CRYSTAL_ROW
from protocol.errors import CloseCode, ProtocolError
from protocol.limits import SIGHT_CM_MAX
from protocol.messages import Crystals


class Crystal(NamedTuple):
    """One crystal that lies free: world centimetres, how it looks, and how many it is worth."""

    crystal: int
    x: int
    y: int
    z: int
    kind: int
    value: int


def check_rows(shown: Crystals) -> None:
    """Raises ProtocolError for rows that are not whole."""
    if len(shown.rows) % CRYSTAL_ROW.size:
        raise ProtocolError(CloseCode.INVALID, f"Crystals: rows of {CRYSTAL_ROW.size} bytes are wanted")


class Lying:
    """Where they lie, the nearest first as the server saw it, one by one: mostly only the first is looked at.

    Raises ProtocolError for rows that are not whole.
    """

    __slots__ = ("_shown",)

    def __init__(self, shown: Crystals) -> None:
        check_rows(shown)
        self._shown = shown

    def __iter__(self) -> Iterator[Crystal]:
        shown = self._shown
        for crystal, dx, dy, dz, kind, value in CRYSTAL_ROW.iter_unpack(shown.rows):
            yield Crystal(crystal, shown.x + dx, shown.y + dy, shown.z + dz, kind, value)


def lying(shown: Crystals) -> list[Crystal]:
    """Where all of them lie, the nearest first. Raises ProtocolError for rows that are not whole."""
    return list(Lying(shown))


def crystals_flaw(shown: Crystals) -> str | None:
    """What no server may show in whole rows: a crystal twice or without a number, worth nothing, or out of sight."""
    rows = list(CRYSTAL_ROW.iter_unpack(shown.rows))
    numbers = {row[0] for row in rows}
    if len(numbers) < len(rows):
        return "a crystal twice"
    if 0 in numbers:
        return "a crystal without a number"
    if any(row[5] == 0 for row in rows):
        return "a crystal that is worth nothing"
    if any(hypot(row[1], row[3]) > SIGHT_CM_MAX for row in rows):
        return "a crystal that is out of sight"
    return None
