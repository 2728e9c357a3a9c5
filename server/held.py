"""The server's own commands that a zone could not be given, in order, until it can: none may be lost.

They wait for two reasons. A zone stands still; or one of them breaks it, and then nobody knows which.
So they enter in portions: twice as many after each tick that went well, half as many after one that did
not, until the one that breaks the zone stands alone; if it does so twice, it is given up.

What waits is bounded by what it is about: of each body one Arrive, one Halt and one Leave, and whoever
leaves takes the others with them; of each settlement one answer. See `add`.
"""

from collections.abc import Hashable, Sequence
from itertools import islice

from world.catalogue import DEEDS
from world.event import Command
from world.events.arrive import Arrive
from world.events.confirm import Confirm
from world.events.halt import Halt
from world.events.join import Join
from world.events.leave import Leave
from world.events.reject import Reject
from world.tick import Batch, Issued

# The first portion after a zone stood still: a busy tick's worth of joins and answers.
FIRST_PORTION = 64


def is_own(issued: Issued) -> bool:
    """Whether the server itself has asked for this, and not a client."""
    deed = DEEDS.get(issued.command.deed)
    return deed is None or not deed.public


class Held:
    """What waits for one zone."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, Issued] = {}
        self._portion = FIRST_PORTION
        self._entering = 0
        # The one that was alone when the zone broke last.
        self._suspect: Issued | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, issued: Issued) -> None:
        """One more, behind the others; one that says the same as one that waits already does not count."""
        entity, command = issued.entity, issued.command
        if isinstance(command, Leave):
            self._waiting.pop((entity, Halt.deed), None)
            if self.has(entity):
                for kind in (Join, Arrive):
                    self._waiting.pop((entity, kind.deed), None)
                return
        about = command.key if isinstance(command, Confirm | Reject) else issued.number
        key: Hashable = (entity, command.deed, about)
        if isinstance(command, Join | Arrive | Halt | Leave):
            key = (entity, command.deed)
        self._waiting[key] = issued

    def has(self, entity: int) -> bool:
        """Whether somebody waits to appear."""
        return any((entity, kind.deed) in self._waiting for kind in (Join, Arrive))

    def withdraw(self, *kinds: type[Command]) -> list[Issued]:
        """Those of these kinds wait no more."""
        gone = {key: issued for key, issued in self._waiting.items() if isinstance(issued.command, kinds)}
        for key in gone:
            del self._waiting[key]
        return list(gone.values())

    def enter(self, batch: Batch) -> Batch:
        """This batch, its own commands at the end of the line, with the portion whose turn it is before the rest."""
        if not self._waiting:
            return batch
        for issued in batch.commands:
            if is_own(issued):
                self.add(issued)
        first = list(islice(self._waiting.values(), self._portion))
        self._entering = len(first)
        return Batch([*first, *(issued for issued in batch.commands if not is_own(issued))], batch.moves)

    def entered(self) -> None:
        """The batch went well: its portion waits no more."""
        if self._entering:
            self._drop(self._entering)
            self._entering = 0
            self._portion *= 2

    def stayed_out(self, own: Sequence[Issued]) -> Issued | None:
        """The batch went well only without these, its own commands; one that was alone twice is given up."""
        if not self._entering:
            for issued in own:
                self.add(issued)
        self._entering = 0
        self._portion = max(1, len(own) // 2)
        alone = own[0] if len(own) == 1 else None
        given_up = alone if alone is self._suspect else None
        self._suspect = None if given_up else alone
        if given_up:
            self._drop(1)
        return given_up

    def begin_again(self) -> None:
        """The zone has stood still: nothing has entered, and nothing is known of what waits."""
        self._entering = 0
        self._portion = FIRST_PORTION

    def _drop(self, count: int) -> None:
        for key in list(islice(self._waiting, count)):
            del self._waiting[key]
