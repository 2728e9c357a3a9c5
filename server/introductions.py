"""Who has been introduced to whom: each profile goes to each viewer once, a few per frame."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from protocol.codec import encode
from protocol.limits import PROFILES_PER_MESSAGE_MAX
from protocol.messages import Profile, Profiles
from server.entities import SLOT_MASK, SLOTS
from server.extras import PACKED, Extras, Packed
from world.compiled import I4, I8, NOTHING, NUMBER, U1, U1_2, U4, U4_2, YES, compiled, group
from world.tick import ProfileRecord

# Seats in the table of who knows whom; it doubles when they run out.
SEATS_FIRST = 1024
# `Profiles` with up to 15 entries starts with these bytes and the array header of its one list.
_PROFILES_PREFIX = encode(Profiles([]))[:-1]
_FIXARRAY = 0x90
# What stands in a set where it holds nobody (world/nearest.py).
_EMPTY = 0
# Entries of the table they are kept in, side by side: a name of 24 characters has at most 96 bytes, a look a byte a
# trait, and 20 more hold numbers and lengths. One that is larger is refused, and was never seen.
ENTRY_BYTES_MAX = 256


class Introductions:
    """Profiles as ready bytes, and who has been sent which: one bit for each pair of viewer and entity.

    Everybody has a *seat*, given to a slot once and kept for its next owner, so that the table is as
    large as the crowd has ever been: at 10,000 people a viewer's row is 2 KB. Hashing instead forgets
    pairs that collide, and then introduces them to each other for ever.
    """

    def __init__(self) -> None:
        self._seat_of = np.zeros(SLOTS, np.uint32)
        self._seats = 1  # seat 0 belongs to nobody
        self._knows = np.zeros((SEATS_FIRST, SEATS_FIRST // 8), np.uint8)
        # How many in a viewer's set it does not know yet, and the place of the first of them, by the viewer's slot.
        self._unmet, self._first = np.zeros((2, SLOTS), np.uint32)
        # Ready entries by slot, and their sizes, 0 for none. Untouched pages cost no memory.
        self._entries = np.zeros((SLOTS, ENTRY_BYTES_MAX), np.uint8)
        self._sizes = np.zeros(SLOTS, np.uint32)

    def learn(self, records: Sequence[ProfileRecord]) -> None:
        """New or changed profiles: nobody knows them yet. One told again unchanged, as at a border, is no news."""
        changed = []
        for record in records:
            slot = record.entity & SLOT_MASK
            # A look is whole and in the order of the traits (world.looks.worn): the names go without saying.
            look = bytes(record.look.values())
            entry = encode_entry(Profile(record.entity, record.version, record.name, look))
            if self._entry(slot) == entry:
                continue
            known = self._seat_of[slot] != 0
            seat = self._seat(slot)
            # In a seat that nobody had before is somebody whom nobody knows: a crowd that comes costs no look at all.
            if known:
                changed.append(seat)
            self._entries[slot, : len(entry)] = np.frombuffer(entry, np.uint8)
            self._sizes[slot] = len(entry)
        if changed:
            _make_strangers(self._knows, self._seats, np.array(changed))

    def message(self, slot: int) -> bytes:
        """A whole `Profiles` message with the profile of whoever is in this slot, which must be known."""
        return _PROFILES_PREFIX + bytes((_FIXARRAY | 1,)) + self._entry(slot)

    def forget_viewer(self, slot: int) -> None:
        """The next viewer in this slot knows nobody."""
        self._knows[self._seat(slot)] = 0
        self._unmet[slot] = 0

    def review(self, viewers: NDArray[np.int32], sets: NDArray[np.int32]) -> NDArray[np.int32]:
        """These viewers' interest sets have been chosen anew: see who has somebody to meet. Returns their sizes.

        `sets` are everybody's, by slot, EMPTY behind. Once for each choice, because looking through every frame took
        as long as laying it out. Whoever joins or changes meanwhile is introduced after the next choice, half a second
        later or a whole one (`Detail.patience`).
        """
        sizes = np.zeros(viewers.size, np.int32)
        due = _Due(self._unmet, self._first)
        _look_through(self._known, viewers.view(np.uint32), sets.view(np.uint32), due, sizes)
        return sizes

    def tell(self, viewers: NDArray[np.int32], sets: NDArray[np.int32], extras: Extras) -> None:
        """Introduce those in a viewer's set whom it does not know, the nearest first: as many as go with a frame.

        All of a set comes round within a few frames: whoever is introduced is shown now, or soon.
        """
        if not self._unmet[viewers].any():
            return
        met = _Met(np.empty((viewers.size, PROFILES_PER_MESSAGE_MAX), np.uint32), np.empty(viewers.size, np.uint32))
        due, entries = _Due(self._unmet, self._first), _Entries(self._entries, self._sizes, _PREFIX)
        size = _meet(self._known, viewers.view(np.uint32), sets.view(np.uint32), due, met, entries)
        rows = np.flatnonzero(met.counts)
        packed = Packed(rows, np.empty(rows.size, np.int64), np.empty(rows.size, np.int64), np.empty(size, np.uint8))
        _compose(met, entries, packed)
        extras.pack(packed)

    @property
    def _known(self) -> "_Known":
        return _Known(self._seat_of, self._knows)

    def _entry(self, slot: int) -> bytes:
        entry: bytes = self._entries[slot, : self._sizes[slot]].tobytes()
        return entry

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


class _Known(NamedTuple):
    """By slot the seat, and by seat a row of bits for the seats of those it knows."""

    seat_of: NDArray[np.uint32]
    knows: NDArray[np.uint8]


class _Due(NamedTuple):
    """By the viewer's slot: how many of its set it does not know, and from which place on."""

    unmet: NDArray[np.uint32]
    first: NDArray[np.uint32]


