"""How often a player may do a deed, as one column of state per deed, counted in ticks.

The column holds a debt: the tick at which everything done so far is paid off. Each deed adds
`per_s / burst` to it, and nobody may owe more than `per_s`. So `burst` deeds are allowed at once
and are refilled evenly; a column of 0 means a full allowance.
"""

import numpy as np
from numpy.typing import NDArray

from world.event import Refused
from world.state import World
from world.tuning import Rate


def spend(world: World, debts: NDArray[np.uint32], row: int, rate: Rate) -> None:
    """Add one deed to the debt at `row` of a column; raises Refused, adding nothing, if it is too much.

    Call it after every other check of a rule and before the first change.
    """
    most = world.ticks(rate.per_s)
    debt = max(int(debts[row]), world.tick) + max(1, most // rate.burst)
    if debt > world.tick + most:
        wait_s = (debt - most - world.tick) / world.config.tick_rate_hz
        raise Refused("too_often", message=f"{rate.burst} in {rate.per_s:g} s; again in {wait_s:.1f} s")
    debts[row] = debt
