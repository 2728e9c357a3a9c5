"""Memory that nobody uses: the C library gives back what it has, and Python takes at once what it is about to.

What a burst took (a rain, a show, a thousand newcomers), the C library keeps in its heap for the next one, in pages
here and there: each larger burst leaves the process a little larger, for as long as it runs. Every ten seconds what is
free is given back. That takes 0.1 ms with 500 players and 1 ms with 5,000, and the tick after it a millisecond or two
more.

What lies ready for the next array or block of a size is kept, too: NumPy holds up to seven freed ones of each size
below a kilobyte, and the C library as many of each sixteen bytes. Sizes come up one by one, as crowds are of this size
or of that, and for half an hour a city takes a few kilobytes a minute for them. So all are filled when it opens.

Python's own small objects lie in arenas of a mebibyte, which are taken whole, but are resident only where something has
lain. As objects come and go, each hour a few more of their pages are touched for the first time, until all are: a city
that keeps nothing seems to grow by a megabyte an hour, and takes the page faults within its ticks. So as much as an
arena holds is taken and freed again, in a fifth of a millisecond; a process that grows from then on keeps something.
"""

import ctypes
import sys
from collections.abc import Callable
from itertools import repeat

import numpy as np

from world.config import TICK_RATE_HZ

EVERY_TICKS = 10 * TICK_RATE_HZ
# Objects/obmalloc.c: what is larger is the C library's.
_ARENA_BYTES, _SMALL_BYTES_MAX = 1 << 20, 512
# numpy/_core/src/multiarray/alloc.c, and malloc.c of glibc: how large what they keep ready is, and of how many.
_READY_BYTES_MAX, _READY_EACH = 1024, 7


def heap_trim() -> Callable[[], object] | None:
    """What gives back the free pages of the heap; None where the C library has no such thing (it is glibc's)."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None
    return lambda: trim(0)


def fill_arena() -> None:
    """Write to as much of the memory for small objects as one arena holds, and free it.

    An arena that is taken for this alone is given back with it.
    """
    size, count = _SMALL_BYTES_MAX - sys.getsizeof(b""), _ARENA_BYTES // _SMALL_BYTES_MAX
    list(map(bytes, repeat(size, count)))


def fill_caches() -> None:
    """Have NumPy and the C library keep as much ready as they ever will: 3.7 MB and 0.2, in a few milliseconds."""
    for size in range(1, _READY_BYTES_MAX + 1):
        list(map(np.empty, repeat(size, 2 * _READY_EACH), repeat(np.uint8)))


class Spare:
    """Looks in once in each tick, and sees to the memory every ten seconds."""

    def __init__(self, trim: Callable[[], object] | None, fill: Callable[[], object] = fill_arena) -> None:
        self._trim, self._fill = trim, fill

    def turn(self, tick: int) -> None:
        """A tick begins."""
        if tick % EVERY_TICKS == 0:
            self._fill()
            if self._trim is not None:
                self._trim()
