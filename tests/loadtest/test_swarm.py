"""The crowd against a small city over real sockets: honest, lying, refusing and cutting."""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from msgspec import structs

from loadtest.arrivals import Rules
from loadtest.faults import FaultKind
from loadtest.scenario import Join, Scenario
from loadtest.swarm import Plan, Swarm
from loadtest.target import parse_target
from protocol import messages as m
from protocol.errors import CloseCode
from tests.certificates import certificate
from tests.loadtest.fake_city import FakeCity, Person
from tests.loadtest.said import frame, record

WAIT_S = 20
# A tenth of the real time per tick, so that everything that takes frames comes as soon.
RULES = Rules(unacknowledged_s=0.5)


def scenario(zone: str = "crystal_plaza", habits: dict[str, float] | None = None, over_s: float = 0.0) -> Scenario:
    return Scenario(
        "a test", 8, 1, zone, {"gather": 1.0, "stampede": 1.0}, Join(over_s), habits=habits or {}, rules=RULES
    )


def swarm_in(city: FakeCity, bots: int = 8, returning: bool = False, ca: Path | None = None, **fields: object) -> Swarm:
    targets = (parse_target(city.ws_url, ca), parse_target(city.tcp_url, ca))
    return Swarm(Plan(scenario(**fields), bots, 1, targets, returning))  # type: ignore[arg-type]


async def until(city: FakeCity, reached: Callable[[], bool]) -> None:
    """Wait, one tick of the city at a time."""
    while not reached():
        seen = city.tick
        stepped = asyncio.Event()
        city.call_at(seen + 1, stepped.set)
        await stepped.wait()


async def test_everybody_joins_moves_and_leaves() -> None:
    async with asyncio.timeout(WAIT_S), FakeCity() as city:
        swarm = swarm_in(city, habits={"say": 0.5})
        swarm.start()
        await until(city, lambda: swarm.joined == 8 and all(person.acked >= 3 for person in city.people))
        assert swarm.present == 8
        assert swarm.in_zone == 8
        assert swarm.all_joined_s is not None
        assert not swarm.hopeful
        assert len({tuple(map(round, person.place)) for person in city.people}) == 8
        await swarm.stop()
        assert city.people == []
        assert all(isinstance(person.heard[-1], m.Bye) for person in city.everybody)
        assert any(isinstance(message, m.Do) for person in city.everybody for message in person.heard)
        swarm.arrivals.settle()
        assert (swarm.faults.counts, swarm.disconnected) == ({}, 0)
        assert swarm.arrivals.input_ms.count > 0


async def test_the_same_seed_makes_the_same_crowd() -> None:
    wants = []
    for _ in range(2):
        async with asyncio.timeout(WAIT_S), FakeCity() as city:
            swarm = swarm_in(city)
            swarm.start()
            await until(city, lambda swarm=swarm: swarm.joined == 8)  # type: ignore[misc]
            await swarm.stop()
            wants.append([(type(mind.behaviour).__name__, mind.behaviour.rng.random()) for mind in swarm.minds])
    assert wants[0] == wants[1]


class Liar(FakeCity):
    """Shows everybody what a test says."""

    def __init__(self, lie: Callable[[Person, int, Sequence[Person]], bytes]) -> None:
        super().__init__()
        self._lie = lie

    def payload(self, person: Person, tick: int, others: Sequence[Person]) -> bytes:
        """The lie."""
        return self._lie(person, tick, others)


LIES: dict[FaultKind, Callable[[Person, int, Sequence[Person]], bytes]] = {
    FaultKind.TICK_WENT_BACK: lambda person, tick, others: frame(tick - tick % 4 * 2, person.acked),
    FaultKind.TOO_FAST: lambda person, tick, others: frame(tick, person.acked, (tick % 4 * 500, 0, 0)),
    FaultKind.INPUT_UNACKNOWLEDGED: lambda person, tick, others: frame(tick, 0),
    FaultKind.ACK_NEVER_SENT: lambda person, tick, others: frame(tick, 10**6),
    FaultKind.DUPLICATE_RECORD: lambda person, tick, others: frame(tick, person.acked, records=[record(9)] * 2),
    FaultKind.SAW_ITSELF: lambda person, tick, others: frame(tick, person.acked, records=[record(person.entity)]),
    FaultKind.MISSING_PROFILE: lambda person, tick, others: frame(tick, person.acked, records=[record(999)]),
    FaultKind.OTHER_TOO_FAST: lambda person, tick, others: frame(
        tick, person.acked, records=[record(other.entity, dx=tick % 8 * 1000) for other in others]
    ),
}


@pytest.mark.parametrize("kind", LIES)
async def test_a_lying_city_is_found_out(kind: FaultKind) -> None:
    async with asyncio.timeout(WAIT_S), Liar(LIES[kind]) as city:
        swarm = swarm_in(city, bots=4)
        swarm.start()
        await until(city, lambda: swarm.faults.counts[kind] > 0)
        await swarm.stop()
        assert kind in swarm.faults.examples


