"""A zone's world between the bus and the tick: commands in; one snapshot, the reports and what is to be settled out."""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import structlog
from prometheus_client import Counter

from protocol.codec import encode
from protocol.messages import Denied, Happened
from server.bus import Bus, Report, Snapshot
from server.journal import Journal
from server.ops.metrics import Metrics
from server.recovery import Recovery, Run
from server.switches import Switchboard
from world.event import InZone, Nearby, Only, Refusal, Told
from world.state import World
from world.tick import Batch, Fault, Issued, Outcome

log = structlog.get_logger()

BROKEN = "this has a fault here and was not done"
SWITCHED_OFF = "this deed is switched off here until it is repaired"


class ZoneHost:
    """Runs one zone. Whatever goes wrong inside stays inside: the other zones and the gateways go on."""

    def __init__(
        self, world: World, bus: Bus, switchboard: Switchboard, metrics: Metrics, journal: Journal | None = None
    ) -> None:
        self._zone = world.zone
        self._recovery = Recovery(world, switchboard, metrics, journal)
        self._bus, self._switchboard, self._metrics = bus, switchboard, metrics
        self._batch: Batch | None = None
        # Where entities went that left by walking: what was on its way to them here is sent after them.
        self._gone_to: dict[int, int] = {}

    @property
    def world(self) -> World:
        """The zone's world: another one after each restart."""
        return self._recovery.world

    def take(self) -> None:
        """Take what was posted; all zones take before any of them runs, so their order makes no difference."""
        self._batch = self._bus.take_batch(self._zone)

    def run(self, tick: int) -> None:
        """Run one tick on what was taken, and publish what came of it."""
        batch, self._batch = self._batch, None
        assert batch is not None, "take() comes before run()"
        if self._gone_to:
            batch = self._send_after(batch)
        may_enter, refused, moves = self._switchboard.sort(self._zone, batch)
        _add(self._metrics.commands, dropped=moves, refused=len(refused))
        _add(self._metrics.denied, switched_off=len(refused))
        run = self._recovery.run(tick, may_enter)
        reports = self._answers(refused, "switched_off", SWITCHED_OFF) + self._answers(run.undone, "fault", BROKEN)
        broken = len(run.undone) + len(may_enter.moves) - len(run.entered.moves)
        _add(self._metrics.commands, fault=broken)
        _add(self._metrics.denied, fault=len(run.undone))
        if run.outcome is None:
            self._bus.publish(None, reports)
        else:
            self._count(run, run.outcome)
            self._publish(run.outcome, reports)

    def _publish(self, outcome: Outcome, reports: list[Report]) -> None:
        zone = self._zone
        self._gone_to = {departed.entity: departed.zone_to for departed in outcome.departed}
        for departed in outcome.departed:
            self._bus.post(departed.zone_to, Issued(departed.entity, 0, departed.arrive))
        reports += [_report(zone, outcome.tick, told) for told in outcome.told]
        reports += [_denial(zone, refusal) for refusal in outcome.refused]
        reports += self._answers([fault.issued for fault in outcome.faults], "fault", BROKEN)
        for fault in outcome.faults:
            self._rule_failed(outcome.tick, fault)
        self._metrics.snapshot_bytes.inc(outcome.snapshot.nbytes)
        for settle in outcome.settlements:
            self._bus.settle(zone, settle)
        self._bus.publish(self._snapshot(outcome), reports)

    def _rule_failed(self, tick: int, fault: Fault) -> None:
        deed = fault.issued.command.deed
        log.error(
            "a rule failed, its command is dropped",
            zone=self._zone,
            tick=tick,
            position=fault.position,
            deed=deed,
            exc_info=fault.error,
        )
        self._switchboard.broke(self._zone, deed, tick)

    def _snapshot(self, outcome: Outcome) -> Snapshot:
        return Snapshot(
            self._zone,
            outcome.tick,
            outcome.snapshot,
            list(self._gone_to.items()),
            outcome.profiles,
            outcome.crystals,
            outcome.programme,
        )

    def _answers(self, commands: Sequence[Issued], reason: str, message: str) -> list[Report]:
        """Why these are not done, for whoever asked; the books and the gateway have nobody who could read it."""
        refusals = [Refusal(each.entity, each.number, each.command.deed, reason, None, message) for each in commands]
        return [_denial(self._zone, refusal) for refusal in refusals if refusal.entity]

    def _count(self, run: Run, outcome: Outcome) -> None:
        batch = run.entered
        refused, faults, dropped = (
            len(outcome.refused),
            len(outcome.faults),
            outcome.moves.unknown + outcome.moves.stale,
        )
        # Refused may be more than was asked now: wishes of earlier ticks are among them.
        applied = max(0, len(batch.commands) + len(batch.moves) - refused - faults - dropped)
        _add(self._metrics.commands, applied=applied, refused=refused, fault=faults, dropped=dropped)
        _add(self._metrics.denied, rule=refused, fault=faults)

    def _send_after(self, batch: Batch) -> Batch:
        """Pass on what was posted here, in the last tick, for entities that had just left for another zone.

        It gets there in the next tick whatever the order of the zones, since all have taken theirs by now.
        """
        gone_to, self._gone_to = self._gone_to, {}
        for issued in batch.commands:
            if issued.entity in gone_to:
                self._bus.post(gone_to[issued.entity], issued)
        late = np.isin(batch.moves["entity"], list(gone_to))
        for move in batch.moves[late]:
            self._bus.post_moves(gone_to[int(move["entity"])], move.tobytes())
        stay = [issued for issued in batch.commands if issued.entity not in gone_to]
        return Batch(stay, batch.moves[~late])


def _add(counters: Mapping[str, Counter], **counts: int) -> None:
    """Count what there was, by label: mostly there was nothing, and to say so costs half a microsecond each."""
    for label, count in counts.items():
        if count:
            counters[label].inc(count)


def _report(zone: int, tick: int, told: Told) -> Report:
    event = told.event
    payload = encode(Happened(tick, event.name, msgspec.structs.asdict(event)))
    until_tick = event.until_tick()
    match told.audience:
        case Nearby(entity, x, z, radius_cm, layer, staff):
            return Report(zone, entity, x, z, radius_cm, event.importance, payload, until_tick, layer, staff)
        case Only(entity):
            return Report(zone, entity, 0, 0, 0, event.importance, payload, until_tick)
        case InZone(staff):
            return Report(zone, 0, 0, 0, 0, event.importance, payload, until_tick, staff=staff)


def _denial(zone: int, refusal: Refusal) -> Report:
    denied = Denied(refusal.number, refusal.deed, refusal.reason, refusal.field, refusal.message)
    return Report(zone, refusal.entity, 0, 0, 0, 0, encode(denied))
