"""The crowd in a storm, against a small city: cut and back, let in one by one, surging, and making trouble."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from msgspec import structs

from loadtest.scenario import Event, Scenario, Trouble, Visit
from loadtest.swarm import Plan, Swarm
from loadtest.target import parse_target
from protocol import messages as m
from protocol.errors import CloseCode
from tests.loadtest.fake_city import FakeCity, Person
from tests.loadtest.test_swarm import WAIT_S, scenario, until


def stormy(city: FakeCity, bots: int = 6, **fields: object) -> Swarm:
    targets = (parse_target(city.ws_url), parse_target(city.tcp_url))
    chosen: Scenario = structs.replace(scenario(), event=Event(1), **fields)
    return Swarm(Plan(chosen, bots, 1, targets))


async def test_everybody_who_is_cut_comes_back_in_their_own_body() -> None:
    async with asyncio.timeout(WAIT_S), FakeCity() as city:
        swarm = stormy(city, trouble=Trouble("cut"))
        swarm.start()
        await until(city, lambda: swarm.joined == 6)
        before = {person.name: person.entity for person in city.people}
        swarm.begin()
        assert swarm.hopeful
        await until(city, lambda: len(city.everybody) == 12 and swarm.present == 6 and len(city.people) == 6)
        assert {person.name: person.entity for person in city.people} == before
        figures = swarm.returns.figures()
        assert figures is not None
        assert (figures.cut, figures.back, figures.own_body) == (6, 6, 6)
        await swarm.stop()
        swarm.arrivals.settle()
        assert (swarm.disconnected, swarm.faults.counts) == (0, {})
        assert (swarm.traffic() > 0).all()


async def test_a_body_that_is_somebody_elses_is_noticed() -> None:
    class Forgetful(FakeCity):
        def enter(self, person: Person, hello: m.Hello) -> None:
            self._resumable.clear()
            super().enter(person, hello)

    async with asyncio.timeout(WAIT_S), Forgetful() as city:
        swarm = stormy(city, trouble=Trouble("cut"))
        swarm.start()
        await until(city, lambda: swarm.joined == 6)
        swarm.begin()
        await until(city, lambda: len(city.everybody) == 12 and swarm.present == 6)
        figures = swarm.returns.figures()
        assert figures is not None
        assert (figures.back, figures.own_body) == (6, 0)
        await swarm.stop()


class Small(FakeCity):
    """Has two places; everybody else waits in line, and is told so."""

    def __init__(self) -> None:
        super().__init__()
        self.line: list[tuple[Person, m.Hello]] = []

    def enter(self, person: Person, hello: m.Hello) -> None:
        """Let in, or let wait."""
        if len(self.people) < 2:
            super().enter(person, hello)
        else:
            self.line.append((person, hello))
            person.say(m.Queued(f"ticket-{person.name}", len(self.line), None))

    def leave(self, person: Person) -> None:
        """A place is free."""
        super().leave(person)
        while self.line and len(self.people) < 2:
            self.enter(*self.line.pop(0))


async def test_those_who_are_in_make_room_for_those_who_wait_until_everybody_was_in() -> None:
    async with asyncio.timeout(WAIT_S), Small() as city:
        swarm = stormy(city, visit=Visit(0.1))
        swarm.start()
        await until(city, lambda: swarm.joined == 6 and not swarm.waits.waiting)
        figures = swarm.waits.figures()
        assert figures is not None
        assert (figures.waited, figures.still_waiting, figures.refused_silently) == (4, 0, 0)
        # Nobody waits any more: whoever is in stays.
        assert swarm.present >= 1
        assert (swarm.disconnected, swarm.faults.counts) == (0, {})
        await swarm.stop()


async def test_to_be_turned_away_without_a_word_is_a_silent_refusal() -> None:
    class Silent(FakeCity):
        def admit(self, person: Person, hello: m.Hello) -> m.Goodbye | None:
            return m.Goodbye(CloseCode.FULL, "no", None)

    async with asyncio.timeout(WAIT_S), Silent() as city:
        swarm = stormy(city, bots=3)
        swarm.start()
        await until(city, lambda: swarm.disconnected == 3)
        assert swarm.waits.refused_silently == 3
        await swarm.stop()


class Troubled(NamedTuple):
    """A city with a crowd in it, half of which has begun to make trouble: those with these numbers in their names."""

    city: FakeCity
    swarm: Swarm
    makers: frozenset[int]

    def people(self, guilty: bool) -> list[Person]:
        """Those who make trouble, or those who do not."""
        return [person for person in self.city.people if (int(person.name.split()[1]) in self.makers) == guilty]

    def throw_out(self, *people: Person) -> None:
        """The city has had enough of them."""
        for person in people:
            self.city.leave(person)
            person.hang_up()


@asynccontextmanager
async def troubled() -> AsyncIterator[Troubled]:
    """Six in a city, from the moment when three of them begin to flood it; they stop with the test."""
    async with asyncio.timeout(WAIT_S), FakeCity() as city:
        swarm = stormy(city, trouble=Trouble("flood", 0.5))
        swarm.start()
        await until(city, lambda: swarm.joined == 6)
        swarm.begin()
        assert swarm.trouble is not None
        yield Troubled(city, swarm, frozenset(swarm.trouble.makers))
        await swarm.stop()


async def test_whoever_makes_trouble_is_thrown_out_without_being_a_healthy_guest_who_was_cut() -> None:
    async with troubled() as here:
        swarm = here.swarm
        assert len(here.makers) == 3
        assert swarm.arrivals.healthy.sum() == 3
        here.throw_out(*here.people(guilty=True))
        await until(here.city, lambda: len(here.city.everybody) == 9 and swarm.present == 6)
        assert swarm.trouble is not None
        assert swarm.trouble.endings.total() == 3
        assert swarm.disconnected == 0


async def test_whoever_makes_trouble_may_wait_for_ever() -> None:
    async with troubled() as here:
        queued = m.Queued("ticket", 9, None)
        for seat in range(6):
            bot = here.swarm.bots[seat]
            assert bot is not None
            here.swarm.bot_queued(bot, queued)
        assert here.swarm.waits.waiting == 3


async def test_a_stranger_in_another_seat_who_is_cut_meanwhile_still_counts() -> None:
    async with troubled() as here:
        here.throw_out(here.people(guilty=False)[0])
        await until(here.city, lambda: here.swarm.disconnected == 1)
