"""Friends are kept in view, eight at most, for as long as they are friends and here."""

import numpy as np

from server.entities import SLOT_BITS, SLOTS
from server.parties import Parties
from world.interest import Interest
from world.nearest import PINNED_MAX
from world.tick import ProfileRecord


class Pins(Interest):
    """What was pinned last, by slot."""

    def __init__(self) -> None:
        super().__init__(SLOTS)
        self.friends: dict[int, tuple[int, ...]] = {}

    def pin(self, viewer: int, slots: tuple[int, ...]) -> None:
        super().pin(viewer, slots)
        self.friends[viewer] = slots


class Club:
    """Parties over pins that can be looked at."""

    def __init__(self) -> None:
        self.pins = Pins()
        self.parties = Parties(self.pins)

    def tell(self, *parties: int, generation: int = 1) -> dict[int, tuple[int, ...]]:
        """Slots 1, 2, ... are in these parties; returns what each pins."""
        records = [
            ProfileRecord(generation << SLOT_BITS | slot, 1, "Ada", {}, party) for slot, party in enumerate(parties, 1)
        ]
        self.parties.learn(records)
        return self.pins.friends


def test_members_of_a_party_pin_each_other_and_nobody_else_does() -> None:
    assert Club().tell(7, 0, 7, 8, 8, 9) == {1: (3,), 3: (1,), 4: (5,), 5: (4,), 6: ()}


def test_of_a_large_party_everybody_pins_eight_and_is_pinned_by_eight() -> None:
    pins = Club().tell(*[7] * 32)
    assert all(len(set(slots)) == PINNED_MAX and viewer not in slots for viewer, slots in pins.items())
    pinned = [slot for slots in pins.values() for slot in slots]
    assert all(pinned.count(slot) == PINNED_MAX for slot in range(1, 33))


def test_whoever_leaves_or_changes_parties_is_let_go_by_both_sides() -> None:
    club = Club()
    club.tell(7, 7, 8)
    assert club.tell(8) == {1: (3,), 2: (), 3: (1,)}
    assert club.tell(0) == {1: (), 2: (), 3: ()}


def test_what_is_told_again_as_at_a_border_is_no_news() -> None:
    club = Club()
    club.tell(7, 7)
    club.pins.friends.clear()
    assert club.tell(7, 7) == {}


def test_the_next_owner_of_a_slot_is_nobodys_friend() -> None:
    club = Club()
    club.tell(7, 7)
    assert club.tell(0, generation=2) == {1: (), 2: ()}


def test_whoever_is_in_the_city_no_more_takes_no_friends_place() -> None:
    club = Club()
    club.tell(7, 7, 7)
    here = np.zeros(SLOTS, np.bool_)
    here[[1, 2]] = True
    club.parties.clear_out(here)
    assert club.pins.friends == {1: (2,), 2: (1,), 3: ()}
    here[[1, 2]] = False
    club.parties.clear_out(here)
    club.parties.clear_out(here)
    assert club.tell(7) == {1: (), 2: (), 3: ()}
