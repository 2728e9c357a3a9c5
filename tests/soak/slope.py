"""How fast something grows over time, and whether that is any different from not at all.

Memory does two things at once. It flickers about a level, which means nothing; and it moves to another level and stays
there, because an allocator takes memory in steps and keeps it. A line through the readings takes a few such steps for a
trend, whichever way they go: their neighbours are alike, and the line believes each of them (Granger and Newbold's
spurious regression). So it is the changes from one half minute to the next that are looked at. Their mean is the slope;
flicker makes what neighbours have in common negative, down to the changes of pure noise, and steps make it nought. How
much of each there is, is found by likelihood (an ARIMA(0,1,1) with drift), and the 95 % interval is the wider the more
the changes differ among each other. A leak is a change that comes again and again, and is found in steps or not.

Half minutes in which nothing changes tell nothing of how changes differ. So it is those with a change that are counted
as observations, and a half minute is its median, in which one step is one change: with fewer than six steps that all
go the same way chance cannot be ruled out, as for a coin that is thrown so often.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

BLOCK_S = 30.0
# Five blocks make four changes: with fewer no trend can be told from chance.
BLOCKS_MIN = 5
HOUR_S = 3600.0
# Of four changes; with fewer the quantiles are not known.
FREEDOM_LEAST = 3
# From steps alone to flicker alone.
FLICKERS = np.linspace(0.0, 1.0, 51)


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


class _Fit(NamedTuple):
    """A slope, its standard error, and how likely all that is."""

    slope: float
    error: float
    likelihood: float


def slope_of(at_s: ArrayLike, values: ArrayLike) -> Slope:
    """The slope of `values` over `at_s` in seconds, per hour. Raises ValueError for too short a time."""
    x, y = _blocks(np.asarray(at_s, np.float64), np.asarray(values, np.float64))
    hours, changes = np.diff(x) / HOUR_S, np.diff(y)
    if not changes.any():
        return Slope(0, 0, 0)
    fit = max((_fit(hours, changes, flicker) for flicker in FLICKERS), key=lambda fit: fit.likelihood)
    freedom = max(FREEDOM_LEAST, int(np.count_nonzero(changes)) - 1)
    reach = student_t(freedom) * fit.error
    return Slope(fit.slope, fit.slope - reach, fit.slope + reach)


def _fit(hours: np.ndarray, changes: np.ndarray, flicker: float) -> _Fit:
    """One slope for all changes, of which neighbours have `flicker` in common: by restricted likelihood, exactly."""
    count = len(changes)
    shape = (1 + flicker**2) * np.eye(count) - flicker * (np.eye(count, k=1) + np.eye(count, k=-1))
    _, size = np.linalg.slogdet(shape)
    weights = np.linalg.solve(shape, hours)
    weight = float(weights @ hours)
    slope = float(weights @ changes) / weight
    rest = changes - slope * hours
    # A line without any noise is as likely as can be, and no more.
    least = float(changes @ changes) * np.finfo(np.float64).eps ** 2
    spread = max(float(rest @ np.linalg.solve(shape, rest)) / (count - 1), least)
    likelihood = -(float(size) + math.log(weight) + (count - 1) * math.log(spread)) / 2
    return _Fit(slope, math.sqrt(spread / weight), likelihood)


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
    """Blocks of equal time: the median of when was read in each, and of what."""
    span_s = float(at_s[-1] - at_s[0]) if len(at_s) else 0.0
    count = max(BLOCKS_MIN, round(span_s / BLOCK_S))
    if len(at_s) < 2 * count:
        raise ValueError(f"{len(at_s)} readings in {span_s:.0f} s: at least {2 * count} are wanted for a slope")
    places = np.minimum(((at_s - at_s[0]) / span_s * count).astype(np.int64), count - 1)
    blocks = [places == place for place in np.unique(places)]
    at, value = ([np.median(column[block]) for block in blocks] for column in (at_s, values))
    return np.array(at), np.array(value)
