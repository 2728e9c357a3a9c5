"""The knee of one server: the largest crowd it holds, found from the trials so far and nothing else.

Every server starts with the same crowds, so that there is a row for each at the same size; from there it is doubled
until one is not held, or halved until one is, and then bisected. Because the next crowd follows from the trials alone,
a run can be interrupted and gone on with.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from loadtest.peers.report import Trial

FIRST = (500, 2000)
PRECISION = 1.1
# Below, the cost of an update says nothing; above, neither bots nor ports of one machine would do.
PLAYERS_MIN, PLAYERS_MAX = 50, 16_000
# A crowd of 707 or of 710 is the same crowd.
_ROUND_TO = 10


class Knee(NamedTuple):
    """The largest trial that was held, and the smallest above it that was not; None while there is none."""

    held: Trial | None
    broke: Trial | None


def knee(trials: Sequence[Trial]) -> Knee:
    """Of the trials of one server. A crowd that was not held is above the knee, whatever a larger one did."""
    broke = min((trial for trial in trials if not trial.held), key=lambda trial: trial.players, default=None)
    below = (trial for trial in trials if trial.held and (broke is None or trial.players < broke.players))
    return Knee(max(below, key=lambda trial: trial.players, default=None), broke)


def next_players(trials: Sequence[Trial]) -> int | None:
    """The crowd to try next at one server; None once its knee is known well enough."""
    held, broke = knee(trials)
    if held is None:
        wanted = FIRST[0] if broke is None else broke.players // 2
        return wanted if wanted >= PLAYERS_MIN else None
    if broke is None:
        wanted = next((size for size in FIRST if size > held.players), held.players * 2)
        return wanted if wanted <= PLAYERS_MAX else None
    wanted = round(math.sqrt(held.players * broke.players) / _ROUND_TO) * _ROUND_TO
    done = broke.players <= held.players * PRECISION or wanted in (held.players, broke.players)
    return None if done else wanted


def next_trial(trials: Sequence[Trial], systems: Sequence[str], quick: bool) -> tuple[str, int] | None:
    """Which server is tried next, and with how many: in turn, so that an hour's weather falls on all of them.

    `quick` is the first crowd of all only.
    """
    made = {system: [trial for trial in trials if trial.system == system] for system in systems}
    for system in sorted(systems, key=lambda system: len(made[system])):
        wanted = next_players(made[system])
        if quick:
            wanted = None if any(trial.players == FIRST[0] for trial in made[system]) else FIRST[0]
        if wanted is not None:
            return system, wanted
    return None
