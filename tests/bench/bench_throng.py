"""Fifty thousand on a square of 300 m: the zone's tick, its snapshot, and a gateway of 4,000 of them.

    python -m tests.bench.bench_throng

No sockets: the zone steps, and what it publishes goes straight into the scene of one gateway, which merges it, chooses
who sees whom, and builds the frames of those whose turn it is. The last lines say whether the budgets are kept.
"""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import numpy as np

from server.bus import Snapshot
from server.delivery import Viewers
from server.detail import WHOLE
from server.fanout import Fanout
from server.scene import Scene
from tests.bench.bench_tick import turns
from tests.bench.measuring import Figures, figures, machine, now_s, print_table, settle
from tests.crowds import SIDE_CM, people
from tests.fakes import FIRST_GENERATION, FakeClient, field
from world.config import WorldConfig, load_config
from world.events.join import Join
from world.interest import Sight
from world.space import Space
from world.state import World
from world.tick import Batch, Issued, Outcome, step

AVATARS, VIEWERS, SIDE_M = 50_000, 4_000, 300
WARM_TICKS, TICKS = 40, 100
# A fifth of a core for the zone at 20 ticks a second, a snapshot that a local network carries in a fraction of a tick,
# and a gateway that has a fifth of its tick left for its sockets.
ZONE_MS_MAX, SNAPSHOT_BYTES_MAX, GATEWAY_MS_MAX = 20.0, 1_000_000, 40.0


class Measured(NamedTuple):
    """The lines of the table, and the largest snapshot in bytes."""

    zone: Figures
    merge: Figures
    gateway: Figures
    snapshot_bytes: int

    def kept(self) -> Iterator[tuple[str, bool]]:
        """Each budget with its figure, and whether it is kept; of times the slow hundredth counts."""
        yield f"zone tick p99 {self.zone.p99_ms:.2f} ms of {ZONE_MS_MAX:g}", self.zone.p99_ms <= ZONE_MS_MAX
        size = f"snapshot {self.snapshot_bytes:,} bytes of {SNAPSHOT_BYTES_MAX:,}"
        yield size, self.snapshot_bytes <= SNAPSHOT_BYTES_MAX
        told = f"interest and frames p99 {self.gateway.p99_ms:.2f} ms of {GATEWAY_MS_MAX:g}"
        yield told, self.gateway.p99_ms <= GATEWAY_MS_MAX


class Square:
    """A zone of its own, full of people who stroll, and one gateway that looks at it."""

    def __init__(self, avatars: int, viewers: int) -> None:
        config = _one_square()
        self.world = World(config, 0, Space(config.city))
        entities = [FIRST_GENERATION | slot for slot in range(1, avatars + 1)]
        first = step(self.world, 1, Batch([Issued(entity, 0, Join("a stroller")) for entity in entities]))
        self._scatter()
        self._chance = np.random.default_rng(1)
        self.scene = Scene(config.city.zone)
        self.fanout = Fanout(self.scene, Sight())
        self.fanout.learn(_published(first))
        self._watching = np.sort(np.random.default_rng(2).choice(avatars, viewers, replace=False) + 1).astype(np.int32)
        client = FakeClient(websocket=True)
        self._turns = [
            Viewers.of(dict.fromkeys(self._watching[self._watching % WHOLE.ticks_per_frame == turn].tolist(), client))
            for turn in range(WHOLE.ticks_per_frame)
        ]

    def batch(self) -> Batch:
        """A tenth of the crowd turns."""
        return turns(self.world, self._chance)

    def watch(self, tick: int) -> int:
        """Interest and frames of one tick; returns how many got a frame."""
        self.fanout.look(tick, self._watching, 0)
        self.fanout.hear(tick, [])
        viewers = self._turns[tick % WHOLE.ticks_per_frame]
        self.fanout.prepare(tick, viewers, shed_level=0)
        return len(viewers.outboxes)

    def _scatter(self) -> None:
        """In knots, as people stand; only a bench may reach into a world."""
        columns, area, count = self.world.columns, self.world.area, self.world.count
        standing = people("clustered", count, seed=1)
        larger = SIDE_M * 100 // SIDE_CM
        columns.x[:count], columns.z[:count] = standing.x * larger + area.x, standing.z * larger + area.z
        columns.y[:count] = self.world.space.ground_cm(columns.x[:count], columns.z[:count])


def _one_square() -> WorldConfig:
    config = load_config(seed=1)
    square = field(side_m=SIDE_M)
    return msgspec.structs.replace(config, city=msgspec.structs.replace(config.city, gate=square.name, zone=(square,)))


def _published(outcome: Outcome) -> Snapshot:
    return Snapshot(0, outcome.tick, outcome.snapshot, [], outcome.profiles)


def measure(avatars: int = AVATARS, viewers: int = VIEWERS, ticks: int = TICKS) -> Measured:
    """Tick after tick, zone and gateway in turn."""
    square = Square(avatars, viewers)
    spent: dict[str, list[float]] = {"zone": [], "merge": [], "gateway": []}
    served = snapshot_bytes = 0
    settle()
    for tick in range(2, 2 + WARM_TICKS + ticks):
        batch, marks = square.batch(), [now_s()]
        outcome = step(square.world, tick, batch)
        marks.append(now_s())
        square.scene.merge([_published(outcome)])
        marks.append(now_s())
        frames = square.watch(tick)
        marks.append(now_s())
        snapshot_bytes = max(snapshot_bytes, outcome.snapshot.nbytes)
        if tick >= 2 + WARM_TICKS:
            served += frames
            for name, begun, ended in zip(spent, marks, marks[1:], strict=False):
                spent[name].append(ended - begun)
    return Measured(
        figures("throng, zone", avatars, spent["zone"]),
        figures("throng, merge", avatars, spent["merge"]),
        figures(f"throng, gateway of {viewers:,}", avatars, spent["gateway"], served),
        snapshot_bytes,
    )


def run() -> Iterator[Figures]:
    """The whole throng."""
    return iter(measure()[:3])


def main() -> int:
    """1 when a budget is broken."""
    print(machine())
    measured = measure()
    print_table(measured[:3])
    kept = list(measured.kept())
    print("\n".join(f"{'kept' if well else 'BROKEN'}: {told}" for told, well in kept))
    return 0 if all(well for _, well in kept) else 1


if __name__ == "__main__":
    raise SystemExit(main())