class Crowded(FakeCity):
    """Lets nobody in at first, and tells them when to come again."""

    def __init__(self, refusals: int) -> None:
        super().__init__()
        self._left = refusals

    def admit(self, person: Person, hello: m.Hello) -> m.Goodbye | None:
        """The first few have to come again."""
        self._left -= 1
        return m.Goodbye(CloseCode.FULL, "no place left", 0.05) if self._left >= 0 else None


async def test_a_bot_that_is_told_to_come_again_does_and_is_not_counted_as_cut() -> None:
    async with asyncio.timeout(WAIT_S), Crowded(3) as city:
        swarm = swarm_in(city, bots=4)
        swarm.start()
        await until(city, lambda: swarm.joined == 4)
        assert (swarm.refused, swarm.disconnected) == (3, 0)
        assert max(swarm.join_s) > 0.05
        await swarm.stop()


async def test_every_healthy_bot_that_is_cut_is_counted_with_the_reason() -> None:
    async with asyncio.timeout(WAIT_S), FakeCity() as city:
        swarm = swarm_in(city, bots=4)
        swarm.start()
        await until(city, lambda: swarm.joined == 4)
        for person in list(city.people)[:3]:
            person.say(m.Goodbye(CloseCode.INTERNAL, "oops", 5.0))
            city.leave(person)
            person.hang_up()
        await until(city, lambda: swarm.disconnected == 3)
        assert swarm.endings == {"4012 oops": 3}
        assert swarm.present == 1
        await swarm.stop()
        assert swarm.disconnected == 3


async def test_one_who_returns_comes_back_after_being_cut() -> None:
    async with asyncio.timeout(WAIT_S), FakeCity() as city:
        swarm = swarm_in(city, bots=2, returning=True)
        swarm.start()
        await until(city, lambda: swarm.joined == 2)
        person = city.people[0]
        city.leave(person)
        person.hang_up()
        await until(city, lambda: len(city.everybody) == 3 and swarm.present == 2)
        await swarm.stop()
        assert swarm.faults.counts == {}


async def test_a_city_without_the_zone_is_not_played_in() -> None:
    async with asyncio.timeout(WAIT_S), FakeCity() as city:
        swarm = swarm_in(city, bots=1, zone="moon")
        swarm.start()
        await until(city, lambda: swarm.mismatch is not None)
        await swarm.stop()
        assert "moon" in str(swarm.mismatch)
        assert "crystal_plaza" in str(swarm.mismatch)


async def test_a_city_without_the_deeds_is_not_played_in() -> None:
    async with asyncio.timeout(WAIT_S), FakeCity() as city:
        swarm = swarm_in(city, bots=1, habits={"fly": 1.0})
        swarm.start()
        await until(city, lambda: swarm.mismatch is not None)
        await swarm.stop()
        assert "fly" in str(swarm.mismatch)


async def test_a_city_without_the_deeds_of_a_behaviour_is_not_played_in() -> None:
    async with asyncio.timeout(WAIT_S), FakeCity() as city:
        hunts = structs.replace(scenario(), behaviours={"hunt": 1.0})
        swarm = Swarm(Plan(hunts, 1, 1, (parse_target(city.tcp_url),)))
        swarm.start()
        await until(city, lambda: swarm.mismatch is not None)
        await swarm.stop()
        assert "pick_up_crystal" in str(swarm.mismatch)


async def test_nobody_listening_is_told_for_each() -> None:
    async with asyncio.timeout(WAIT_S), FakeCity() as elsewhere:
        swarm = Swarm(Plan(scenario(), 3, 1, (parse_target("tcp://127.0.0.1:1"),)))
        swarm.start()
        await until(elsewhere, lambda: not swarm.hopeful)
        await swarm.stop()
        assert (swarm.joined, swarm.disconnected) == (0, 3)
        assert all("could not connect" in why for why in swarm.endings)


async def test_joining_is_spread_over_the_time_given() -> None:
    async with asyncio.timeout(WAIT_S), FakeCity() as city:
        swarm = swarm_in(city, bots=4, over_s=0.4)
        swarm.start()
        await until(city, lambda: swarm.joined == 4)
        assert swarm.all_joined_s is not None
        assert swarm.all_joined_s >= 0.3
        # Each bot's time is its own: the last one began three tenths of a second after the first.
        assert swarm.join_s[3] <= swarm.all_joined_s - 0.3
        await swarm.stop()


async def test_a_crowd_joins_over_tls_whom_it_was_told_to_trust(tmp_path: Path) -> None:
    city, made = FakeCity(), certificate(tmp_path)
    city.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    city.tls.load_cert_chain(*made)
    async with asyncio.timeout(WAIT_S), city:
        swarm = swarm_in(city, bots=4, ca=made.cert_file)
        swarm.start()
        await until(city, lambda: swarm.joined == 4)
        await swarm.stop()
        assert (swarm.faults.counts, swarm.disconnected) == ({}, 0)
