"""Every metric of the process, under one roof: `futurecity_` names, base units, closed sets of labels.

All series exist from the start, at zero, so that a rate over one of them is never "no data". Each
family is a mapping from label value to a ready child: the loop adds a whole tick's sum with
`metrics.frames_sent["ws"].inc(n)`, about half a microsecond, and never looks a label up by name.
No label ever names a person.
"""

import asyncio
import platform
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import version
from itertools import product
from math import inf
from time import monotonic
from typing import Any, get_args

import numpy as np
import prometheus_client
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry, Counter, Gauge, GCCollector, Histogram
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

from protocol.errors import CloseCode
from protocol.limits import INTEREST_MAX, PROTOCOL_VERSION
from server import VERSION
from server.lanes import Lane
from server.offences import KINDS as OFFENCE_KINDS
from server.ops.guard import SIGN_INS
from server.ops.process import Process
from server.store.records import CAUSES
from world.catalogue import DEEDS, SETTLED
from world.events.reject import Reason

# A `_created` series beside each counter doubles the scrape and tells what process_start_time_seconds tells.
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]

TRANSPORTS = ("ws", "tcp")
# What a tick does, in order, from its start to its last write.
PHASES = ("input", "zones", "merge", "interest", "frames", "send")
FRAME_SKIPS = ("slow",)
# `sky` counts fireworks that a viewer got in its aggregate instead of one by one.
EVENT_CUTS = ("cap", "sky")
# `again` counts letters written a second time, `missed` returns after which that could not be done.
LETTERS = ("written", "again", "missed")
COMMAND_OUTCOMES = ("applied", "refused", "fault", "dropped")
# `rule` is any refusal by the world itself: which rule, the client is told and the log tells.
DENIALS = ("unknown_deed", "invalid", "rate", "rule", "fault", "switched_off", "closing", "muted")
LANES = tuple(lane.value for lane in Lane)
# What operators do, by the first word of it in the ops log, and what came of it: by answers of 2xx, 4xx and 5xx.
OPERATIONS = (
    *("start", "rehearse", "pause", "resume", "extend", "cancel", "switch", "announce"),
    *("kick", "mute", "unmute", "ban", "unban", "budget", "drain", "reload"),
)
OPERATION_OUTCOMES = ("done", "refused", "failed")
JOIN_OUTCOMES = ("welcomed", "resumed", "refused", "lost")
# What may be settled, by the world's own words for it, and what may come of it.
SETTLEMENT_KINDS = SETTLED
SETTLEMENT_OUTCOMES = ("settled", *get_args(Reason))
# Before a connection is a session: called too often, no PROXY header from a proxy, no TLS where it is spoken.
CUT_REASONS = ("rate", "proxy", "handshake")
CLOSE_CAUSES = (*(code.name.lower() for code in CloseCode), "lost")

# Half a millisecond to the 50 ms a tick has, fine enough to read a p99 from, then what is too late.
TICK_BUCKETS_S = (
    *(0.0005, 0.001, 0.0015, 0.002, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.0125, 0.015),
    *(0.02, 0.025, 0.03, 0.035, 0.04, 0.045, 0.05, 0.06, 0.075, 0.1),
)
LAG_BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
# Request to answer: a group takes milliseconds, half a second is what players are promised, the rest is an outage.
SETTLE_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30, 60)
# A millisecond for 10,000 people; one of a tenth of a tick would be felt.
CHECKPOINT_BUCKETS_S = (0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025)
# Hello to Welcome: at once is two ticks; then what a person takes for a moment, a while, and an evening.
WAIT_BUCKETS_S = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200)
# To count tasks is to look at each: 4 ms for 2,000 of them that the processor's cache has forgotten. Prometheus comes
# more seldom than this; a load test comes once a second.
TASKS_EVERY_S = 10.0
SET_SIZES = (0, 1, 2, 4, 8, 16, 24, 32, 48, INTEREST_MAX)

Labels = Sequence[str]


class RecentMax:
    """The largest value of the last whole second, in a gauge: what a reader once a second wants to see."""

    def __init__(self, gauge: Gauge) -> None:
        self._gauge = gauge
        self._second = 0
        self._largest = 0.0

    def add(self, value: float, now_s: float) -> None:
        """Takes one value in; the second that has just ended, if one has, is published first."""
        second = int(now_s)
        if second != self._second:
            self._gauge.set(self._largest)
            self._second, self._largest = second, 0.0
        self._largest = max(self._largest, value)


