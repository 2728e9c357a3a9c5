"""The lanes at the door, and whose turn it is when more than one of them has somebody."""

from collections.abc import Mapping
from enum import Enum


class Lane(Enum):
    """Who waits where: for a body that stands in the city, with a role in it, or like everybody."""

    RETURNING = "returning"
    STAFF = "staff"
    ORDINARY = "ordinary"


# Of ten turns: bodies that stand alone come first, and nobody's lane ever stands still for the others.
WEIGHTS: Mapping[Lane, int] = {Lane.RETURNING: 6, Lane.STAFF: 2, Lane.ORDINARY: 2}


class Turns:
    """Shares out turns by weight, one at a time and evenly (smooth weighted round robin).

    What a lane is owed is carried over to the next tick, so that with one turn a tick nobody starves either.
    """

    def __init__(self) -> None:
        self._owed = dict.fromkeys(Lane, 0)

    def forgive(self) -> None:
        """Nobody wants a turn, in any lane: as sharing out would find, with less to do in every quiet tick."""
        self._owed = dict.fromkeys(self._owed, 0)

    def share(self, count: int, wanted: Mapping[Lane, int]) -> dict[Lane, int]:
        """At most `count` turns among lanes that want so many each; what one lane does not want, others get."""
        given = dict.fromkeys(wanted, 0)
        for _ in range(min(count, sum(wanted.values()))):
            claimants = [lane for lane, most in wanted.items() if given[lane] < most]
            for lane in claimants:
                self._owed[lane] += WEIGHTS[lane]
            chosen = max(claimants, key=self._owed.__getitem__)
            self._owed[chosen] -= sum(WEIGHTS[lane] for lane in claimants)
            given[chosen] += 1
        for lane in wanted:
            if given[lane] == wanted[lane]:
                # Nobody is left there whom it could be owed to.
                self._owed[lane] = 0
        return given
