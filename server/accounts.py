"""Who somebody is to the city's books: asked of the store in groups, beside the ticks.

Nobody waits for the store but those who are coming in. What it answers is told in a tick's input
phase, like everything that changes who is in the city; while it is away, they are told so at once and
may come again later, so that nothing queues up behind a database that is not there.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from itertools import islice
from typing import Any, Protocol

import structlog

from server.outage import Outage
from server.players import Player
from server.store.records import Arrival, PlayerState, Saved, StoreAway

log = structlog.get_logger()

# Arrivals a transaction: 64 newcomers take 10 ms, for which settlements wait; one group a tick is three times what
# the door lets in by default.
GROUP_MAX = 64
# After a group of so many, which is a rush, the next one waits for so many ticks: a transaction alone costs as much as
# twenty newcomers in it, so that one for each tick's took more of a rush than all else that is done for them.
RUSH, RUSH_TICKS = 6, 4

# Who they are, None for a guest's secret that nobody has, or why that cannot be known just now.
Answer = Callable[[Saved | StoreAway | None], None]
# Starts something that goes on beside the tick.
Start = Callable[[Coroutine[Any, Any, None]], object]


class Accounts(Protocol):
    """Where the reception asks who somebody is."""

    @property
    def asked(self) -> int:
        """How many have asked and are not answered yet."""

    def enter(self, arrival: Arrival, answer: Answer) -> None:
        """Ask who this is. Never waits; `answer` is called exactly once, in this tick's `turn` or a later one."""

    def turn(self) -> None:
        """Once a tick: what was asked goes out, what has been answered is told."""


class Memory(Protocol):
    """What is remembered of players until they come again (`server.keeper.Keeper`)."""

    def note(self, player: Player) -> None:
        """Remember this player as they are now."""

    def newest(self, account: int) -> PlayerState | None:
        """What the store does not have yet of an account, and so is newer than what it says."""


class Register(Protocol):
    """Where accounts are: the store, or a fake of it."""

    async def enter(self, arrivals: Sequence[Arrival]) -> list[Saved | None]:
        """Who these are, in the same order; raises StoreAway."""


class StoredAccounts:
    """The accounts in a register: one group under way at a time, those who come meanwhile are in the next."""

    def __init__(self, register: Register, outage: Outage, start: Start = asyncio.create_task) -> None:
        self._register, self._outage, self._start = register, outage, start
        self._waiting: deque[tuple[Arrival, Answer]] = deque()
        self._answered: list[tuple[Answer, Saved | StoreAway | None]] = []
        self._under_way: list[tuple[Arrival, Answer]] = []
        self._task: object = None
        # Turns until the next group may go out.
        self._rest = 0

    @property
    def asked(self) -> int:
        """How many have asked and are not answered yet."""
        return len(self._waiting) + len(self._under_way) + len(self._answered)

    def enter(self, arrival: Arrival, answer: Answer) -> None:
        """Ask who this is; `answer` is called in a `turn`."""
        self._waiting.append((arrival, answer))

    def turn(self) -> None:
        """Send the next group out if it is time and none is under way, and tell what has been answered."""
        self._rest = max(0, self._rest - 1)
        due = not self._rest or len(self._waiting) >= GROUP_MAX
        if self._waiting and not self._under_way and due:
            self._under_way = list(islice(self._waiting, GROUP_MAX))
            self._rest = RUSH_TICKS if len(self._under_way) >= RUSH else 0
            for _ in self._under_way:
                self._waiting.popleft()
            # The loop itself holds tasks only weakly.
            self._task = self._start(self._ask())
        answered, self._answered = self._answered, []
        for answer, found in answered:
            answer(found)

    async def _ask(self) -> None:
        found = await self._found([arrival for arrival, _ in self._under_way])
        answers = [answer for _, answer in self._under_way]
        self._answered += zip(answers, found, strict=True)
        self._under_way = []

    async def _found(self, arrivals: list[Arrival]) -> Sequence[Saved | StoreAway | None]:
        try:
            found = await self._register.enter(arrivals)
        except StoreAway as away:
            self._outage.failed(away)
            return [away] * len(arrivals)
        except Exception:
            # A bug of ours; those at the door must not wait for ever because of it.
            log.exception("nobody could be looked up", arrivals=len(arrivals))
            return [StoreAway("failed", "it did not say why")] * len(arrivals)
        self._outage.answered()
        return found
