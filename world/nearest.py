"""The nearest of a crowd to many places, exactly, at a cost that does not grow with the crowd.

A crowd is lumpy: three hundred people round a fountain, nobody on the lawn. A grid of one cell size is wrong
somewhere, so every viewer looks as far as it has to:

1. *Look.* A viewer looks a little farther than the farthest of its last set stood. Where that square (of `Bins`) now
   holds too few or far too many, and for a newcomer, the square is chosen anew so that a circle in it should hold a
   set's worth of people. Everybody within the circle is a candidate.
2. *Choice.* Candidates are ranked by distance: shared out over buckets by their rank, and put in order bucket by
   bucket until the set is full. People stand on an area, so squared distances are spread evenly, and most buckets
   hold one or two.
3. *Proof.* If the circle held a set's worth, nobody outside can be nearer and the choice is exact. If not, the viewer
   looks a third farther, until it does or has looked as far as it sees.

A rank is a squared horizontal distance in cm², int32, FAR for nobody: bit-exact on every machine.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from world.bins import ROWS, Bins, Int, Rows, Unsigned
from world.compiled import I4, I4_2, NUMBER, U1, U4, U4_2, compiled, group

FAR = 0x7FFFFFFF
# Squared offsets up to this (the reach of a frame's int16) still add up within int32.
OFFSET_MAX = 32767
# Slot 0 belongs to nobody.
EMPTY = 0
PINNED_MAX = 8

# Distances tried for a square that should hold so many, in bins, each about a third larger than the one before.
WIDENINGS = (1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 29, 38, 50, 66, 87, 115, 152)
# A fifth farther than the last of its set a viewer looks the next time, and a little more: in half a second a crowd
# moves, and 200 viewers who look a fifth farther cost less than a second look for one of them.
LOOK_FACTOR, LOOK_CM = 1.2, 40
# A square with fewer than a quarter more than a set holds no set within its circle; one with so many was made for a
# sparser place. In one that is chosen anew half a set more are wanted: a fifth more than a set in its circle.
SPARE_LEAST, SQUARE_MOST, SPARE_WANTED = 4, 1000, 2
# A member counts as this much nearer than it is: 13/16 of its squared distance, a tenth in distance.
KEEP_NUMERATOR, KEEP_SHIFT = 13, 4
# Up to so many in the whole crowd, everybody is looked at.
FEW = 128
# About as many as most viewers have candidates.
BUCKETS = 128
_KEPT, _ASIDE = 1, 2
# Without a sign: an index that has one is looked at for whether it counts from the end.
_ONE = np.uint64(1)


class Lookers(NamedTuple):
    """Who looks, parallel: slots (left out of their own sets), places in cm, and how far in cm; 0: not known yet."""

    slots: Int
    x: Int
    z: Int
    look_cm: Int


class Pinned(NamedTuple):
    """Whom to see first, and where they are: `own` is (lookers, any) slots, EMPTY for none; `common` is for everybody.

    At most PINNED_MAX of them in sight come before all others, a looker's own first; the rest rank by distance. Of
    more than PINNED_MAX in common, the nearest to each looker count.
    """

    own: Int
    own_x: Int
    own_z: Int
    common: Int
    common_x: Int
    common_z: Int


class _Found(NamedTuple):
    """Scratch: candidates and their ranks, the pinned first; and who is known, by slot, 0 between two lookers."""

    slots: Unsigned
    ranks: Int
    known: NDArray[np.uint8]


class _Order(NamedTuple):
    """Scratch: where each bucket begins, and the candidates and their ranks bucket by bucket."""

    buckets: Unsigned
    slots: Unsigned
    ranks: Int


LOOKERS = group(Lookers, I4, I4, I4, I4)
PINNED = group(Pinned, I4_2, I4_2, I4_2, I4, I4, I4)
_FOUND = group(_Found, U4, I4, U1)
_ORDER = group(_Order, U4, U4, I4)

_NOBODY: Int = np.zeros(0, np.int32)
_NONE_OWN: Int = np.zeros((0, 0), np.int32)
NOBODY_PINNED = Pinned(_NONE_OWN, _NONE_OWN, _NONE_OWN, _NOBODY, _NOBODY, _NOBODY)


def choose_nearest(
    lookers: Lookers,
    sets: Int,
    bins: Bins,
    sight_cm: int,
    known: NDArray[np.uint8],
    pinned: Pinned = NOBODY_PINNED,
) -> Int:
    """Put into each row of `sets` whom a looker sees, the nearest first, EMPTY behind; returns how far to look next.

    `sets` is (lookers, any) and holds the sets that were chosen before, whose members count as a little nearer;
    `sight_cm` is at most OFFSET_MAX. `known` is scratch: a byte for every slot there may be, 0 before and after.
    """
    # A kernel looks where it is told to look, whether there is anything or not.
    assert known.size > max(bins.slots.max(), lookers.slots.max(initial=0))
    lookers = Lookers(*map(np.ascontiguousarray, lookers))
    return _choose(lookers, sets.view(np.uint32), bins.by_row, pinned, sight_cm, known)


@compiled(NUMBER, ROWS, NUMBER, NUMBER, NUMBER, borrowing=True)
def _count_around(bins: Rows, x: int, z: int, reach_cm: int) -> np.int64:
    """How many are in the square of bins that holds everybody within reach."""
    starts, columns, bin_cm = bins.starts, bins.columns, bins.bin_cm
    low = min(max((x - reach_cm - bins.origin_x) // bin_cm, 0), columns)
    high = min(max((x + reach_cm - bins.origin_x) // bin_cm + 1, 0), columns)
    first = max((z - reach_cm - bins.origin_z) // bin_cm, 0)
    last = min((z + reach_cm - bins.origin_z) // bin_cm + 1, bins.rows)
    count = np.int64(0)
    for row in range(first, last):
        count += np.int64(starts[row * columns + high] - starts[row * columns + low])
    return count


@compiled(NUMBER, ROWS, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, borrowing=True)
def _fitting(bins: Rows, x: int, z: int, look_cm: int, sight_cm: int, most: int) -> int:
    """How far to look: as given, or anew where that square holds too few or far too many."""
    if look_cm >= sight_cm or bins.slots.size <= FEW:
        return sight_cm
    if look_cm > 0 and most + most // SPARE_LEAST <= _count_around(bins, x, z, look_cm) <= SQUARE_MOST:
        return look_cm
    for widening in WIDENINGS:
        step_cm = widening * bins.bin_cm
        if step_cm >= sight_cm or _count_around(bins, x, z, step_cm) > most + most // SPARE_WANTED:
            return min(step_cm, sight_cm)
    return sight_cm


@compiled(NUMBER, PINNED, NUMBER, NUMBER, I4, borrowing=True)
def _closest(pinned: Pinned, x: int, z: int, chosen: Int) -> int:
    """Write into `chosen` which of those in common are the nearest, as places among them; returns how many."""
    count = min(pinned.common.size, PINNED_MAX)
    if count == pinned.common.size:
        for k in range(count):
            chosen[k] = k
        return count
    for k in range(count):
        best, least = -1, 0
        for place in range(pinned.common.size):
            dx, dz = pinned.common_x[place] - x, pinned.common_z[place] - z
            rank = dx * dx + dz * dz
            if (best < 0 or rank < least) and place not in chosen[:k]:
                best, least = place, rank
        chosen[k] = best
    return count


@compiled(NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, _FOUND, borrowing=True)
def _pin(slot: int, dx: int, dz: int, sight_cm: int, count: int, found: _Found) -> int:
    """Let somebody who is pinned come first, if in sight and not there already; returns how many there are then."""
    if slot == EMPTY or found.known[slot] == _ASIDE:
        return count
    found.known[slot] = _ASIDE
    rank = dx * dx + dz * dz
    if rank > sight_cm * sight_cm:
        return count
    found.slots[count] = slot
    found.ranks[count] = 0 if count < PINNED_MAX else rank
    return count + 1


@compiled(NUMBER, ROWS, NUMBER, NUMBER, NUMBER, NUMBER, _FOUND, borrowing=True)
def _gather(bins: Rows, x: int, z: int, look_cm: int, count: int, found: _Found) -> np.int64:
    """Add everybody within the look who is not aside to the candidates; returns how many there are then."""
    end = np.uint64(count)
    slots, xs, zs, starts = bins.slots, bins.x, bins.z, bins.starts
    candidates, ranks, known = found
    columns, bin_cm, square_cm = bins.columns, bins.bin_cm, look_cm * look_cm
    low = min(max((x - look_cm - bins.origin_x) // bin_cm, 0), columns)
    high = min(max((x + look_cm - bins.origin_x) // bin_cm + 1, 0), columns)
    first = max((z - look_cm - bins.origin_z) // bin_cm, 0)
    last = min((z + look_cm - bins.origin_z) // bin_cm + 1, bins.rows)
    if slots.size <= FEW:
        # All of them, as if they stood in one row.
        low, high, first, last, columns = 0, starts.size - 1, 0, 1, 0
    for row in range(first, last):
        for place in range(starts[row * columns + low], starts[row * columns + high]):
            dx, dz = xs[place] - x, zs[place] - z
            rank = dx * dx + dz * dz
            # Written whoever it is, and kept if near: half of them are, and a branch that nobody foresees costs more.
            slot = slots[place]
            candidates[end] = slot
            ranks[end] = (rank >> KEEP_SHIFT) * KEEP_NUMERATOR if known[slot] == _KEPT else rank
            end += np.uint64((rank <= square_cm) & (known[slot] != _ASIDE))
    return np.int64(end)


@compiled(NUMBER, _FOUND, NUMBER, NUMBER, borrowing=True)
def _beyond(found: _Found, first: int, look_cm: int) -> int:
    """How many of the first, who are pinned, rank beyond the look: whoever is nearer than they may be there unseen."""
    ranks, count = found.ranks, 0
    for k in range(first):
        count += ranks[k] > look_cm * look_cm
    return count


@compiled(NUMBER, _FOUND, NUMBER, NUMBER, _ORDER, U4, I4, borrowing=True)
def _take_least(found: _Found, count: np.int64, look_cm: int, order: _Order, members: Unsigned, ranks: Int) -> int:
    """The least of the candidates in order, the first of equals first, EMPTY behind; returns the last one's rank."""
    given, given_ranks, _ = found
    starts, candidates, candidate_ranks = order
    most, last_bucket = np.uint64(members.size), starts.size - 1
    # Rounding moves whole buckets, and never one above another. Whoever ranks beyond the look is in the last of them.
    coarse = np.int64(0)
    while look_cm * look_cm >> coarse > last_bucket:
        coarse += 1
    starts[:] = 0
    for i in range(count):
        starts[np.uint32(min(given_ranks[i] >> coarse, last_bucket))] += 1
    # Those in the buckets that the set reaches into are wanted: all that begin before it is full.
    wanted, total = np.int64(0), np.int64(0)
    for bucket in range(starts.size):
        size = np.int64(starts[bucket])
        wanted = total + size if total < members.size else wanted
        starts[bucket] = total
        total += size
    for i in range(count):
        its_bucket = np.uint32(min(given_ranks[i] >> coarse, last_bucket))
        place = starts[its_bucket]
        starts[its_bucket] += 1
        candidates[place], candidate_ranks[place] = given[i], given_ranks[i]
    taken = np.uint64(0)
    for i in range(wanted):
        rank = candidate_ranks[i]
        if taken == most:
            if rank >= ranks[most - _ONE]:
                continue
            taken -= _ONE
        place = taken
        while place != 0 and ranks[place - _ONE] > rank:
            ranks[place], members[place] = ranks[place - _ONE], members[place - _ONE]
            place -= _ONE
        ranks[place], members[place] = rank, candidates[i]
        taken += _ONE
    for place in range(taken, most):
        members[place] = EMPTY
    return ranks[most - _ONE] if taken == most else FAR


