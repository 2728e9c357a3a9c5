"""A zone breaks under a hundred people over real sockets: nobody is cut, nobody elsewhere notices, nothing is lost."""

from collections.abc import AsyncIterator, Sequence
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from protocol import messages as m
from protocol.codec import encode
from protocol.errors import CloseCode
from server.store.records import StoreAway
from tests.flow.stages import Player, Stage, staged
from tests.scenario import EAST, deed
from tests.server.curse import Curse

CROWD, ABROAD, LIGHTING = 100, 10, 25
GATE = 0


@pytest.fixture
def curse(monkeypatch: pytest.MonkeyPatch) -> Curse:
    return Curse(monkeypatch)


class Evening:
    """A hundred people in the city; the last few of them in another zone than the gate."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.crowd: list[Player] = []

    async def begin(self) -> None:
        self.crowd = [await self.stage.connect() for _ in range(CROWD)]
        for number, player in enumerate(self.crowd):
            await player.send_payload(encode(m.Hello(1, f"number {number}")))
        await self.stage.tick(2 + CROWD // 20)
        for player in self.abroad:
            self._cross_the_border(player)
        await self.stage.tick(4)
        assert {player.frame.zone for player in self.at_the_gate} == {GATE}
        assert GATE not in {player.frame.zone for player in self.abroad}

    @property
    def at_the_gate(self) -> list[Player]:
        return self.crowd[:-ABROAD]

    @property
    def abroad(self) -> list[Player]:
        return self.crowd[-ABROAD:]

    @property
    def lighting(self) -> list[Player]:
        return self.crowd[:LIGHTING]

    async def light(self) -> None:
        """Some light a firework while the books are away."""
        self.stage.scenario.store.away = StoreAway("timeout", "the database is slow")
        for player in self.lighting:
            frame = player.frame
            wish = deed("light_firework", kind="sparkler", colours=["gold"], x=frame.x, z=frame.z)
            await player.send_payload(encode(wish))
        await self.stage.tick(2)
        assert self.pending == LIGHTING

    @property
    def pending(self) -> int:
        return len(self.stage.scenario.city.zones[GATE].world.pending)

    def settled(self, player: Player) -> list[int]:
        return [fields["balance"] for fields in player.events("firework_settled")]

    def _cross_the_border(self, player: Player) -> None:
        gate = next(zone for zone in player.welcome.zones if zone.number == GATE)
        plaza = next(zone for zone in player.welcome.zones if zone.name == "crystal_plaza")
        edge = min(max(plaza.x + 200, gate.x), gate.x + gate.width - 1)
        self.stage.scenario.place(player.entity, edge, gate.z + gate.depth + 50)


@pytest.fixture(params=["ws", "tcp"])
async def evening(request: pytest.FixtureRequest, curse: Curse) -> AsyncIterator[Evening]:
    with capture_logs():
        async with staged(request.param) as stage:
            evening = Evening(stage)
            await evening.begin()
            yield evening


def where(players: Sequence[Player]) -> list[tuple[int, int]]:
    return [(player.frame.x, player.frame.z) for player in players]


def nobody_was_cut(evening: Evening) -> bool:
    return all(player.closed_with is None for player in evening.crowd)


def frame_gaps(players: Sequence[Player], since: int) -> set[int]:
    """How many ticks apart the frames since then were."""
    gaps = set()
    for player in players:
        ticks = [frame.tick for frame in player.frames if frame.tick > since]
        gaps |= {later - earlier for earlier, later in pairwise(ticks)}
    return gaps


async def test_a_zone_that_breaks_is_back_in_the_same_tick_with_everything_that_was_owned(
    evening: Evening, curse: Curse
) -> None:
    await evening.light()
    before, tick, struck = where(evening.at_the_gate), evening.stage.scenario.city.tick, curse.struck
    curse.on_sitting = True
    # The books answer, and somebody breaks the zone, in the very same tick.
    evening.stage.scenario.store.away = None
    evening.stage.scenario.clock.forward(5)
    sitter = evening.at_the_gate[-1]
    for _ in range(4):
        await sitter.send(deed("sit"))
        await evening.stage.tick()
    await evening.stage.tick(6)
    assert curse.struck > struck
    assert nobody_was_cut(evening)
    assert frame_gaps(evening.crowd, tick) == {2}
    assert where(evening.at_the_gate) == before
    assert [len(evening.settled(player)) for player in evening.crowd] == [1] * LIGHTING + [0] * (CROWD - LIGHTING)
    assert evening.pending == 0
    balances = evening.stage.scenario.store.balances
    assert [evening.settled(player)[0] for player in evening.lighting] == [
        balances[player.welcome.account] for player in evening.lighting
    ]


async def test_a_zone_that_stands_still_keeps_its_people_and_what_they_own_until_it_goes_on(
    evening: Evening, curse: Curse
) -> None:
    await evening.light()
    before, tick = where(evening.at_the_gate), evening.stage.scenario.city.tick
    curse.zones[GATE] = tick + 1
    evening.stage.scenario.store.away = None
    evening.stage.scenario.clock.forward(5)
    await evening.stage.tick(20)
    assert nobody_was_cut(evening)
    assert frame_gaps(evening.abroad, tick) == {2}
    assert where(evening.at_the_gate) == before
    assert [player for player in evening.crowd if evening.settled(player)] == []
    walker, talker = evening.abroad[0], evening.at_the_gate[-1]
    here = walker.frame.x
    await walker.send(walker.intent(EAST))
    await talker.send(deed("say", 5, text="hello?"))
    late = await evening.stage.knock(m.Hello(1, "Late"))
    assert walker.frame.x > here
    assert [(denied.number, denied.reason) for denied in talker.all(m.Denied)] == [(5, "fault")]
    assert (late.closed_with, late.last(m.Goodbye).retry_after_s) == (CloseCode.FULL, 10)
    curse.zones.clear()
    await evening.stage.tick(100)
    assert nobody_was_cut(evening)
    assert where(evening.at_the_gate) == before
    assert [len(evening.settled(player)) for player in evening.crowd] == [1] * LIGHTING + [0] * (CROWD - LIGHTING)
    await talker.send(deed("say", 6, text="hello!"))
    await evening.stage.tick(2)
    assert {"entity": talker.entity, "text": "hello!"} in talker.events("said")
