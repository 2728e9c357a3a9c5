"""Whether a run passed: every limit against its figure, and whether the figures can be trusted at all."""

from msgspec import Struct

from loadtest.faults import told
from loadtest.report import Report, Verdict
from loadtest.scenario import Limits, Scenario

_OF_THE_SERVER = frozenset(
    {
        "cpu_us_per_frame_max", "rss_kb_per_client_max", "rss_of_calm_max", "ticks_skipped_max", "shed_level_min",
        "recovery_s_max",
    }
)  # fmt: skip
# What a player costs, in processor, memory and bytes: nobody in the city feels it, and some of it is the machine's.
PRICES = frozenset({"cpu_us_per_frame_max", "rss_kb_per_client_max", "down_bytes_s_max"})
# A scrape may come late by a quarter of a second: five ticks. A server that catches up does dozens after a stall.
TICKS_AHEAD_MAX = 5.0
_UNKNOWN_BOOKS = "audit: the books of the server are unknown (--store)"


class Circumstances(Struct, frozen=True):
    """What a verdict has to know besides the figures; `trouble` is what went wrong, in sentences."""

    interrupted: bool = False
    trouble: tuple[str, ...] = ()
    # The server was there before us, with settings of its own.
    foreign: bool = False


def judge(report: Report, scenario: Scenario, circumstances: Circumstances) -> Verdict:
    """All reasons why this run does not pass; none is left out because another comes first."""
    limits = scenario.limits_for(report.bots)
    broken, unchecked = _limits(report, limits)
    failures = [
        *circumstances.trouble,
        *_people(report),
        *told(report.faults, report.fault_examples),
        *_books(report),
        *_storm(report),
    ]
    price = [sentence for name, sentence in broken.items() if name in PRICES]
    untrusted = _generator(report, limits)
    failures += [*_crowd(report, scenario), *broken.values(), *untrusted]
    if report.audit is None and report.confirmed:
        unchecked.append(_UNKNOWN_BOOKS)
    if scenario.server and circumstances.foreign:
        unchecked.append(f"settings: {', '.join(scenario.settings)} are for a server of our own")
    if circumstances.interrupted:
        failures.append("interrupted: the figures are of a part of the run only")
    return Verdict(not failures, failures, unchecked, price, untrusted)


def _people(report: Report) -> list[str]:
    failures = []
    if report.joined < report.bots:
        failures.append(f"joined: {report.joined} of {report.bots} bots had a first frame")
    if report.disconnected_healthy:
        reasons = ", ".join(f"{count} × {why}" for why, count in list(report.endings.items())[:3])
        failures.append(f"disconnected_healthy: {report.disconnected_healthy} bots were cut ({reasons})")
    return failures


def _books(report: Report) -> list[str]:
    """Whatever players were told is theirs has to be in the books: once, and in books that balance."""
    audit = report.audit
    if audit is None or audit.clean:
        return []
    order = "balance" if audit.balanced else "do not balance"
    return [
        f"audit: {audit.confirmed} confirmed, {audit.stored} stored, {audit.lost} lost, {audit.doubled} doubled, "
        f"the books {order} (first: {audit.first}; see {audit.evidence})"
    ]


def _storm(report: Report) -> list[str]:
    """What nobody may suffer in any storm: to be forgotten in a queue, to lose their body, time that hurries."""
    failures, queue, returns, server = [], report.queue, report.returns, report.server
    if queue is not None and queue.still_waiting:
        failures.append(f"queue: {queue.still_waiting} of {queue.waited} still waited at the end")
    if queue is not None and queue.refused_silently:
        failures.append(f"queue: {queue.refused_silently} were refused without being told when to come again")
    if returns is not None and returns.back < returns.cut:
        failures.append(f"returns: {returns.back} of {returns.cut} bots that were cut came back")
    if returns is not None and returns.own_body < returns.cut:
        failures.append(f"returns: {returns.own_body} of {returns.cut} bots that were cut got their own body back")
    if server is not None and (server.ticks_ahead_max or 0.0) > TICKS_AHEAD_MAX:
        failures.append(f"the tick caught up: {server.ticks_ahead_max:g} ticks in one second beyond those of its time")
    if report.shed_level_calm:
        failures.append(f"the calm was none: the shed level was {report.shed_level_calm} in it")
    return failures


def _crowd(report: Report, scenario: Scenario) -> list[str]:
    wanted, share = scenario.settle.share, report.share_in_zone
    if share is None or share >= wanted:
        return []
    return [f"the crowd never gathered: {share:.0%} of the bots in {scenario.zone}, {wanted:.0%} is the scenario"]


def _generator(report: Report, limits: Limits) -> list[str]:
    """A saturated generator measures itself: whatever the figures say, they are not the server's."""
    generator = report.generator
    if generator is None:
        return []
    cpu, lag = generator.cpu_percent or 0.0, generator.lag_ms.p99 or 0.0
    cpu_max, lag_max = limits.generator_cpu_percent_max, limits.generator_lag_p99_ms_max
    if cpu <= cpu_max and lag <= lag_max:
        return []
    return [
        f"generator saturated: {cpu:.0f} % CPU, loop lag p99 {lag:.0f} ms "
        f"(at most {cpu_max:.0f} % and {lag_max:.0f} ms); the result is not trustworthy"
    ]


def _limits(report: Report, limits: Limits) -> tuple[dict[str, str], list[str]]:
    """Every limit that was given: the broken ones as sentences by name, and those that could not be checked fairly."""
    broken: dict[str, str] = {}
    unchecked: list[str] = []
    for name, figure in _figures(report).items():
        limit = getattr(limits, name)
        figure_name = name.rpartition("_")[0]
        if limit is None:
            continue
        if figure is None and report.server is None and name in _OF_THE_SERVER:
            unchecked.append(f"{figure_name}: the server's own figures are unknown (--ops)")
        elif name == "cpu_us_per_frame_max" and report.bots < limits.cpu_us_per_frame_from_bots:
            unchecked.append(f"{figure_name}: means little below {limits.cpu_us_per_frame_from_bots} bots")
        elif figure is None:
            broken[name] = f"{figure_name}: could not be measured"
        elif (figure < limit) if name.endswith("_min") else (figure > limit):
            bound = "at least" if name.endswith("_min") else "at most"
            broken[name] = f"{figure_name}: {figure:g}, {bound} {limit:g} is wanted"
    return broken, unchecked


def _figures(report: Report) -> dict[str, float | None]:
    """The figure that each limit is about."""
    server = report.server
    return {
        "all_joined_s_max": report.all_joined_s,
        "mean_hz_min": report.frames.mean_hz,
        "p01_hz_min": report.frames.p01_hz,
        "gap_p99_ms_max": report.frames.gap_ms.p99,
        "settle_p99_ms_max": report.settle_ms.p99,
        "input_p99_ms_max": report.input_ms.p99,
        "gap_p99_of_calm_max": report.gap_p99_of_calm,
        "rss_of_calm_max": report.rss_of_calm,
        "back_s_max": report.returns.back_s.max if report.returns else None,
        "estimates_within_2x_min": report.queue.estimates_within_2x if report.queue else None,
        "ticks_skipped_max": server.ticks_skipped if server else None,
        "shed_level_min": server.shed_level_max if server else None,
        "recovery_s_max": report.recovery_s,
        "down_bytes_s_max": report.bytes_per_client_s.down,
        "cpu_us_per_frame_max": server.cpu_us_per_frame if server else None,
        "rss_kb_per_client_max": server.rss_kb_per_client if server else None,
    }
