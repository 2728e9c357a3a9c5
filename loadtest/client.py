"""The Python client: one player in the city, for bots, tools and tests.

    async with Player.join("ws://127.0.0.1:7400/play", name="Ada") as me:
        me.move(steer=64, gait=GAIT_RUN)
        await me.do("say", text="hi")
        async for event in me:
            print(event)

What is known of the city hangs off the player and is kept current by a task of its own: `state`, `neighbours`,
`profiles`, `crowd`, `crystals`, `sky`, `balance` (loadtest/view.py). Nothing grows without bound: events that nobody
takes push out the oldest, of intents only the newest waits to be sent, and deeds wait for room. When the connection has
ended every call raises `Closed`, which says why and when to try again. To come back, join with `resume=me.resume` and
`heard=me.heard`, and what we missed is among the events; on another day, as the same account, join with
`token=me.token`. A city that is full lets us wait for as long as it takes: `queued` is our place.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from random import randrange
from time import monotonic
from types import TracebackType
from typing import Any, NamedTuple, Self

from loadtest.target import Target, parse_target
from loadtest.tick_clock import TickClock
from loadtest.transports import connect
from loadtest.view import Event, View
from protocol import messages as m
from protocol.codec import pack_fields
from protocol.connection import Connection, Role, State
from protocol.errors import CloseCode, ProtocolError
from protocol.frames import GAIT_STAND, FrameHeader, pack_intent
from protocol.limits import PROTOCOL_VERSION

# A connection that ended without a word.
ABNORMAL = 1006
# When to come back from a lost link, the first time (protocol/README.md, "Come back after a lost link").
LOST_RETRY_S = 1.0
# Deeds that wait to be sent: far more than the server's limits let anybody do at once.
DEEDS_MAX = 16
# Deeds have 32 bits of numbers: who came before may have used any of the first half, and leaves us the second.
_EARLIER_DEEDS = 2**31
# A server under a rush lets newcomers wait for their Welcome, but not for ever, unless it says which place they have.
_JOIN_S = 30.0
_LEAVE_S = 2.0
# Five pings at once to know the time, then one before the server thinks us gone.
_FIRST_PINGS, _FIRST_PING_S, _PING_S = 5, 0.2, 15.0
# An intent ends after three seconds: it is repeated while we move.
_REPEAT_S = 1.0


class Closed(Exception):  # noqa: N818 - it is a fact about the connection, and mostly nobody's error
    """The connection is over: a close code of the wire or ABNORMAL, why, and after how long to retry (None: do not)."""

    def __init__(self, code: int, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason
        self.retry_after_s = retry_after_s


class _Intent(NamedTuple):
    number: int
    steer: int
    heading: int
    gait: int
    jump: bool


class Player(View):
    """One player's connection. Made by `join`, entered with `async with`, iterated for events."""

    def __init__(self, target: Target, hello: m.Hello) -> None:
        super().__init__()
        self._target = target
        self._outgoing: deque[m.AnyClientMessage] = deque([hello])
        self.heard = hello.heard
        # The newest intent that was not sent yet, and the last of all.
        self._intent: _Intent | None = None
        self._last = _Intent(0, 0, 0, GAIT_STAND, False)
        self._moved_s = 0.0
        # The answer to what an earlier connection of ours asked must not look like one to what we ask.
        self._deed = randrange(_EARLIER_DEEDS) if hello.resume or hello.token else 0
        self._unsent = asyncio.Event()
        self._unsent.set()
        # Set, and replaced by a fresh one, whenever anything has happened.
        self._pulse = asyncio.Event()
        self._end: tuple[int, str, float | None] | None = None
        self._welcome: m.Welcome | None = None
        self._clock = TickClock(1.0)
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    def join(
        cls,
        url: str,
        *,
        name: str | None = None,
        token: str | None = None,
        resume: str | None = None,
        heard: int = 0,
        ca: Path | None = None,
    ) -> "Player":
        """A player who joins the city at `ws://…`, `wss://…`, `tcp://…` or `tcps://…` when entered; `ca` as in Target.

        Raises ValueError for an address that is none. Entering raises OSError when nobody listens there, Closed when
        the server does not let us in, and TimeoutError when it does not answer for half a minute.
        """
        return cls(parse_target(url, ca), m.Hello(PROTOCOL_VERSION, name, token, resume, "futurecity-python", heard))

    async def __aenter__(self) -> Self:
        async with asyncio.timeout(_JOIN_S) as patience:
            self._transport = await connect(self._target)
            self._connection = Connection(Role.CLIENT, self._transport.framing)
            self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]
            try:
                await self._let_in(patience)
            except BaseException:
                await self._shut()
                raise
        self._tasks += [asyncio.create_task(self._ping()), asyncio.create_task(self._repeat())]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.leave()

    # ---- who we are ----------------------------------------------------------------------------------

    @property
    def welcome(self) -> m.Welcome:
        """What the server said when it let us in: zones, deeds, events, limits."""
        assert self._welcome is not None, "the player has not been entered yet"
        return self._welcome

    @property
    def entity(self) -> int:
        """Our own id, as others see it."""
        return self.welcome.entity

    @property
    def account(self) -> str:
        """Who we are in the city's books, on every day."""
        return self.welcome.account

    @property
    def resume(self) -> str:
        """What to join with to get this place back after a lost link, in the city or in the queue."""
        return self.queued.ticket if self._welcome is None and self.queued else self.welcome.resume

    @property
    def token(self) -> str | None:
        """What a guest joins with to be the same account on any later day; None for members, who are signed for."""
        return self.welcome.token

    @property
    def rtt_s(self) -> float | None:
        """The quickest of the recent round trips; None before the first."""
        return self._clock.rtt_s

    def tick_now(self) -> float | None:
        """The server's tick at this moment, with its fraction; None before the first Pong."""
        return self._clock.tick_at(monotonic())

    # ---- what we do ----------------------------------------------------------------------------------

    def move(self, steer: int, gait: int, jump: bool = False, heading: int | None = None) -> int:
        """Go that way until told otherwise; returns the input's number, which comes back in `state.input`.

        `steer` and `heading` are 256ths of a turn, clockwise from north; without `heading` we look where we go.
        Sent at once. Over a slow link only the newest intent is sent, with the jump of any that waited before it.
        """
        self._raise_if_over()
        waiting = self._intent is not None and self._intent.jump
        number = self._last.number + 1
        self._intent = _Intent(number, steer, steer if heading is None else heading, gait, jump or waiting)
        self._last, self._moved_s = self._intent, monotonic()
        self._unsent.set()
        return number

    async def do(self, deed: str, **fields: Any) -> int:
        """Ask for a deed by name; returns its number, which comes back if it is Denied. Waits while too many wait."""
        await self._until(lambda: len(self._outgoing) < DEEDS_MAX)
        self._raise_if_over()
        self._deed += 1
        self._post(m.Do(self._deed, deed, pack_fields(fields)))
        return self._deed

    async def pick_up(self, crystal: int) -> Event:
        """Ask for a crystal within reach, and wait for the answer: Happened once it is ours and stored, or Denied."""
        return await self._settled("pick_up_crystal", crystal=crystal)

    async def light(self, kind: str, colours: Sequence[str]) -> Event:
        """Light a firework right ahead, and wait for the answer: Happened once it is paid or paid back, or Denied."""
        return await self._settled("light_firework", kind=kind, colours=list(colours))

    async def next_frame(self) -> FrameHeader:
        """The next frame's header, when it is here."""
        seen = self.frames
        await self._until(lambda: self.frames > seen)
        assert self.state is not None
        return self.state

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        """The next event, the waiting ones first: Happened, or Denied for a deed of ours.

        Ends after `leave`; raises Closed when the server or a broken link ended it.
        """
        try:
            await self._until(lambda: bool(self._events))
        except Closed as end:
            if end.code == CloseCode.BYE:
                raise StopAsyncIteration from None
            raise
        return self._events.popleft()

    async def leave(self) -> None:
        """Say Bye and close; nothing to do when it has ended already."""
        if self._end is None:
            self._post(m.Bye())
            self._over(CloseCode.BYE, "we left", None)
            # The server answers by closing; one that does not is left alone.
            await asyncio.wait(self._tasks[:1], timeout=_LEAVE_S)
        await self._shut()

    # ---- how it works --------------------------------------------------------------------------------

    async def _let_in(self, patience: asyncio.Timeout) -> None:
        """Wait for the Welcome; whoever knows their place in the queue has all the time in the world."""
        await self._until(lambda: self._welcome is not None or self.queued is not None)
        if self._welcome is not None:
            return
        patience.reschedule(None)
        still_here = asyncio.create_task(self._ping(first=0))
        try:
            await self._until(lambda: self._welcome is not None)
        finally:
            still_here.cancel()

    async def _settled(self, deed: str, **fields: Any) -> Event:
        """Do it, and wait for the answer, which is among the events, too. Raises Closed when none can come any more.

        It may take as long as the city's books are away. A deed that was dropped because we said too much has none.
        """
        number = await self.do(deed, **fields)
        self._answers[number] = None
        try:
            await self._until(lambda: self._answers[number] is not None)
            answer = self._answers[number]
            assert answer is not None
            return answer
        finally:
            del self._answers[number]

    def _post(self, message: m.AnyClientMessage) -> None:
        self._outgoing.append(message)
        self._unsent.set()

    def _beat(self) -> None:
        """Wake whoever waits for anything to have changed."""
        pulse, self._pulse = self._pulse, asyncio.Event()
        pulse.set()

    async def _until(self, reached: Callable[[], bool]) -> None:
        """Wait. Raises Closed when that cannot come any more."""
        while not reached():
            self._raise_if_over()
            await self._pulse.wait()

    def _raise_if_over(self) -> None:
        if self._end is not None:
            raise Closed(*self._end)

    def _over(self, code: int, reason: str, retry_after_s: float | None) -> None:
        """The first end is the true one: what follows it is only the noise of closing."""
        self._end = self._end or (code, reason, retry_after_s)
        self._beat()

    async def _shut(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._transport.close()

    async def _read(self) -> None:
        try:
            while data := await self._transport.read():
                for message in self._connection.feed(data):
                    self._hear(message)
                self._beat()
        except ProtocolError as error:
            self._over(error.code, f"the server broke the protocol: {error.reason}", None)
        except OSError as error:
            self._over(ABNORMAL, f"the link broke: {error}", LOST_RETRY_S)
        self._over(ABNORMAL, "the link was closed without a word", LOST_RETRY_S)

    def _hear(self, message: m.AnyMessage) -> None:
        match message:
            case m.Welcome():
                self._welcome, self.balance = message, message.balance
                self.heard = self.heard if message.resumed else 0
                self._clock = TickClock(message.tick_rate_hz)
            case m.Pong():
                self._clock.hear(message.sent, message.tick, message.into_tick_ms, monotonic())
            case m.Goodbye():
                self._over(message.code, message.reason, message.retry_after_s)
            case _:
                self.take(message)

    async def _write(self) -> None:
        """Messages in order, and the newest intent after them."""
        try:
            while not self._is_closed():
                await self._unsent.wait()
                self._unsent.clear()
                while self._outgoing and not self._is_closed():
                    await self._transport.write(self._connection.send(self._outgoing.popleft()))
                    self._beat()
                await self._write_intent()
        except OSError as error:
            self._over(ABNORMAL, f"the link broke: {error}", LOST_RETRY_S)

    def _is_closed(self) -> bool:
        return self._connection.state is State.CLOSED

    async def _write_intent(self) -> None:
        intent, self._intent = self._intent, None
        if intent is not None and self._connection.state is State.OPEN:
            await self._transport.write(self._connection.send(m.Move(pack_intent(*intent))))

    async def _ping(self, first: int = _FIRST_PINGS) -> None:
        for sent in count():
            self._post(m.Ping(monotonic()))
            await asyncio.sleep(_FIRST_PING_S if sent < first else _PING_S)

    async def _repeat(self) -> None:
        """An intent ends by itself after three seconds; one that was meant to last is said again every second."""
        while True:
            await asyncio.sleep(_REPEAT_S)
            last = self._last
            if last.gait != GAIT_STAND and monotonic() - self._moved_s >= _REPEAT_S and self._end is None:
                self.move(last.steer, last.gait, heading=last.heading)
