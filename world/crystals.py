"""The crystals of one zone: those that lie free, those that somebody has claimed, and who asks for which."""

from collections import Counter
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from world.parts import Part
from world.settling import Asker

# A crystal that lies free on the ground: city-wide id, place in cm of the city, kind by its place in the content, and
# whether it is part of a rehearsal, so that only staff may see it.
CRYSTAL_DTYPE = np.dtype(
    [("crystal", "<u4"), ("x", "<i4"), ("y", "<i4"), ("z", "<i4"), ("kind", "u1"), ("value", "u1"), ("staff", "u1")]
)
# Ids are the zone's number and a count, which begins again after 16 million and leaves out what still lies there.
COUNT_BITS = 24
COUNT_MAX = (1 << COUNT_BITS) - 1
_FIRST_CAPACITY = 64
# The source of a crystal that lies in a standing place, with the place's number in the content.
STANDING = ""


class Laid(NamedTuple):
    """What is laid on the ground; `source` is the rain it falls in (its name and turn), or its standing place.

    `staff`: it is part of a rehearsal.
    """

    kind: int
    value: int
    source: tuple[str, int]
    staff: bool = False


class Crystal(NamedTuple):
    """One crystal; `source` and `staff` as it was `Laid`.

    `serial` is its id as if counts never began again: what is settled of it is settled once.
    """

    crystal: int
    x: int
    y: int
    z: int
    kind: int
    value: int
    staff: bool
    source: tuple[str, int]
    serial: int


class Wish(NamedTuple):
    """Somebody has asked for a crystal in this tick."""

    asker: Asker
    crystal: int


class Crystals(Part):
    """All crystals of a zone by id. `wishes` are those of this tick, in order of arrival.

    `changed` tells that what lies free is not what was last taken, so that gateways get the rows only then.
    """

    def __init__(self, zone: int) -> None:
        self._first = zone << COUNT_BITS
        self._made = 0
        self._by_id: dict[int, Crystal] = {}
        self._place: dict[int, int] = {}
        self._rows = np.zeros(_FIRST_CAPACITY, CRYSTAL_DTYPE)
        self._free = 0
        self._of: Counter[tuple[str, int]] = Counter()
        self.wishes: list[Wish] = []
        # Standing places, by their number in the content, where one is to lie again, and in which tick.
        self.returns: dict[int, int] = {}
        # How many of those places have been seen to.
        self.laid_out = 0
        self.changed = False

    def __len__(self) -> int:
        return len(self._by_id)

    def ids(self) -> list[int]:
        """All of them, free or claimed, the oldest first."""
        return list(self._by_id)

    def find(self, crystal: int) -> Crystal | None:
        """The crystal of this id, free or claimed."""
        return self._by_id.get(crystal)

    def is_free(self, crystal: int) -> bool:
        """Whether it lies there for anybody."""
        return crystal in self._place

    def has(self, source: tuple[str, int]) -> bool:
        """Whether anything is left of a rain, free or claimed."""
        return self._of[source] > 0

    def of(self, source: tuple[str, int]) -> list[Crystal]:
        """What is left of a rain, free or claimed."""
        return [crystal for crystal in self._by_id.values() if crystal.source == source]

    def add(self, place: tuple[int, int, int], laid: Laid) -> Crystal:
        """A new crystal lies at x, y and z (cm)."""
        self._made = self._next()
        kind, value, source, staff = laid
        crystal = Crystal(self._id(self._made), *place, kind, value, staff, source, self._first + self._made)
        self._by_id[crystal.crystal] = crystal
        self._of[source] += 1
        self.release(crystal.crystal)
        return crystal

    def _next(self) -> int:
        """The next count whose id is free; the id of a count of 0 is no crystal's."""
        count = self._made + 1
        while count & COUNT_MAX == 0 or self._id(count) in self._by_id:
            count += 1
        return count

    def _id(self, count: int) -> int:
        return self._first | (count & COUNT_MAX)

    def claim(self, crystal: int) -> None:
        """It lies there for nobody else any more; it must be free."""
        place, self._free = self._place.pop(crystal), self._free - 1
        if place != self._free:
            self._rows[place] = self._rows[self._free]
            self._place[int(self._rows[place]["crystal"])] = place
        self.changed = True

    def release(self, crystal: int) -> None:
        """It lies there for everybody (again)."""
        if self._free == self._rows.size:
            self._rows = np.concatenate((self._rows, np.zeros_like(self._rows)))
        self._rows[self._free] = self._by_id[crystal][:7]
        self._place[crystal] = self._free
        self._free += 1
        self.changed = True

    def remove(self, crystal: int) -> None:
        """It is no more."""
        if self.is_free(crystal):
            self.claim(crystal)
        source = self._by_id.pop(crystal).source
        self._of[source] -= 1
        if not self._of[source]:
            del self._of[source]

    def take_rows(self) -> NDArray[np.void] | None:
        """All that lie free, or None if that is as it was when last taken."""
        if not self.changed:
            return None
        self.changed = False
        return self._rows[: self._free].copy()

    def digest(self) -> int:
        """Stands for all of them."""
        claimed = sorted(self._by_id.keys() - self._place.keys())
        returns = sorted(self.returns.items())
        return crc32(repr((self._made, claimed, returns)).encode(), crc32(self._rows[: self._free].tobytes()))
