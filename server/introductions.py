"""Who has been introduced to whom: each profile goes to each viewer once, a few per frame."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from protocol.codec import encode
from protocol.limits import PROFILES_PER_MESSAGE_MAX
from protocol.messages import Profile, Profiles
from server.entities import SLOT_MASK, SLOTS
from world.tick import ProfileRecord

# A viewer's memory of whom it knows, by serial number modulo this: four interest sets' worth, so that
# people who come and go at the edge are rarely introduced twice, at a kilobyte per viewer.
MEMORY = 256
# `Profiles` with up to 15 entries starts with these bytes and the array header of its one list.
_PROFILES_PREFIX = encode(Profiles([]))[:-1]
_FIXARRAY = 0x90


class Introductions:
    """Profiles as ready bytes, and each viewer's memory of the ones it has been sent."""

    def __init__(self) -> None:
        self._serial_of = np.zeros(SLOTS, np.uint32)
        self._bytes_of: dict[int, bytes] = {}
        self._known = np.zeros((SLOTS, MEMORY), np.uint32)
        self._serial = 0

    def learn(self, records: Sequence[ProfileRecord]) -> None:
        """New or changed profiles; each gets a serial of its own, so whoever sees it next is told."""
        for record in records:
            self._serial = self._serial % 0xFFFFFFFF + 1
            slot = record.entity & SLOT_MASK
            self._serial_of[slot] = self._serial
            self._bytes_of[slot] = encode_entry(Profile(record.entity, record.version, record.name, record.look))

    def forget_viewer(self, slot: int) -> None:
        """The next viewer in this slot knows nobody."""
        self._known[slot] = 0

    def due(
        self, viewers: NDArray[np.int32], shown: NDArray[np.int32], counts: NDArray[np.int64]
    ) -> dict[int, list[bytes]]:
        """Whom to introduce with this frame: viewer's row -> entries, at most PROFILES_PER_MESSAGE_MAX.

        `shown` is (viewers, records) slots, of which the first `counts[i]` are in the frame.
        """
        serials = self._serial_of[shown]
        places = serials & np.uint32(MEMORY - 1)
        unknown = self._known[viewers[:, None], places] != serials
        unknown &= np.arange(shown.shape[1]) < counts[:, None]
        if not unknown.any():
            return {}
        unknown &= np.cumsum(unknown, axis=1) <= PROFILES_PER_MESSAGE_MAX
        rows, columns = np.nonzero(unknown)
        self._known[viewers[rows], places[rows, columns]] = serials[rows, columns]
        pairs = zip(rows.tolist(), shown[rows, columns].tolist(), strict=True)
        return {row: [self._bytes_of[slot] for _, slot in group] for row, group in groupby(pairs, lambda pair: pair[0])}


def encode_entry(profile: Profile) -> bytes:
    """One element of `Profiles.profiles`, cut out of a message that holds only it."""
    return encode(Profiles([profile]))[len(_PROFILES_PREFIX) + 1 :]


def profiles_payload(entries: Sequence[bytes]) -> bytes:
    """A whole `Profiles` message from ready entries, at most 15."""
    return _PROFILES_PREFIX + bytes((_FIXARRAY | len(entries),)) + b"".join(entries)