class Seldom:
    """A figure that costs something to find out: it may be so old before it is found out again."""

    def __init__(self, find_out: Callable[[], float], age_max_s: float, now_s: Callable[[], float] = monotonic) -> None:
        self._find_out, self._age_max_s, self._now_s = find_out, age_max_s, now_s
        self._found, self._again_s = 0.0, -inf

    def __call__(self) -> float:
        """The figure."""
        now_s = self._now_s()
        if now_s >= self._again_s:
            self._found, self._again_s = self._find_out(), now_s + self._age_max_s
        return self._found


class Sizes(Collector):
    """A histogram of whole numbers that takes a tick's worth in one array operation."""

    def __init__(self, name: str, documentation: str, bounds: Sequence[int]) -> None:
        self._family = name, documentation
        self._bounds = np.asarray(bounds, np.int64)
        self._counts = np.zeros(len(bounds) + 1, np.int64)
        self._sum = 0

    def add(self, sizes: NDArray[Any]) -> None:
        """Adds one integer array of any length."""
        places = np.searchsorted(self._bounds, sizes)
        self._counts += np.bincount(places, minlength=self._counts.size)
        self._sum += int(sizes.sum(dtype=np.int64))

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """The family as a scrape wants it, with cumulative buckets."""
        bounds = [*(f"{bound:.1f}" for bound in self._bounds), "+Inf"]
        buckets = list(zip(bounds, np.cumsum(self._counts).astype(float).tolist(), strict=True))
        yield HistogramMetricFamily(*self._family, buckets=buckets, sum_value=self._sum)


