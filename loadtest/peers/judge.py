"""What a server has to keep for a crowd to count as held: the same few limits for all."""

from loadtest.peers.report import Trial
from loadtest.scenario import Limits

MEAN_HZ_MIN = 9.0
P01_HZ_MIN = 8.0
GAP_P99_MS_MAX = 200.0
# Of the 64 nearest, or of everybody: a server that shows fewer does less.
SEES_SHARE_MIN = 0.9
# Beyond these the bots, and not the server, may be what is late: those of every load test.
_USUAL = Limits()


def shortcomings(trial: Trial, should_see: int) -> list[str]:
    """What was not kept, in words; nothing when the crowd was held."""
    gap_p99_ms = trial.gap_p99_ms if trial.gap_p99_ms is not None else float("inf")
    lacks = {
        f"{trial.players - trial.entered} did not get in": trial.entered < trial.players,
        f"{trial.cut} were cut": trial.cut > 0,
        f"{trial.mean_hz:.2f} updates/s, {MEAN_HZ_MIN:g} are asked for": trial.mean_hz < MEAN_HZ_MIN,
        f"slowest 1 %: {trial.p01_hz:.2f} updates/s, {P01_HZ_MIN:g} are asked for": trial.p01_hz < P01_HZ_MIN,
        f"gap p99 {gap_p99_ms:.0f} ms, {GAP_P99_MS_MAX:g} is the most": gap_p99_ms > GAP_P99_MS_MAX,
        f"sees {trial.sees} of {should_see}": trial.sees < should_see * SEES_SHARE_MIN,
    }
    return [words for words, lacking in lacks.items() if lacking]


def is_blind(trial: Trial) -> bool:
    """Whether the bots themselves had no time left."""
    return (
        trial.generator_cpu_percent > _USUAL.generator_cpu_percent_max
        or (trial.generator_lag_p99_ms or 0.0) > _USUAL.generator_lag_p99_ms_max
    )
