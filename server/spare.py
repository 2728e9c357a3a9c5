"""Memory that the process is about to take is taken at once, so that what grows is kept by somebody.

Three stores below the city become resident bit by bit for hours, although nobody keeps anything: each hour a few more
of their pages are touched for the first time, and the page faults fall within ticks.

The C library's heap has holes between what lives long, and room at its end for what a burst takes (a rain, a show, a
thousand newcomers). Python's own small objects lie in arenas of a mebibyte, which are taken whole and filled as objects
come and go, and within an arena in pools of 16 KB, each of objects of one size alone: a size that is seldom wanted has
a pool that is begun and not yet come to the end of. So as much as each of them has to spare is taken, written to and
freed again, a few milliseconds, whenever the crowd has grown: both grow with it. Were it done every so often, each
time would reach a page or two further.

The C library would give each thread a heap of its own, with room of its own that nobody fills. So all share one.

And NumPy holds up to seven freed blocks of each size below a kilobyte ready for the next array, the C library as many
of each sixteen bytes. Sizes come up one by one, as crowds are of this size or of that. They are filled once, when the
city opens.
"""

import ctypes
from collections.abc import Callable, Sequence, Sized
from itertools import repeat, starmap
from sys import getsizeof

import numpy as np

from world.config import TICK_RATE_HZ

LOOK_TICKS = 10 * TICK_RATE_HZ
# A crowd that has grown by less fits into what was to spare.
GROWN = 1.1
# With 500 players half of it is holes, the rest more than a show takes.
_SPARE_BYTES = 4 << 20
# One in half an arena, so that there is one in each.
_HELD_EVERY_BYTES = 1 << 19
# Objects/obmalloc.c: what is larger is the C library's, and what is smaller is of one of 32 sizes.
_SMALL_BYTES_MAX, _SIZE_STEP_BYTES = 512, 16
# In the C library's heap, what is smaller has no page to itself.
_PAGE_BYTES = 4096
# numpy/_core/src/multiarray/alloc.c, and malloc.c of glibc: how large what they keep ready is, and of how many.
_READY_BYTES_MAX, _READY_EACH = 1024, 7
# malloc.h of glibc.
_M_ARENA_MAX = -8


def share_heap() -> None:
    """Have threads that start from now on take from the one heap; nothing, where the C library gives them no other."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)


def fill_arenas() -> Sequence[object]:
    """Write to what is free in Python's arenas, the fullest first, and free it again; hold on to what is returned.

    As much of each size of small objects: what its pools have left, then whole pools of its own. An arena that is
    taken for this is given back once nothing lies in it.
    """
    sizes = range(_SIZE_STEP_BYTES, _SMALL_BYTES_MAX + 1, _SIZE_STEP_BYTES)
    each = _SPARE_BYTES // len(sizes)
    filled = [_objects(size, each // size) for size in sizes]
    return [objects[-1] for objects in filled[:: _HELD_EVERY_BYTES // each]]


def fill_heap() -> Sequence[object]:
    """Write to what is free in the C library's heap, its holes first, and free it again, as above."""
    return _objects(_PAGE_BYTES, _SPARE_BYTES // _PAGE_BYTES)[:: _HELD_EVERY_BYTES // _PAGE_BYTES]


def fill_caches() -> None:
    """Have NumPy and the C library keep as much ready as they ever will: 3.7 MB and 0.2, in a few milliseconds."""
    for size in range(1, _READY_BYTES_MAX + 1):
        list(map(np.empty, repeat(size, 2 * _READY_EACH), repeat(np.uint8)))


def _objects(size: int, count: int) -> list[object]:
    """So many new objects that take so many bytes each, written to."""
    # No `bytes` are as small as these two.
    for kind in (object, complex):
        if size == getsizeof(kind()):
            return list(starmap(kind, repeat((), count)))
    # A product is written out; bytes(size) may be pages of zeros that nobody has touched.
    return list(map(b".".__mul__, repeat(size - getsizeof(b""), count)))


class Spare:
    """Looks in once in each tick, and fills the memory when there are more people than it was last filled for."""

    def __init__(self, people: Sized, *fills: Callable[[], object]) -> None:
        self._people, self._fills = people, fills
        self._filled_for = 0
        self._held: list[object] = []

    def turn(self, tick: int) -> None:
        """A tick begins."""
        if tick % LOOK_TICKS == 0 and len(self._people) > GROWN * self._filled_for:
            self._filled_for = len(self._people)
            self._held = [fill() for fill in self._fills]
