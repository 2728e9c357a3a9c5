"""A zone's world between the bus and the tick: commands in; one snapshot, the reports and what is to be settled out."""

import msgspec
import numpy as np
import structlog

from protocol.codec import encode
from protocol.messages import Denied, Happened
from server.bus import Bus, Report, Snapshot
from server.journal import Journal
from server.ops.metrics import Metrics
from world.digest import digest
from world.event import InZone, Nearby, Only, Refusal, Told
from world.state import World
from world.tick import Batch, Issued, Outcome, step

log = structlog.get_logger()


class ZoneHost:
    """Runs one zone. Whatever goes wrong inside stays inside: the other zones and the gateways go on."""

    def __init__(self, world: World, bus: Bus, metrics: Metrics, journal: Journal | None = None) -> None:
        self.world = world
        self._bus = bus
        self._metrics = metrics
        self._journal = journal
        self._batch: Batch | None = None
        # Where entities went that left by walking: what was on its way to them here is sent after them.
        self._gone_to: dict[int, int] = {}

    def take(self) -> None:
        """Take what was posted; all zones take before any of them runs, so their order makes no difference."""
        self._batch = self._bus.take_batch(self.world.zone)

    def run(self, tick: int) -> None:
        """Run one tick on what was taken, and publish what came of it."""
        batch, self._batch = self._batch, None
        assert batch is not None, "take() comes before run()"
        if self._gone_to:
            batch = self._send_after(batch)
        try:
            outcome = step(self.world, tick, batch)
        except Exception:
            log.exception("zone failed, its tick is lost", zone=self.world.zone, tick=tick)
            self._metrics.commands["fault"].inc(len(batch.commands) + len(batch.moves))
            if self._journal is not None:
                self._journal.record(tick, self.world.zone, batch, None)
            return
        if self._journal is not None:
            self._journal.record(tick, self.world.zone, batch, digest(self.world))
        self._count(batch, outcome)
        self._publish(outcome)

    def _publish(self, outcome: Outcome) -> None:
        zone = self.world.zone
        self._gone_to = {departed.entity: departed.zone_to for departed in outcome.departed}
        for departed in outcome.departed:
            self._bus.post(departed.zone_to, Issued(departed.entity, 0, departed.arrive))
        reports = [_report(zone, outcome.tick, told) for told in outcome.told]
        reports += [_denial(zone, refusal) for refusal in outcome.refused]
        for fault in outcome.faults:
            reports.append(self._apology(fault.issued))
            log.error(
                "a rule failed, its command is dropped",
                zone=zone,
                tick=outcome.tick,
                position=fault.position,
                deed=fault.issued.command.deed,
                exc_info=fault.error,
            )
        self._metrics.snapshot_bytes.inc(outcome.snapshot.nbytes)
        for settle in outcome.settlements:
            self._bus.settle(zone, settle)
        self._bus.publish(self._snapshot(outcome), reports)

    def _snapshot(self, outcome: Outcome) -> Snapshot:
        return Snapshot(
            self.world.zone,
            outcome.tick,
            outcome.snapshot,
            list(self._gone_to.items()),
            outcome.profiles,
            outcome.crystals,
            outcome.programme,
        )

    def _apology(self, issued: Issued) -> Report:
        message = "this deed has a fault and was not done"
        return _denial(
            self.world.zone, Refusal(issued.entity, issued.number, issued.command.deed, "fault", None, message)
        )

    def _count(self, batch: Batch, outcome: Outcome) -> None:
        refused, faults, dropped = (
            len(outcome.refused),
            len(outcome.faults),
            outcome.moves.unknown + outcome.moves.stale,
        )
        # Refused may be more than was asked now: wishes of earlier ticks are among them.
        applied = max(0, len(batch.commands) + len(batch.moves) - refused - faults - dropped)
        counts = {"applied": applied, "refused": refused, "fault": faults, "dropped": dropped}
        for result, count in counts.items():
            self._metrics.commands[result].inc(count)
        self._metrics.denied["rule"].inc(refused)
        self._metrics.denied["fault"].inc(faults)

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
            self._bus.post_move(gone_to[int(move["entity"])], move.tobytes())
        stay = [issued for issued in batch.commands if issued.entity not in gone_to]
        return Batch(stay, batch.moves[~late])


def _report(zone: int, tick: int, told: Told) -> Report:
    event = told.event
    payload = encode(Happened(tick, event.name, msgspec.structs.asdict(event)))
    until_tick = event.until_tick()
    match told.audience:
        case Nearby(entity, x, z, radius_cm):
            return Report(zone, entity, x, z, radius_cm, event.importance, payload, until_tick)
        case Only(entity):
            return Report(zone, entity, 0, 0, 0, event.importance, payload, until_tick)
        case InZone():
            return Report(zone, 0, 0, 0, 0, event.importance, payload, until_tick)


def _denial(zone: int, refusal: Refusal) -> Report:
    denied = Denied(refusal.number, refusal.deed, refusal.reason, refusal.field, refusal.message)
    return Report(zone, refusal.entity, 0, 0, 0, 0, encode(denied))