class _Entries(NamedTuple):
    """By slot the entry and its size; and what a message with none of them starts with."""

    table: NDArray[np.uint8]
    sizes: NDArray[np.uint32]
    prefix: NDArray[np.uint8]


class _Met(NamedTuple):
    """The slots of those whom each viewer meets, (viewers, any), of which the first `counts[i]` count."""

    slots: NDArray[np.uint32]
    counts: NDArray[np.uint32]


# Without a sign: an index that has one is looked at for whether it counts from the end.
_NONE, _ONE = np.uint64(0), np.uint64(1)
_PREFIX = np.frombuffer(_PROFILES_PREFIX + bytes((_FIXARRAY,)), np.uint8).copy()
_KNOWN = group(_Known, U4, U1_2)
_DUE = group(_Due, U4, U4)
_ENTRIES = group(_Entries, U1_2, U4, U1)
_MET = group(_Met, U4_2, U4)


@compiled(NOTHING, U1_2, NUMBER, I8, borrowing=True)
def _make_strangers(knows: NDArray[np.uint8], rows: int, seats: NDArray[np.int64]) -> None:
    """Let nobody in the first so many seats know whoever is in these; row by row, as the table lies in memory."""
    for i in range(rows):
        for j in range(seats.size):
            knows[i, seats[j] >> 3] &= 0xFF ^ (1 << (seats[j] & 7))


@compiled(YES, _KNOWN, NUMBER, NUMBER, borrowing=True)
def _is_stranger(known: _Known, own: int, seat: int) -> bool:
    """Whether somebody is to be introduced: there is nothing to tell of seat 0, where whoever has no profile yet is."""
    mine, theirs = np.uint32(own), np.uint32(seat)
    return bool(theirs != 0 and known.knows[mine, theirs >> 3] >> (theirs & 7) & 1 == 0)


@compiled(NOTHING, _KNOWN, U4, U4_2, _DUE, I4, borrowing=True)
def _look_through(
    known: _Known, viewers: NDArray[np.uint32], sets: NDArray[np.uint32], due: _Due, sizes: NDArray[np.int32]
) -> None:
    """See whom of its set each viewer does not know, and how many are in it."""
    most = np.uint64(sets.shape[1])
    for i in range(viewers.size):
        viewer = viewers[i]
        own, unmet, size = known.seat_of[viewer], 0, _NONE
        while size < most and sets[viewer, size] != _EMPTY:
            if _is_stranger(known, own, known.seat_of[sets[viewer, size]]):
                if unmet == 0:
                    due.first[viewer] = size
                unmet += 1
            size += _ONE
        due.unmet[viewer], sizes[i] = unmet, size


@compiled(NUMBER, _KNOWN, U4, U4_2, _DUE, _MET, _ENTRIES, borrowing=True)
def _meet(
    known: _Known, viewers: NDArray[np.uint32], sets: NDArray[np.uint32], due: _Due, met: _Met, entries: _Entries
) -> np.int64:
    """Whom each viewer is introduced to, and from now on knows; who is left stays due. Returns the size of it all."""
    total, most = np.int64(0), np.uint64(sets.shape[1])
    for i in range(viewers.size):
        viewer = viewers[i]
        met.counts[i] = 0
        if due.unmet[viewer] == 0:
            continue
        own, count, place = known.seat_of[viewer], _NONE, np.uint64(due.first[viewer])
        wanted = min(np.uint64(met.slots.shape[1]), np.uint64(due.unmet[viewer]))
        # Somebody may have met them since, or left: then there are fewer than were counted.
        while count < wanted and place < most and sets[viewer, place] != _EMPTY:
            slot = sets[viewer, place]
            seat = known.seat_of[slot]
            if _is_stranger(known, own, seat):
                known.knows[own, seat >> 3] |= 1 << (seat & 7)
                met.slots[i, count] = slot
                count += _ONE
                total += np.int64(entries.sizes[slot])
            place += _ONE
        met.counts[i], due.first[viewer] = count, place
        due.unmet[viewer] = due.unmet[viewer] - count if count == wanted else _NONE
        total += entries.prefix.size if count else 0
    return total


@compiled(NOTHING, _MET, _ENTRIES, PACKED, borrowing=True)
def _compose(met: _Met, entries: _Entries, packed: Packed) -> None:
    """A message for each viewer who meets anybody."""
    at = _NONE
    for message in range(packed.rows.size):
        row = np.uint64(packed.rows[message])
        packed.starts[message] = at
        for k in range(entries.prefix.size):
            packed.blob[at] = entries.prefix[k]
            at += _ONE
        packed.blob[at - _ONE] |= met.counts[row]
        for place in range(met.counts[row]):
            slot = met.slots[row, place]
            for k in range(entries.sizes[slot]):
                packed.blob[at + k] = entries.table[slot, k]
            at += entries.sizes[slot]
        packed.sizes[message] = at - np.uint64(packed.starts[message])
