"""Who has been introduced to whom: each profile goes to each viewer once, a few per frame."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from protocol.codec import encode
from protocol.limits import PROFILES_PER_MESSAGE_MAX
from protocol.messages import Profile, Profiles
from server.entities import SLOT_MASK, SLOTS
from world.tick import ProfileRecord

# Seats in the table of who knows whom; it doubles when they run out.
SEATS_FIRST = 1024
# `Profiles` with up to 15 entries starts with these bytes and the array header of its one list.
_PROFILES_PREFIX = encode(Profiles([]))[:-1]
_FIXARRAY = 0x90


class Introductions:
    """Profiles as ready bytes, and who has been sent which: one bit for each pair of viewer and entity.

    Everybody has a *seat*, given to a slot once and kept for its next owner, so that the table is as
    large as the crowd has ever been: at 10,000 people a viewer's row is 2 KB. Hashing instead forgets
    pairs that collide, and then introduces them to each other for ever.
    """

    def __init__(self) -> None:
        self._seat_of = np.zeros(SLOTS, np.int32)
        self._seats = 1  # seat 0 belongs to nobody
        self._knows = np.zeros((SEATS_FIRST, SEATS_FIRST // 8), np.uint8)
        # How many there are in a viewer's set whom it does not know yet, by the viewer's slot.
        self._unmet = np.ones(SLOTS, np.int16)
        self._entry_of: dict[int, bytes] = {}

    def learn(self, records: Sequence[ProfileRecord]) -> None:
        """New or changed profiles: nobody knows them yet. One told again unchanged, as at a border, is no news."""
        for record in records:
            slot = record.entity & SLOT_MASK
            # A look is whole and in the order of the traits (world.looks.worn): the names go without saying.
            look = bytes(record.look.values())
            entry = encode_entry(Profile(record.entity, record.version, record.name, look))
            if self._entry_of.get(slot) == entry:
                continue
            seat = self._seat(slot)
            self._knows[:, seat >> 3] &= ~np.uint8(1 << (seat & 7))
            self._entry_of[slot] = entry

    def message(self, slot: int) -> bytes:
        """A whole `Profiles` message with the profile of whoever is in this slot, which must be known."""
        return profiles_payload([self._entry_of[slot]])

    def forget_viewer(self, slot: int) -> None:
        """The next viewer in this slot knows nobody."""
        self._knows[self._seat(slot)] = 0
        self._unmet[slot] = 1

    def review(self, viewers: NDArray[np.int32], sets: NDArray[np.int32]) -> None:
        """These viewers' interest sets have been chosen anew, EMPTY behind: see who has somebody to meet.

        Once for each choice, because looking through every frame took as long as laying it out. Whoever
        joins or changes meanwhile is introduced after the next choice, half a second later.
        """
        unknown, _ = self._unknown(viewers, sets)
        self._unmet[viewers] = np.count_nonzero(unknown, axis=1)

    def due(
        self, viewers: NDArray[np.int32], shown: NDArray[np.int32], counts: NDArray[np.int64]
    ) -> dict[int, list[bytes]]:
        """Whom to introduce with this frame: viewer's row -> entries, at most PROFILES_PER_MESSAGE_MAX.

        `shown` is (viewers, records) slots, of which the first `counts[i]` are in the frame.
        """
        rows = np.flatnonzero(self._unmet[viewers] > 0)
        if not rows.size:
            return {}
        viewers, shown = viewers[rows], shown[rows]
        unknown, seats = self._unknown(viewers, shown)
        unknown &= np.arange(shown.shape[1]) < counts[rows, None]
        unknown &= np.cumsum(unknown, axis=1) <= PROFILES_PER_MESSAGE_MAX
        told, columns = np.nonzero(unknown)
        seats = seats[told, columns]
        # Two of a viewer's newcomers may share a byte; `at` sets both their bits.
        bits = np.left_shift(1, seats & 7).astype(np.uint8)
        np.bitwise_or.at(self._knows, (self._seat_of[viewers[told]], seats >> 3), bits)
        self._unmet[viewers] -= np.bincount(told, minlength=viewers.size).astype(np.int16)
        pairs = zip(rows[told].tolist(), shown[told, columns].tolist(), strict=True)
        return {row: [self._entry_of[slot] for _, slot in group] for row, group in groupby(pairs, itemgetter(0))}

    def _unknown(
        self, viewers: NDArray[np.int32], slots: NDArray[np.int32]
    ) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
        """Which of (viewers, any) slots each viewer does not know, and their seats.

        In seat 0 is whoever has no profile yet; there is nothing to tell of them.
        """
        seats = self._seat_of[slots]
        known = self._knows.reshape(-1)[(seats >> 3) + (self._seat_of[viewers] * self._knows.shape[1])[:, None]]
        return ((known >> (seats & 7).astype(np.uint8)) & 1 == 0) & (seats != 0), seats

    def _seat(self, slot: int) -> int:
        seat = int(self._seat_of[slot])
        if not seat:
            seat = self._seat_of[slot] = self._seats
            self._seats += 1
            if seat >= len(self._knows):
                self._knows = np.pad(self._knows, ((0, len(self._knows)), (0, len(self._knows) // 8)))
        return seat


def encode_entry(profile: Profile) -> bytes:
    """One element of `Profiles.profiles`, cut out of a message that holds only it."""
    return encode(Profiles([profile]))[len(_PROFILES_PREFIX) + 1 :]


def profiles_payload(entries: Sequence[bytes]) -> bytes:
    """A whole `Profiles` message from ready entries, at most 15."""
    return _PROFILES_PREFIX + bytes((_FIXARRAY | len(entries),)) + b"".join(entries)
