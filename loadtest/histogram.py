"""A histogram of fixed size whose percentiles are right to two per cent, however long it runs.

Buckets are spaced logarithmically: bucket `i` holds the values from `LOW * RATIO**i` up to `LOW * RATIO**(i + 1)`, and
answers with the one value in it that is at most ERROR away, relatively, from every value it may hold. The idea and the
bound are those of DDSketch (Masson, Rim and Lee, 2019). Adding a whole array is one `log` and one `bincount`.
"""

import math

import numpy as np
from numpy.typing import NDArray

# Two per cent is far below the noise of any run, and 449 buckets cost 3.5 KB.
ERROR = 0.02
RATIO = (1 + ERROR) / (1 - ERROR)
# In milliseconds: a hundredth of one is below what a loop can resolve, ten minutes is longer than any session that is
# still alive. Values outside are counted in the first or the last bucket; the largest is kept exactly.
LOW = 0.01
HIGH = 600_000.0
BUCKETS = math.ceil(math.log(HIGH / LOW) / math.log(RATIO)) + 1


class Histogram:
    """Counts of non-negative values, by default milliseconds."""

    __slots__ = ("_counts", "_sum", "largest")

    def __init__(self) -> None:
        self._counts = np.zeros(BUCKETS, np.int64)
        self._sum = 0.0
        self.largest = 0.0

    @property
    def count(self) -> int:
        """How many values were added."""
        return int(self._counts.sum())

    @property
    def mean(self) -> float | None:
        """The exact mean of the values; None before the first."""
        count = self.count
        return self._sum / count if count else None

    @property
    def max(self) -> float | None:
        """The largest value, exactly; None before the first."""
        return self.largest if self.count else None

    def add(self, values: NDArray[np.float64]) -> None:
        """Count every value of a one-dimensional array."""
        if not len(values):
            return
        places = np.log(np.maximum(values, LOW) / LOW) / math.log(RATIO)
        buckets = np.minimum(places.astype(np.int64), BUCKETS - 1)
        self._counts += np.bincount(buckets, minlength=BUCKETS)
        self._sum += float(values.sum())
        self.largest = max(self.largest, float(values.max()))

    def add_one(self, value: float) -> None:
        """Count one value: for what happens seldom."""
        self.add(np.array([value]))

    def merge(self, other: "Histogram") -> None:
        """Count everything `other` has counted."""
        self._counts += other._counts
        self._sum += other._sum
        self.largest = max(self.largest, other.largest)

    def clear(self) -> None:
        """Forget everything."""
        self._counts[:] = 0
        self._sum = 0.0
        self.largest = 0.0

    def percentile(self, percent: float) -> float | None:
        """The value that `percent` per cent of all values do not exceed (nearest rank); None before the first."""
        count = self.count
        if not count:
            return None
        rank = max(1, math.ceil(count * percent / 100))
        bucket = int(np.searchsorted(np.cumsum(self._counts), rank))
        middle = LOW * RATIO**bucket * 2 * RATIO / (1 + RATIO)
        return min(middle, self.largest)
