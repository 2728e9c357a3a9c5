"""What it costs to build what a tick sends, frames and extras: `python -m tests.bench.bench_frames`."""

from collections.abc import Iterator

import numpy as np

from protocol.codec import encode
from protocol.messages import Happened
from server.bus import Report
from server.delivery import Viewers
from server.detail import WHOLE
from server.fanout import Fanout
from server.scene import Scene
from tests.bench.measuring import CROWDS, Figures, figures, machine, now_s, print_table, settle
from tests.bench.strollers import Strollers
from tests.fakes import FIRST_GENERATION, Body, FakeClient, field, snapshot
from world.interest import Sight

WARM_TICKS = 60
TICKS = 80
# One avatar in two hundred says something each second, the rate of a lively chat.
SAID_PER_TICK = 1 / 200 / 20
EARSHOT_CM = 2000


class Hall:
    """A fan-out over a strolling crowd in which everybody is a viewer on WebSocket."""

    def __init__(self, avatars: int) -> None:
        self._strollers = Strollers("clustered", avatars)
        self._scene = Scene([field()])
        self._outboxes = [FakeClient(websocket=True) for _ in range(avatars)]
        self._first = snapshot([Body(slot) for slot in range(1, avatars + 1)])
        self._chance = np.random.default_rng(4)
        self.fanout = Fanout(self._scene, Sight())
        self.fanout.introductions.learn(self._first.profiles)

    def move(self, tick: int) -> None:
        """Everything that comes before the frames: a new scene, new sets, and what was said."""
        people, rows = self._strollers.at(tick), self._first.rows.copy()
        rows["x"] += people.x.astype(np.uint16)
        rows["z"] += people.z.astype(np.uint16)
        self._scene.merge([self._first._replace(rows=rows)])
        self.fanout.look(tick, people.slots, 0)
        talking = self._chance.integers(1, len(rows) + 1, self._chance.poisson(len(rows) * SAID_PER_TICK))
        self.fanout.hear(tick, [self._said(tick, slot) for slot in talking.tolist()])

    def turn(self, tick: int) -> Viewers:
        """Whose turn it is."""
        slots = self._scene.present[self._scene.present % WHOLE.ticks_per_frame == tick % WHOLE.ticks_per_frame]
        return Viewers.of({slot: self._outboxes[slot - 1] for slot in slots.tolist()})

    def _said(self, tick: int, slot: int) -> Report:
        said = {"entity": FIRST_GENERATION | slot, "text": "What a crowd!"}
        payload = encode(Happened(tick, "said", said))
        return Report(
            0, FIRST_GENERATION | slot, int(self._scene.x[slot]), int(self._scene.z[slot]), EARSHOT_CM, 1, payload
        )


def measure(avatars: int) -> Figures:
    """A tick's frames: half of the viewers, ten times a second each."""
    hall = Hall(avatars)
    spent, served = [], 0
    settle()
    for tick in range(WARM_TICKS + TICKS):
        hall.move(tick)
        viewers = hall.turn(tick)
        begun = now_s()
        hall.fanout.prepare(tick, viewers, shed_level=0)
        if tick >= WARM_TICKS:
            spent.append(now_s() - begun)
            served += viewers.slots.size
    return figures("frames and extras", avatars, spent, served)


def run() -> Iterator[Figures]:
    """Every size."""
    return (measure(avatars) for avatars in CROWDS)


if __name__ == "__main__":
    print(machine())
    print_table(run())