class Metrics:
    """The metrics of one process with these zones; the registry is its own, so a test may have many."""

    def __init__(self, zones: Sequence[str]) -> None:
        # What a collector tells is noted when it is added, so that it can be asked for by name.
        self.registry = CollectorRegistry(auto_describe=True)
        self._add_process()
        self._describe_build()
        self._add_time()
        self._add_load()
        self._add_players(zones)
        self._add_layers(zones)
        self._add_guard()
        self._add_door()
        self._add_traffic()
        self._add_letters()
        self._add_rules()
        self._add_faults(zones)
        self._add_journal()
        self._add_store()
        self._add_office()

    def ticked(self, seconds: Mapping[str, float], period_s: float, now_s: float) -> None:
        """One tick is done: what each of PHASES took, how long it may take, and the loop's clock."""
        for phase, taken_s in seconds.items():
            self.tick_phase_seconds[phase].inc(taken_s)
        whole_s = sum(seconds.values())
        self.tick_seconds.observe(whole_s)
        self.ticks.inc()
        self.tick_recent_s.append(whole_s)
        if whole_s > period_s:
            self.tick_overruns.inc()
        self._tick_recent.add(whole_s, now_s)

    def admitted(self, lane: str, waited_s: float) -> None:
        """Somebody has come in, so long after their Hello."""
        self.admissions[lane].inc()
        self.wait_seconds[lane].observe(waited_s)

    def lagged(self, lag_s: float, now_s: float) -> None:
        """The event loop ran a timer this much later than asked."""
        self.loop_lag_seconds.observe(lag_s)
        self._lag_recent.add(lag_s, now_s)

    def _add_process(self) -> None:
        """What any process shows, and its tasks: one for each WebSocket, and a leak where there are more."""
        Process(self.registry)
        GCCollector(registry=self.registry)
        tasks = self._gauge("tasks", "Tasks of the event loop, as of the last ten seconds.")
        # Counted when it is asked for, from the loop's own thread.
        tasks.set_function(Seldom(tasks_now, TASKS_EVERY_S))

    def _describe_build(self) -> None:
        names = ["version", "protocol", "python", "uvloop", "numpy"]
        values = [VERSION, str(PROTOCOL_VERSION), platform.python_version(), version("uvloop"), version("numpy")]
        self._gauge("build_info", "What runs, as labels; always 1.", names).labels(*values).set(1)

    def _add_time(self) -> None:
        self.tick_seconds = self._histogram("tick_seconds", "Duration of a whole tick.", [], TICK_BUCKETS_S)
        # Sums, because means of them are all that anybody asks for: buckets for each were a quarter of a scrape.
        self.tick_phase_seconds = self._closed(
            "tick_phase_seconds", "What ticks have spent in each of their phases.", "phase", PHASES
        )
        self.ticks = self._counter("ticks", "Ticks done.")
        # Ten seconds of whole ticks, for whoever looks at the live view.
        self.tick_recent_s: deque[float] = deque(maxlen=200)
        self.tick_overruns = self._counter("tick_overruns", "Ticks that took longer than their period.")
        self.ticks_skipped = self._counter("ticks_skipped", "Ticks left out because an earlier one was late.")
        recent = self._gauge("tick_recent_max_seconds", "Longest whole tick of the last whole second.")
        self._tick_recent = RecentMax(recent)
        self.loop_lag_seconds = self._histogram(
            "loop_lag_seconds", "How late the event loop ran a timer.", [], LAG_BUCKETS_S
        )
        lag = self._gauge("loop_lag_recent_max_seconds", "Worst event loop lag of the last whole second.")
        self._lag_recent = RecentMax(lag)

    def _add_load(self) -> None:
        self.ready = self._gauge("ready", "1 while /readyz says yes.")
        self.busy_ratio = self._gauge("busy_ratio", "Share of real time in which the loop works, smoothed.")
        self.loop_cpu_seconds = self._counter(
            "loop_cpu_seconds", "Processor time of the loop's thread, which is part of that of the process."
        )
        self.busy_max_ratio = self._gauge("busy_max_ratio", "How busy the loop may be before detail is shed.")
        self.shed_level = self._gauge("shed_level", "How much detail is being left out: 0 none to 4 no newcomers.")
        self.shed_changes = self._counter("shed_changes", "Times that the shed level changed.")

    def _add_players(self, zones: Sequence[str]) -> None:
        players = self._gauge("players", "Players in each zone.", ["zone", "transport"])
        self.players = {pair: players.labels(*pair) for pair in product(zones, TRANSPORTS)}
        self.joins = self._closed("joins", "Hellos by what came of them.", "outcome", JOIN_OUTCOMES)
        self.connections_opened = self._closed("connections_opened", "Connections.", "transport", TRANSPORTS)
        self.connections_closed = self._closed("connections_closed", "Why they ended.", "cause", CLOSE_CAUSES)

    def _add_layers(self, zones: Sequence[str]) -> None:
        layers = self._gauge("layers", "Layers of each zone that somebody is in, at least one.", ["zone"])
        self.layers = {zone: layers.labels(zone) for zone in zones}

    def _add_guard(self) -> None:
        self.connections_cut = self._closed(
            "connections_cut", "Connections cut before they could speak, and why.", "reason", CUT_REASONS
        )
        self.offences = self._closed("offences", "Connections ended for what the client did.", "kind", OFFENCE_KINDS)
        self.offenders = self._gauge("offenders", "Accounts and addresses whose offences are remembered.")

    def _add_door(self) -> None:
        waiting = self._gauge("waiting", "People at the door who are not in yet.", ["lane"])
        self.waiting = {lane: waiting.labels(lane) for lane in LANES}
        waits = self._histogram("wait_seconds", "From Hello to Welcome.", ["lane"], WAIT_BUCKETS_S)
        self.wait_seconds = {lane: waits.labels(lane) for lane in LANES}
        self.admissions = self._closed("admitted", "People who came in.", "lane", LANES)
        self.abandoned = self._closed("abandoned", "People who left the door without coming in.", "lane", LANES)
        self.queued_sent = self._counter("queued_sent", "Messages that told somebody who waits their position.")
        self.capacity = self._gauge("capacity", "Players the city can hold in health, game.players_max at most.")
        self.places_free = self._gauge("places_free", "Places an ordinary newcomer could have now.")
        self.join_seconds = self._gauge("join_seconds", "What one join takes of the loop, smoothed.")

    def _add_traffic(self) -> None:
        self.frames_sent = self._closed("frames_sent", "Frames written.", "transport", TRANSPORTS)
        self.frames_skipped = self._closed("frames_skipped", "Frames left out, and why.", "reason", FRAME_SKIPS)
        self.bytes_sent = self._closed("bytes_sent", "Bytes written.", "transport", TRANSPORTS)
        self.bytes_received = self._closed("bytes_received", "Bytes read.", "transport", TRANSPORTS)
        self.send_backlog_bytes = self._gauge("send_backlog_bytes", "Bytes written and not yet taken by the kernel.")
        self.snapshot_bytes = self._counter("snapshot_bytes", "Bytes of zone snapshots put on the bus.")
        self.interest_set_size = Sizes(
            "futurecity_interest_set_size", "Avatars in a viewer's interest set when chosen.", SET_SIZES
        )
        self.registry.register(self.interest_set_size)

    def _add_letters(self) -> None:
        self.letters = self._closed(
            "letters", "What one player alone is told: written, again after a return, missed.", "outcome", LETTERS
        )
        self.mailbox_bytes = self._gauge("mailbox_bytes", "Bytes kept to be told again after a lost link.")
        self.lagging_clients = self._gauge("lagging_clients", "Clients with so much unsent that they get no frames.")
        self.send_backlog_largest_bytes = self._gauge("send_backlog_largest_bytes", "The most that is unsent for one.")

    def _add_rules(self) -> None:
        self.commands = self._closed("commands", "Commands by what came of them.", "outcome", COMMAND_OUTCOMES)
        self.denied = self._closed("denied", "Deeds that were not done, and why.", "reason", DENIALS)
        self.events_heard = self._counter("events_heard", "Events put in front of a viewer.")
        self.events_cut = self._closed("events_cut", "Events kept from a viewer, and why.", "reason", EVENT_CUTS)

    def _add_faults(self, zones: Sequence[str]) -> None:
        self.deed_faults = self._closed("deed_faults", "Deeds that broke, by a bug of ours.", "deed", tuple(DEEDS))
        self.zone_restarts = self._closed("zone_restarts", "Zones that failed and were restarted.", "zone", zones)
        off = self._gauge("deeds_off", "In how many zones a deed is switched off.", ["deed"])
        self.deeds_off = {name: off.labels(name) for name, deed in DEEDS.items() if deed.public}
        still = self._gauge("zone_standing_still", "1 while a zone cannot go on.", ["zone"])
        self.zone_standing_still = {zone: still.labels(zone) for zone in zones}
        self.checkpoint_seconds = self._histogram(
            "checkpoint_seconds", "Duration of taking a copy of a zone.", [], CHECKPOINT_BUCKETS_S
        )

    def _add_journal(self) -> None:
        self.journal_lag_seconds = self._gauge("journal_lag_seconds", "Age of the oldest record not yet on disk.")
        self.journal_queue_bytes = self._gauge("journal_queue_bytes", "Records waiting to be written.")
        self.journal_broken = self._gauge(
            "journal_broken", "1 once recording has stopped: the disk failed or did not keep up."
        )

    def _add_store(self) -> None:
        settlements = self._counter("settlements", "Settlements answered.", ["kind", "outcome"])
        pairs = product(SETTLEMENT_KINDS, SETTLEMENT_OUTCOMES)
        self.settlements = {pair: settlements.labels(*pair) for pair in pairs}
        self.settle_seconds = self._histogram(
            "settle_seconds", "From a zone's request to settle to its answer.", [], SETTLE_BUCKETS_S
        )
        self.settlements_pending = self._gauge("settlements_pending", "Settlements not yet answered.")
        self.store_up = self._gauge("store_up", "1 while the store does what it is asked for.")
        self.store_away = self._closed("store_away", "Requests the store did not answer.", "cause", CAUSES)
        self.saves = self._counter("saves", "Players' states written to the store.")
        self.saves_waiting = self._gauge("saves_waiting", "Players' states not yet written to the store.")

    def _add_office(self) -> None:
        operations = self._counter("operations", "What operators asked for, and what came of it.", ["kind", "outcome"])
        pairs = product(OPERATIONS, OPERATION_OUTCOMES)
        self.operations = {pair: operations.labels(*pair) for pair in pairs}
        self.sign_ins = self._closed(
            "sign_ins", "Tokens shown at the ops port: by role, or refused.", "outcome", SIGN_INS
        )

    def _counter(self, name: str, documentation: str, labels: Labels = ()) -> Counter:
        return Counter(f"futurecity_{name}", documentation, labels, registry=self.registry)

    def _gauge(self, name: str, documentation: str, labels: Labels = ()) -> Gauge:
        return Gauge(f"futurecity_{name}", documentation, labels, registry=self.registry)

    def _histogram(self, name: str, documentation: str, labels: Labels, buckets: Sequence[float]) -> Histogram:
        return Histogram(f"futurecity_{name}", documentation, labels, buckets=buckets, registry=self.registry)

    def _closed(self, name: str, documentation: str, label: str, values: Sequence[str]) -> dict[str, Counter]:
        counter = self._counter(name, documentation, [label])
        return {value: counter.labels(value) for value in values}


def tasks_now() -> int:
    """Tasks of the loop that asks; none where no loop runs."""
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:
        return 0
