"""Who belongs together, as the zones' profiles tell it, and whom each member therefore keeps in view."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from server.entities import SLOT_MASK
from world.interest import Interest
from world.nearest import PINNED_MAX
from world.tick import ProfileRecord


class Parties:
    """The parties of the whole city, by their members' slots; a member's pins are its friends'.

    A slot's next owner is told of with a profile of its own, so a membership never passes to a stranger.
    """

    def __init__(self, interest: Interest) -> None:
        self._interest = interest
        self._party_of: dict[int, int] = {}
        self._members: dict[int, list[int]] = {}

    def learn(self, records: Sequence[ProfileRecord]) -> None:
        """New or changed profiles."""
        for record in records:
            slot = record.entity & SLOT_MASK
            before = self._party_of.get(slot, 0)
            if record.party != before:
                self._part(slot)
                if record.party:
                    self._party_of[slot] = record.party
                    self._members.setdefault(record.party, []).append(slot)
                    self._pin(record.party)

    def clear_out(self, here: NDArray[np.bool_]) -> None:
        """Whoever is in the city no more takes no friend's place; once a second is often enough."""
        if self._party_of:
            slots = np.fromiter(self._party_of, np.int32, len(self._party_of))
            for slot in slots[~here[slots]].tolist():
                self._part(slot)

    def _part(self, slot: int) -> None:
        party = self._party_of.pop(slot, 0)
        if party:
            self._members[party].remove(slot)
            self._interest.pin(slot, ())
            self._pin(party)
            if not self._members[party]:
                del self._members[party]

    def _pin(self, party: int) -> None:
        """Each pins those who came after it, round to the first: of a large party everybody is pinned by eight."""
        members = self._members[party]
        for place, slot in enumerate(members):
            self._interest.pin(slot, tuple([*members[place + 1 :], *members[:place]][:PINNED_MAX]))