@compiled(I4, LOOKERS, U4_2, ROWS, PINNED, NUMBER, U1)
def _choose(
    lookers: Lookers, sets: Unsigned, bins: Rows, pinned: Pinned, sight_cm: int, known: NDArray[np.uint8]
) -> Int:
    most = sets.shape[1]
    room = bins.slots.size + pinned.own.shape[1] + PINNED_MAX + 1
    found = _Found(np.empty(room, np.uint32), np.empty(room, np.int32), known)
    order = _Order(np.empty(BUCKETS, np.uint32), np.empty(room, np.uint32), np.empty(room, np.int32))
    ranks, chosen = np.empty(most, np.int32), np.empty(PINNED_MAX, np.int32)
    next_cm = np.empty(lookers.slots.size, np.int32)
    slots, xs, zs, looks_cm = lookers
    own, own_x, own_z, common, common_x, common_z = pinned
    for i in range(slots.size):
        x, z, members = xs[i], zs[i], sets[i]
        known[slots[i]] = _ASIDE
        first = 0
        for k in range(own.shape[1]):
            first = _pin(own[i, k], own_x[i, k] - x, own_z[i, k] - z, sight_cm, first, found)
        close = _closest(pinned, x, z, chosen)
        for k in chosen[:close]:
            first = _pin(common[k], common_x[k] - x, common_z[k] - z, sight_cm, first, found)
        for k in range(most):
            if known[members[k]] == 0:
                known[members[k]] = _KEPT
        look_cm = _fitting(bins, x, z, looks_cm[i], sight_cm, most)
        count = _gather(bins, x, z, look_cm, first, found)
        while count - _beyond(found, first, look_cm) < most and look_cm < sight_cm:
            look_cm = min(look_cm * 4 // 3, sight_cm)
            count = _gather(bins, x, z, look_cm, first, found)
        known[slots[i]] = 0
        for k in range(own.shape[1]):
            known[own[i, k]] = 0
        for k in chosen[:close]:
            known[common[k]] = 0
        for k in range(most):
            known[members[k]] = 0
        last = _take_least(found, count, look_cm, order, members, ranks)
        next_cm[i] = min(int(np.sqrt(last) * LOOK_FACTOR + LOOK_CM), sight_cm)
    return next_cm
