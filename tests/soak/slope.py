"""How fast something grows over time, and whether that is any different from not at all.

Ordinary least squares with the 95 % interval of the slope. What a process uses from one second to the next is nearly
the same, so a thousand seconds are far fewer than a thousand observations: it is means of whole blocks that the line
is laid through, half a minute each where there are enough. Blocks follow each other, too, because an allocator takes
memory in steps and keeps it: the interval is widened by what the residuals of neighbours have in common, as for a
series that is autoregressive of first order. A leak is found all the same, in steps or not.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

BLOCK_S = 30.0
# Five blocks leave three degrees of freedom: with fewer no line can be told from another.
BLOCKS_MIN = 5
HOUR_S = 3600.0
# With more in common than this, fifty blocks are as good as one.
COMMON_MAX = 0.95


class Slope(NamedTuple):
    """A slope per hour, and the bounds that the true one is between in nineteen runs of twenty."""

    per_hour: float
    low: float
    high: float

    @property
    def grows(self) -> bool:
        """Whether it is safe to say that it rises."""
        return self.low > 0

    @property
    def verdict(self) -> str:
        """What the interval says, in words."""
        if self.grows:
            return "grows"
        return "shrinks" if self.high < 0 else "indistinguishable from zero"

    def told(self, unit: str) -> str:
        """Everything, in a line."""
        return f"{self.per_hour:+.2f} {unit}/h, 95 % interval {self.low:+.2f} to {self.high:+.2f}: {self.verdict}"


def slope_of(at_s: ArrayLike, values: ArrayLike) -> Slope:
    """The slope of `values` over `at_s` in seconds, per hour. Raises ValueError for too short a time."""
    x, y = _blocks(np.asarray(at_s, np.float64), np.asarray(values, np.float64))
    count = len(x)
    x = (x - x.mean()) / HOUR_S
    y = y - y[0]  # so that what never changes is exactly nought
    spread = float(x @ x)
    slope = float(x @ y) / spread
    residuals = y - y.mean() - slope * x
    error = math.sqrt(float(residuals @ residuals) / (count - 2) / spread)
    common = in_common(residuals)
    reach = student_t(count - 2) * error * math.sqrt((1 + common) / (1 - common))
    return Slope(slope, slope - reach, slope + reach)


def in_common(residuals: np.ndarray) -> float:
    """What neighbours have in common, from 0 to COMMON_MAX: their correlation, with Kendall's mend for short series."""
    whole = float(residuals @ residuals)
    if whole <= np.finfo(np.float64).eps * len(residuals):
        return 0.0
    correlation = float(residuals[1:] @ residuals[:-1]) / whole
    return min(max(correlation + (1 + 4 * correlation) / len(residuals), 0.0), COMMON_MAX)


def student_t(freedom: int) -> float:
    """The 97.5 % quantile of Student's t, by Fisher and Cornish's expansion: right to a hundredth from 3 degrees on."""
    z = 1.959963985
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return math.fsum(term / freedom**power for power, term in enumerate(terms))


def _blocks(at_s: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means of blocks of equal time."""
    span_s = float(at_s[-1] - at_s[0]) if len(at_s) else 0.0
    count = max(BLOCKS_MIN, round(span_s / BLOCK_S))
    if len(at_s) < 2 * count:
        raise ValueError(f"{len(at_s)} readings in {span_s:.0f} s: at least {2 * count} are wanted for a slope")
    places = np.minimum(((at_s - at_s[0]) / span_s * count).astype(np.int64), count - 1)
    sizes = np.bincount(places, minlength=count)
    there = sizes > 0
    means = [np.bincount(places, column, minlength=count)[there] / sizes[there] for column in (at_s, values)]
    return means[0], means[1]
