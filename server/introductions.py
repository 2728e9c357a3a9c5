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
        self._entry_of: dict[int, bytes] = {}

    def learn(self, records: Sequence[ProfileRecord]) -> None:
        """New or changed profiles: nobody knows them yet. One told again unchanged, as at a border, is no news."""
        for record in records:
            slot = record.entity & SLOT_MASK
            entry = encode_entry(Profile(record.entity, record.version, record.name, record.look))
            if self._entry_of.get(slot) == entry:
                continue
            seat = self._seat(slot)
            self._knows[:, seat >> 3] &= ~np.uint8(1 << (seat & 7))
            self._entry_of[slot] = entry

    def forget_viewer(self, slot: int) -> None:
        """The next viewer in this slot knows nobody."""
        self._knows[self._seat(slot)] = 0

    def due(
        self, viewers: NDArray[np.int32], shown: NDArray[np.int32], counts: NDArray[np.int64]
    ) -> dict[int, list[bytes]]:
        """Whom to introduce with this frame: viewer's row -> entries, at most PROFILES_PER_MESSAGE_MAX.

        `shown` is (viewers, records) slots, of which the first `counts[i]` are in the frame.
        """
        seats = self._seat_of[shown]
        bits = np.left_shift(1, seats & 7).astype(np.uint8)
        viewer_seats = self._seat_of[viewers]
        unknown = self._knows[viewer_seats[:, None], seats >> 3] & bits == 0
        # In seat 0 is whoever has no profile yet; there is nothing to tell of them.
        unknown &= (np.arange(shown.shape[1]) < counts[:, None]) & (seats != 0)
        if not unknown.any():
            return {}
        unknown &= np.cumsum(unknown, axis=1) <= PROFILES_PER_MESSAGE_MAX
        rows, columns = np.nonzero(unknown)
        # Two of a viewer's newcomers may share a byte; `at` sets both their bits.
        np.bitwise_or.at(self._knows, (viewer_seats[rows], seats[rows, columns] >> 3), bits[rows, columns])
        pairs = zip(rows.tolist(), shown[rows, columns].tolist(), strict=True)
        return {row: [self._entry_of[slot] for _, slot in group] for row, group in groupby(pairs, itemgetter(0))}

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
