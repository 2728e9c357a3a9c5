"""Sorting by small numbers, the fast way: what is sorted and where it stood share one integer."""

import numpy as np
from numpy.typing import NDArray


def order_of(numbers: NDArray[np.int32]) -> NDArray[np.int64]:
    """What `np.argsort(numbers, kind="stable")` returns for non-negative numbers, in half the time.

    The place is packed below the number, so that the fast unstable sort has nothing to be unstable about.
    """
    place_bits = numbers.size.bit_length()
    packed = numbers.astype(np.int64) << place_bits
    packed |= np.arange(numbers.size)
    packed.sort()
    return packed & ((1 << place_bits) - 1)
