"""A zone that breaks is taken back to before the tick that broke it, and goes on with what does not break it.

In that tick these are tried in turn, each on the zone as it was before, until one goes well::

    the batch        as it came
    without one deed if clients' deeds of several kinds are in it: each kind once; that kind is to blame
    own              only the server's own commands: a body that comes or leaves, an answer of the books
    nothing          an empty tick; its own commands wait (server.held) and enter later

What a client asked for and what did not enter gets an apology. A zone in which not even nothing goes well
stands still: its people stay where they were seen last, with their sockets, and it is tried again after
pauses that grow. Its own commands wait meanwhile; whoever wants to come in is sent elsewhere.

Nothing is lost and nothing doubled: what the zone told and asked before the tick is not told again, and
of the tick that failed nobody has heard anything. The journal has the batch that failed, and then the
one that entered.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import structlog

from server.held import Held, is_own
from server.journal import Journal
from server.ops.metrics import Metrics
from server.switches import NO_MOVES, Switchboard
from world.checkpoint import Restorable
from world.digest import digest
from world.events.announce import Announce
from world.events.halt import Halt
from world.events.join import Join
from world.events.leave import Leave
from world.events.move import Move
from world.events.steer_event import SteerEvent
from world.state import World
from world.tick import Batch, Issued, Outcome

log = structlog.get_logger()

# From a quarter of a second, which nobody calls an outage, to a minute: an attempt costs the others a few
# milliseconds, and whoever repairs a zone (an operator who switches a deed off) waits no longer than that.
PAUSE_FIRST_TICKS, PAUSE_MAX_TICKS = 5, 1200


class Attempt(NamedTuple):
    """Part of a batch: what of it is left out, and the deeds that are to blame if the rest goes well."""

    batch: Batch
    left_out: Sequence[Issued] = ()
    blamed: frozenset[str] = frozenset()


class Run(NamedTuple):
    """What became of a batch: what entered, what came of it (None: the zone stands still), what did not enter."""

    entered: Batch
    outcome: Outcome | None
    undone: Sequence[Issued] = ()


class Recovery:
    """One zone, whatever happens in it."""

    def __init__(
        self, world: World, switchboard: Switchboard, metrics: Metrics, journal: Journal | None = None
    ) -> None:
        self._zone = Restorable(world)
        self._number, self._name = world.zone, world.map.name
        self._switchboard, self._metrics, self._journal = switchboard, metrics, journal
        self._held = Held()
        # How long it is left alone after the next attempt that fails, and until when; 0: it does not stand still.
        self._pause = self._again_tick = 0

    @property
    def world(self) -> World:
        """The zone's world: another one after each restart."""
        return self._zone.world

    def run(self, tick: int, batch: Batch) -> Run:
        """One tick of the zone. Raises nothing."""
        if self._pause:
            return self._try_again(tick, batch)
        batch = self._held.enter(batch)
        try:
            outcome = self._zone.step(tick, batch)
        except Exception:
            return self._restart(tick, batch)
        self._held.entered()
        return self._done(tick, Run(batch, outcome))

    def _restart(self, tick: int, batch: Batch) -> Run:
        """A tick has raised, which is being handled now."""
        log.exception("zone failed, it is restarted", zone=self._name, tick=tick, commands=len(batch.commands))
        self._metrics.zone_restarts[self._name].inc()
        if self._journal is not None:
            self._journal.record(tick, self._number, batch, None)
        for attempt in attempts(batch):
            outcome = self._attempt(tick, attempt.batch)
            if outcome is not None:
                return self._went_well(tick, attempt, outcome)
        return self._stop(tick, batch)

    def _attempt(self, tick: int, batch: Batch) -> Outcome | None:
        """The tick with this batch, on the zone as it was before; None if that fails as well."""
        try:
            self._zone.restore()
            return self._zone.step(tick, batch)
        except Exception as error:
            log.warning(
                "zone failed again", zone=self._name, tick=tick, commands=len(batch.commands), error=repr(error)
            )
            return None

    def _went_well(self, tick: int, attempt: Attempt, outcome: Outcome) -> Run:
        for deed in sorted(attempt.blamed):
            self._switchboard.broke(self._number, deed, tick)
        undone = [issued for issued in attempt.left_out if not is_own(issued)]
        own = [issued for issued in attempt.left_out if is_own(issued)]
        if not own:
            self._held.entered()
        elif given_up := self._held.stayed_out(own):
            log.critical(
                "a command of the server's own breaks its zone, it is given up", zone=self._name, lost=given_up
            )
            self._switchboard.broke(self._number, given_up.command.deed, tick)
            undone.append(given_up)
        return self._done(tick, Run(attempt.batch, outcome, undone))

    def _done(self, tick: int, run: Run) -> Run:
        if self._journal is not None:
            self._journal.record(tick, self._number, run.entered, digest(self.world))
        if self._zone.is_due:
            with self._metrics.checkpoint_seconds.time():
                self._zone.save()
        return run

    def _stop(self, tick: int, batch: Batch) -> Run:
        """Not even nothing goes well."""
        self._metrics.zone_standing_still[self._name].set(1)
        self._held.begin_again()
        undone = self._wait(batch)
        self._pause_from(tick)
        return Run(Batch(), None, undone)

    def _try_again(self, tick: int, batch: Batch) -> Run:
        """The zone stands still; when it is time, see whether it can go on."""
        undone = self._wait(batch)
        if tick < self._again_tick:
            return Run(Batch(), None, undone)
        outcome = self._attempt(tick, Batch())
        if outcome is None:
            self._pause_from(tick)
            return Run(Batch(), None, undone)
        log.warning("zone goes on", zone=self._name, tick=tick, held=len(self._held))
        self._pause = self._again_tick = 0
        self._metrics.zone_standing_still[self._name].set(0)
        return self._done(tick, Run(Batch(), outcome, undone))

    def _pause_from(self, tick: int) -> None:
        self._pause = min(PAUSE_MAX_TICKS, self._pause * 2 or PAUSE_FIRST_TICKS)
        self._again_tick = tick + self._pause
        log.error("zone stands still", zone=self._name, tick=tick, again_tick=self._again_tick, held=len(self._held))

    def _wait(self, batch: Batch) -> list[Issued]:
        """What must not be lost waits for the zone; what it cannot be asked now is returned."""
        for issued in batch.commands:
            if is_own(issued) and self._concerns(issued):
                self._held.add(issued)
        undone = [issued for issued in batch.commands if not is_own(issued)]
        return undone + self._held.withdraw(Join, SteerEvent, Announce)

    def _concerns(self, issued: Issued) -> bool:
        """Whether anything would come of it: nobody has to leave, or halt, who never came in."""
        if isinstance(issued.command, Leave | Halt):
            return self._held.has(issued.entity) or self._zone.knows(issued.entity)
        return True


def attempts(batch: Batch) -> Iterator[Attempt]:
    """What to try in turn with a batch that has failed as a whole, as above; nothing twice."""
    theirs = {issued.command.deed for issued in batch.commands if not is_own(issued)}
    if len(batch.moves):
        theirs.add(Move.deed)
    if len(theirs) > 1:
        for deed in sorted(theirs):
            yield _without(batch, frozenset({deed}))
    if theirs:
        yield _without(batch, frozenset(theirs))
    if any(map(is_own, batch.commands)):
        yield Attempt(Batch(), batch.commands)


def _without(batch: Batch, deeds: frozenset[str]) -> Attempt:
    stays = [issued for issued in batch.commands if issued.command.deed not in deeds]
    left_out = [issued for issued in batch.commands if issued.command.deed in deeds]
    return Attempt(Batch(stays, NO_MOVES if Move.deed in deeds else batch.moves), left_out, deeds)
