"""A zone that can be taken back to before the tick that broke it: a copy of it, and what it was given since.

A tick that raises leaves its world half done, and nobody can say which half. But the same world and the
same batches give the same bits (world.tick), so a copy from a while ago, stepped through what came since,
is exactly the zone before that tick. What those ticks told and asked for is known to everybody, and is
thrown away the second time: nothing is told twice, nothing is settled twice.

A copy of 10,000 people takes 0.7 ms, a restart with forty ticks to go through 57 ms
(tests/bench/bench_recovery). So a copy is taken every few seconds, and only of a zone in which something
has gone on: `is_due` says when.
"""

from world.state import World
from world.tick import Batch, Outcome, is_quiet, step

# Two seconds of ticks, and as many commands as a festival asks in a dozen of them, at 10 µs each: for 10,000
# people a restart takes two ticks' time at most, and the copies 20 µs of each tick.
TICKS_MAX = 40
COMMANDS_MAX = 5_000


class Restorable:
    """A zone's world, with the way back. `world` is another object after each `restore`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._saved = world.copy()
        self._since: list[tuple[int, Batch]] = []
        self._was_quiet = False
        self._ticks = self._commands = 0

    @property
    def is_due(self) -> bool:
        """Whether so much has gone on that it is time to save."""
        return self._ticks >= TICKS_MAX or self._commands >= COMMANDS_MAX

    def step(self, tick: int, batch: Batch) -> Outcome:
        """As `world.tick.step`. If it raises, the world is no good any more, and `restore` comes next."""
        quiet = is_quiet(self.world, tick, batch)
        outcome = step(self.world, tick, batch)
        if quiet and self._was_quiet:
            # A rest is one step however long it was, so what is kept is bounded by what has gone on.
            self._since[-1] = tick, batch
        else:
            self._since.append((tick, batch))
        self._was_quiet = quiet
        self._ticks += not quiet
        self._commands += len(batch.commands)
        return outcome

    def save(self) -> None:
        """From here on this is what `restore` begins with."""
        self._saved = self.world.copy()
        self._since = []
        self._was_quiet = False
        self._ticks = self._commands = 0

    def restore(self) -> None:
        """Be as after the last step that went well. Raises what the replay raises, and may be tried again then."""
        world = self._saved.copy()
        for tick, batch in self._since:
            step(world, tick, batch)
        # It may not rest before it has shown that it can go on; that changes nothing but the cost.
        world.rests_until = 0
        self.world = world
        if self._since:
            self.save()

    def knows(self, entity: int) -> bool:
        """Whether somebody is here, or was when it was last saved: whatever the world has come to, nobody is missed."""
        return any(world.row(entity) is not None for world in (self.world, self._saved))
