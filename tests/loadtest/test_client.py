"""The Python client against a small city over real sockets, both transports."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from loadtest.client import ABNORMAL, DEEDS_MAX, Closed, Player
from protocol import messages as m
from protocol.errors import CloseCode
from protocol.frames import GAIT_RUN, GAIT_STAND
from tests.certificates import certificate
from tests.loadtest import fake_city
from tests.loadtest.fake_city import FakeCity, Person
from tests.loadtest.said import welcome

WAIT_S = 10


class OneWayCity(FakeCity):
    """Knows a name it does not let in."""

    def admit(self, person: Person, hello: m.Hello) -> m.Goodbye | None:
        if hello.name == "Patient" and hello.resume is None:
            person.say(m.Queued("q7", 2, None))
            return m.Goodbye(CloseCode.GOING_AWAY, "restarting", 5.0)
        return m.Goodbye(CloseCode.FULL, "no place left", 10.0) if hello.name == "Late" else None


@pytest.fixture
async def city() -> AsyncIterator[FakeCity]:
    async with asyncio.timeout(WAIT_S), OneWayCity() as city:
        yield city


@pytest.fixture(params=["ws", "tcp"])
def url(request: pytest.FixtureRequest, city: FakeCity) -> str:
    return city.ws_url if request.param == "ws" else city.tcp_url


async def until_told(me: Player, entity: int) -> None:
    while entity not in me.profiles:
        await me.next_frame()


async def test_a_player_joins_and_sees_the_others(url: str) -> None:
    async with Player.join(url, name="Ada") as ada, Player.join(url, name="Bob") as bob:
        assert ada.welcome.name == "Ada"
        assert ada.entity != bob.entity
        await until_told(ada, bob.entity)
        assert ada.profiles[bob.entity].name == "Bob"
        assert list(ada.neighbours) == [bob.entity]
        assert ada.entity not in ada.neighbours


async def test_moving_moves_and_is_acknowledged(url: str) -> None:
    async with Player.join(url, name="Ada") as me:
        before = await me.next_frame()
        number = me.move(steer=64, gait=GAIT_RUN)
        while (now := await me.next_frame()).input < number or now.x == before.x:
            pass
        assert now.x > before.x
        assert now.z == before.z


async def test_neighbours_are_placed_in_the_world(url: str) -> None:
    async with Player.join(url, name="Ada") as ada, Player.join(url, name="Bob") as bob:
        bob.move(steer=0, gait=GAIT_RUN)
        await until_told(ada, bob.entity)
        while ada.neighbours[bob.entity].z < 5_300:
            await ada.next_frame()
        bob.move(steer=0, gait=GAIT_STAND)
        assert ada.neighbours[bob.entity].x == 5_000


async def test_one_who_leaves_is_dropped_after_ten_frames(url: str) -> None:
    async with Player.join(url, name="Ada") as ada:
        async with Player.join(url, name="Bob") as bob:
            await until_told(ada, bob.entity)
        last = ada.neighbours[bob.entity].frame
        while bob.entity in ada.neighbours:
            await ada.next_frame()
            last = max(last, ada.neighbours[bob.entity].frame if bob.entity in ada.neighbours else last)
        assert ada.frames == last + 10
        assert ada.profiles[bob.entity].name == "Bob"


async def test_events_and_denials_come_in_order(url: str) -> None:
    async with Player.join(url, name="Ada") as me:
        assert await me.do("say", text="hi") == 1
        assert await me.do("fly", high=True) == 2
        said, denied = await anext(me), await anext(me)
        assert isinstance(said, m.Happened)
        assert (said.event, said.fields["entity"]) == ("said", me.entity)
        assert isinstance(denied, m.Denied)
        assert (denied.number, denied.deed, denied.reason) == (2, "fly", "unknown_deed")


async def test_the_tick_is_known_from_pongs(url: str, city: FakeCity) -> None:
    async with Player.join(url, name="Ada") as me:
        while me.tick_now() is None:
            await me.next_frame()
        assert me.rtt_s is not None
        assert me.tick_now() == pytest.approx(city.tick, abs=20)


async def test_leaving_says_bye_and_ends_the_events(url: str, city: FakeCity) -> None:
    async with Player.join(url, name="Ada") as me:
        await me.next_frame()
        await me.leave()
        assert [event async for event in me] == []
        with pytest.raises(Closed, match="we left"):
            me.move(0, GAIT_RUN)
    assert isinstance(city.everybody[0].heard[-1], m.Bye)


async def test_being_refused_says_when_to_come_again(url: str) -> None:
    with pytest.raises(Closed) as refused:
        async with Player.join(url, name="Late"):
            pytest.fail("it was let in")
    assert (refused.value.code, refused.value.reason, refused.value.retry_after_s) == (4009, "no place left", 10.0)


async def test_being_sent_away_ends_everything_with_the_reason(url: str, city: FakeCity) -> None:
    async with Player.join(url, name="Ada") as me:
        await me.next_frame()
        city.people[0].say(m.Goodbye(CloseCode.GOING_AWAY, "restarting", 5.0))
        with pytest.raises(Closed) as end:
            async for _ in me:
                pass
        assert (end.value.code, end.value.retry_after_s) == (CloseCode.GOING_AWAY, 5.0)
        with pytest.raises(Closed):
            await me.next_frame()
        with pytest.raises(Closed):
            await me.do("say", text="hi")


async def test_whoever_waits_knows_the_place_and_comes_back_to_it_by_the_ticket(url: str, city: FakeCity) -> None:
    me = Player.join(url, name="Patient")
    with pytest.raises(Closed, match="restarting"):
        await me.__aenter__()
    assert me.queued == m.Queued("q7", 2, None)
    assert me.resume == "q7"
    async with Player.join(url, name="Patient", resume=me.resume) as again:
        assert again.resume != "q7"


async def test_what_we_alone_are_told_is_counted_and_said_again_on_return(url: str, city: FakeCity) -> None:
    async with Player.join(url, name="Ada", heard=3) as me:
        assert me.heard == 0, "the count begins with the body"
        city.people[0].say(m.Happened(1, "dusk", {}, 1))
        city.people[0].say(m.Closing(30.0, "an update"))
        await anext(me)
        await me.next_frame()
        assert (me.heard, me.closing) == (1, m.Closing(30.0, "an update"))
        resume = me.resume
    async with Player.join(url, name="Ada", resume=resume, heard=me.heard) as again:
        assert again.heard == 1
        assert [hello.heard for p in city.everybody for hello in p.heard if isinstance(hello, m.Hello)] == [3, 1]


async def test_coming_back_gives_the_same_entity(url: str) -> None:
    async with Player.join(url, name="Ada") as first:
        entity, resume = first.entity, first.resume
    async with Player.join(url, name="Ada", resume=resume) as again:
        assert again.welcome.resumed
        assert again.entity == entity


async def test_a_link_that_breaks_is_told_as_lost() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Closed) as end:
            async with Player.join(f"tcp://127.0.0.1:{port}"):
                pytest.fail("it was let in")
        assert (end.value.code, end.value.retry_after_s) == (ABNORMAL, 1.0)


@pytest.mark.parametrize("url", ["tcp://127.0.0.1:1", "ws://127.0.0.1:1/play"])
async def test_nobody_listening_is_an_os_error(url: str) -> None:
    with pytest.raises(OSError, match="127"):
        async with Player.join(url):
            pytest.fail("nobody was there")


async def test_garbage_from_a_server_is_told_as_its_fault() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\0\0\0\1\xc1")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(babble, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Closed, match="broke the protocol"):
            async with Player.join(f"tcp://127.0.0.1:{port}"):
                pytest.fail("it was let in")


async def test_only_the_newest_intent_waits_and_no_jump_is_lost(city: FakeCity) -> None:
    async with Player.join(city.tcp_url, name="Ada") as me:
        person = city.people[0]
        me.move(0, GAIT_RUN, jump=True)
        me.move(1, GAIT_RUN)
        number = me.move(2, GAIT_RUN)
        while person.acked < number:
            await me.next_frame()
        moves = [message for message in person.heard if isinstance(message, m.Move)]
        assert [move.intent[6:] for move in moves] == [bytes([GAIT_RUN, 1])]


async def test_deeds_wait_for_room(city: FakeCity) -> None:
    async with Player.join(city.tcp_url, name="Ada") as me:
        numbers = [await me.do("say", text="hi") for _ in range(3 * DEEDS_MAX)]
        assert numbers == list(range(1, 3 * DEEDS_MAX + 1))
        heard = [await anext(me) for _ in numbers]
        assert [event.fields["number"] for event in heard if isinstance(event, m.Happened)] == numbers


async def asked(me: Player, person: Person) -> m.Do:
    """The last deed the city was asked for, when it is there."""
    while not (deeds := [message for message in person.heard if isinstance(message, m.Do)]):
        await me.next_frame()
    return deeds[-1]


def gained(number: int, balance: int) -> m.Happened:
    fields = {"receipt": f"1.1.pick.{number}", "crystal": 7, "value": 3, "balance": balance, "number": number}
    return m.Happened(1, "crystal_gained", fields)


async def test_who_has_a_token_comes_in_with_it_and_knows_what_they_own(
    url: str, city: FakeCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    def greet(*args: Any) -> m.Welcome:
        return replace(welcome(*args), account="player:17", balance=100, token="tomorrow's")

    monkeypatch.setattr(fake_city, "welcome", greet)
    async with Player.join(url, name="Ada", token="today's") as me:
        assert (me.account, me.balance, me.token) == ("player:17", 100, "tomorrow's")
        hello = city.people[0].heard[0]
        assert isinstance(hello, m.Hello)
        assert hello.token == "today's"


async def test_a_crystal_is_waited_for_until_it_is_stored(url: str, city: FakeCity) -> None:
    city.unanswered.add("pick_up_crystal")
    async with Player.join(url, name="Ada") as me:
        waiting = asyncio.create_task(me.pick_up(7))
        wish = await asked(me, city.people[0])
        city.people[0].say(m.Happened(1, "settlement_pending", {"deed": wish.deed, "number": wish.number}))
        city.people[0].say(gained(wish.number + 1, 999))
        city.people[0].say(m.Denied(wish.number, "move", "out_of_range", "gait", "of a Move of the same number"))
        city.people[0].say(gained(wish.number, 103))
        assert await waiting == gained(wish.number, 103)
        assert (wish.deed, me.balance) == ("pick_up_crystal", 103)


async def test_a_firework_is_waited_for_until_it_is_refused(url: str, city: FakeCity) -> None:
    async with Player.join(url, name="Ada") as me:
        answer = await me.light("sparkler", ("gold", "rose"))
        assert isinstance(answer, m.Denied)
        assert (answer.number, answer.deed, answer.reason) == (1, "light_firework", "unknown_deed")
        assert answer == await anext(me)


async def test_who_waits_for_an_answer_hears_that_none_can_come(url: str, city: FakeCity) -> None:
    city.unanswered.add("pick_up_crystal")
    async with Player.join(url, name="Ada") as me:
        waiting = asyncio.create_task(me.pick_up(7))
        await asked(me, city.people[0])
        city.people[0].hang_up()
        with pytest.raises(Closed):
            await waiting


async def test_deeds_of_one_who_comes_back_are_numbered_apart_from_the_earlier_ones(city: FakeCity) -> None:
    async with Player.join(city.tcp_url, name="Ada") as first, Player.join(city.tcp_url, token="secret") as other:
        numbers = {await player.do("say", text="hi") for player in (first, other)}
    async with Player.join(city.tcp_url, resume=first.resume) as again:
        numbers.add(await again.do("say", text="hi"))
    assert len(numbers) == 3
    assert min(numbers) == 1
    assert max(numbers) <= 2**31


# ---- TLS -------------------------------------------------------------------------------------------


@pytest.fixture
async def secure_city(tmp_path: Path) -> AsyncIterator[tuple[FakeCity, Path]]:
    """A city that speaks TLS, and the file of who signed for it."""
    city, made = FakeCity(), certificate(tmp_path)
    city.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    city.tls.load_cert_chain(*made)
    async with asyncio.timeout(WAIT_S), city:
        yield city, made.cert_file


@pytest.mark.parametrize("transport", ["ws", "tcp"])
async def test_a_player_joins_over_tls_whom_it_was_told_to_trust(
    secure_city: tuple[FakeCity, Path], transport: str
) -> None:
    city, ca = secure_city
    async with Player.join(city.ws_url if transport == "ws" else city.tcp_url, name="Ada", ca=ca) as me:
        assert (await me.next_frame()).tick


@pytest.mark.parametrize("transport", ["ws", "tcp"])
async def test_a_player_does_not_talk_to_a_city_that_somebody_else_signed_for(
    secure_city: tuple[FakeCity, Path], tmp_path: Path, transport: str
) -> None:
    city = secure_city[0]
    stranger = certificate(tmp_path, "stranger").cert_file
    with pytest.raises(OSError, match="certificate"):
        async with Player.join(city.ws_url if transport == "ws" else city.tcp_url, name="Ada", ca=stranger):
            pass
