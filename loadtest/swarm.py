"""The crowd: brings bots in at the scenario's pace, asks each mind twice a second, and takes everyone home."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from random import Random
from time import perf_counter

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from loadtest.arrivals import Arrivals
from loadtest.audit import Audit, Witness
from loadtest.bot import ABNORMAL, Bot, Desk, Ending, Stage
from loadtest.dial import Way, dial, home_of
from loadtest.faults import Faults
from loadtest.links import TcpBot, WebSocketBot
from loadtest.minds import CityError, Mind, Minds
from loadtest.pace import STEP_S, Pace
from loadtest.purses import Purses
from loadtest.reader import Reader
from loadtest.receipts import Receipts
from loadtest.returns import Returns
from loadtest.scenario import Scenario
from loadtest.sender import Sender
from loadtest.target import Target
from loadtest.troubles import TROUBLES
from loadtest.troubles.base import Crowd, Trouble
from loadtest.visits import Visits
from loadtest.waits import Waits
from protocol.messages import Queued, Welcome

# Two decisions a second: one every 50 beats of the pace, each bot on its own beat.
DECISION_BEATS = round(0.5 / STEP_S)
# Headers wait at most this many beats to be checked, so that behaviours steer by positions no older than 50 ms.
_SETTLE_BEATS = 5
# One bot in a hundred looks at every frame, and reads for itself. Ten are enough to notice; fifty took 7 % of a core
# beside 5,000 others.
_WITNESS_SHARE, _WITNESSES_MIN, _WITNESSES_MAX = 100, 10, 20
# A closed set in practice; the bound is against a server that words each reason anew.
_REASONS_MAX = 64
# A polite server lets a bot go within one tick; five seconds is for one that is busy with thousands.
_LEAVE_S = 5.0


class Plan(Struct, frozen=True):
    """What a swarm is made of: bots take the targets in turn; `returning` ones come again when they are lost."""

    scenario: Scenario
    bots: int
    seed: int
    targets: tuple[Target, ...]
    returning: bool = False
    # Whether each bot comes from an address of its own, where this system has as many.
    homes: bool = False


class Swarm:
    """All bots of one run. A seat is one bot's place in it, whatever connection fills it; `start` it in a loop."""

    def __init__(self, plan: Plan, receipts: Receipts | None = None) -> None:
        self._plan = plan
        self.faults = Faults()
        self.arrivals = Arrivals(plan.bots, plan.scenario.rules, self.faults)
        cost = plan.scenario.firework.cost if plan.scenario.firework else 0
        self.purses = Purses(plan.bots, self.faults, receipts or Receipts(), cost)
        self.desk = Desk(self.arrivals, self.purses, self.faults, self)
        self._reader = Reader(plan.bots, self.desk)
        self._trouble = _trouble_of(plan, self)
        self.waits, self.returns = Waits(self.faults), Returns()
        self.bots: list[Bot | None] = [None] * plan.bots
        self._minds = Minds(plan.scenario, plan.seed, self.bots, self.arrivals, self.purses)
        self._sender = Sender(self.bots, self.desk, plan.seed)
        # Seconds from the start of a seat's first connection to its first frame; NaN while there is none.
        self.join_s = np.full(plan.bots, np.nan)
        # From `start` to the first frame of the last bot; None while somebody is missing.
        self.all_joined_s: float | None = None
        # Bots lost although they behaved, and why; bots told to come again later, which they did.
        self.disconnected = 0
        self.endings: Counter[str] = Counter()
        self.refused = 0
        self.mismatch: CityError | None = None
        self.pace = Pace(self._beat)
        self._masks = Random(f"{plan.seed}:masks")
        self._losses = [0] * plan.bots
        visit = plan.scenario.visit
        self._visits = Visits(visit.mean_s if visit else None, Random(f"{plan.seed}:visits"))
        # Seats whose link we have cut ourselves, and those that were sent home and do not come again.
        self._severed: set[int] = set()
        # When the event began.
        self._begun_s = 0.0
        self._home: set[int] = set()
        # What the earlier connections of each seat took and sent.
        self._bytes_before = np.zeros((2, plan.bots), np.int64)
        self._leaving = False
        self._staying = 0
        self._empty = asyncio.Event()
        self._pacing: asyncio.Task[None] | None = None
        self._joining: set[asyncio.Task[None]] = set()

    # ---- coming and going ----------------------------------------------------------------------------

    @property
    def joined(self) -> int:
        """How many seats have ever had a frame."""
        return int(np.count_nonzero(~np.isnan(self.join_s)))

    @property
    def present(self) -> int:
        """How many bots are in the city now."""
        return sum(bot.alive for bot in self._everyone())

    @property
    def targets(self) -> tuple[Target, ...]:
        """Where bots connect."""
        return self._plan.targets

    @property
    def minds(self) -> list[Mind]:
        """What drives each bot that was let in, by seat."""
        return self._minds.all

    @property
    def tick_rate_hz(self) -> float:
        """How many ticks a second the scenario allows a city."""
        return self._plan.scenario.rules.tick_rate_hz

    @property
    def trouble(self) -> Trouble | None:
        """What goes wrong once the event begins, if anything does."""
        return self._trouble

    @property
    def in_zone(self) -> int:
        """How many bots are in the scenario's zone now, as their last frames say."""
        return self.population().get(self._plan.scenario.zone, 0)

    def population(self) -> dict[str, int]:
        """How many bots are in each zone now, as their last frames say."""
        setting = self._minds.setting
        if setting is None:
            return {}
        zones = self.arrivals.zone[[bot.index for bot in self._everyone() if bot.alive]]
        return {zone.name: int(np.count_nonzero(zones == zone.number)) for zone in setting.city.zones.values()}

    @property
    def hopeful(self) -> bool:
        """Whether anybody may still join."""
        greeting = (Stage.CONNECTING, Stage.GREETING, Stage.WAITING, Stage.WELCOMED)
        return bool(self._joining) or any(bot.stage in greeting for bot in self._everyone())

    def start(self) -> None:
        """Begin to join and to beat; `stop` ends both."""
        self._began_s = perf_counter()
        self._pacing = asyncio.create_task(self.pace.run())
        self._soon(self._join())

    def begin(self) -> None:
        """What the scenario is about begins: whoever makes trouble does so from now on."""
        self._minds.begun = True
        self._begun_s = perf_counter()
        trouble = self._trouble
        if trouble is not None:
            if not (trouble.harmless or trouble.apart):
                self.faults.excused.update(trouble.makers)
                self.arrivals.healthy[trouble.makers] = False
            trouble.begin()

    def rest(self) -> None:
        """What the scenario is about is over: nobody asks for anything more."""
        self._minds.begun = False

    async def stop(self) -> None:
        """Everybody leaves, politely; whoever has not been let go after five seconds is cut."""
        self._leaving = True
        if self._trouble is not None:
            self._trouble.end()
        for task in self._joining:
            task.cancel()
        staying = [bot for bot in self._everyone() if bot.stage is not Stage.GONE]
        self._staying = len(staying)
        for bot in staying:
            bot.leave()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LEAVE_S if staying else 0):
                await self._empty.wait()
        for bot in staying:
            bot.abort()
        self._reader.close()
        if self._pacing is not None:
            self._pacing.cancel()

    def _everyone(self) -> Sequence[Bot]:
        return [bot for bot in self.bots if bot is not None]

    def _soon(self, coming: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(coming)
        self._joining.add(task)
        task.add_done_callback(self._joining.discard)

    async def _join(self) -> None:
        """One connection after the other, evenly over the time that the scenario gives."""
        began_s, apart_s = perf_counter(), self._plan.scenario.join.over_s / self._plan.bots
        for seat in range(self._plan.bots):
            ahead_s = began_s + seat * apart_s - perf_counter()
            if ahead_s > 0:
                await asyncio.sleep(ahead_s)
            self._soon(self._connect(seat, perf_counter()))

    async def _connect(self, seat: int, began_s: float, after_s: float = 0.0) -> None:
        await asyncio.sleep(after_s)
        if seat in self._home:
            return
        target = self._plan.targets[seat % len(self._plan.targets)]
        self.arrivals.forget(seat)
        before, bot = self.bots[seat], self._make_bot(seat, target)
        if before is not None:
            self._bytes_before[:, seat] += before.bytes_down, before.bytes_up
        self.bots[seat] = bot
        bot.began_s = began_s
        trouble = self._trouble
        narrow = trouble is not None and trouble.narrow and seat in trouble.makers
        try:
            await dial(bot, target, Way(self.home_of(seat), narrow))
        except OSError as error:
            bot.ending = Ending(ABNORMAL, f"could not connect: {error.strerror or error}")
            bot.stage = Stage.GONE
            self.bot_lost(bot)

    def home_of(self, seat: int) -> str | None:
        """The address that this seat comes from; None: whichever the system takes."""
        return home_of(seat) if self._plan.homes else None

    def _make_bot(self, seat: int, target: Target) -> Bot:
        witnesses = min(max(self._plan.bots // _WITNESS_SHARE, _WITNESSES_MIN), _WITNESSES_MAX)
        looks_at_all = seat % max(1, self._plan.bots // witnesses) == 0
        audit = (Witness if looks_at_all else Audit)(seat, self._plan.scenario.rules, self.faults)
        name = f"Bot {seat:05d}"
        if target.transport == "tcp":
            return TcpBot(seat, name, self.desk, audit)
        return WebSocketBot(seat, name, self.desk, audit).aim(target.authority, target.path, self._masks)

    # ---- what bots tell (loadtest.bot.Listener) ------------------------------------------------------

    def bot_queued(self, bot: Bot, queued: Queued) -> None:
        """It waits; how long whoever makes trouble has to is nobody's concern."""
        if bot.index not in self.faults.excused:
            self.waits.told(bot.index, queued, perf_counter())

    def bot_welcomed(self, bot: Bot, welcome: Welcome) -> None:
        """Somebody is in: they get a mind."""
        self.waits.let_in(bot.index, perf_counter())
        self.returns.welcomed(bot.index, welcome.entity, welcome.resumed)
        try:
            self._minds.give(bot, welcome)
        except CityError as error:
            self.mismatch = error

    def bot_joined(self, bot: Bot) -> None:
        """Note how long it took; who does not look at every frame from now on has somebody to read for it."""
        if bot.audit.every > 1:
            self._reader.take(bot)
        self._losses[bot.index] = 0
        self.returns.seen(bot.index, perf_counter())
        self._visits.came(bot.index, perf_counter())
        if bot.joined_s is not None and np.isnan(self.join_s[bot.index]):
            self.join_s[bot.index] = bot.joined_s
            if self.joined == self._plan.bots:
                self.all_joined_s = perf_counter() - self._began_s

    def bot_deaf(self, bot: Bot) -> None:
        """It reads nothing any more."""
        self._reader.drop(bot)

    def bot_lost(self, bot: Bot) -> None:
        """Come again if the server said when; count it otherwise: the bot did nothing wrong."""
        self._reader.drop(bot)
        ending = bot.ending or Ending(ABNORMAL, "closed without a word")
        if self._leaving:
            self._staying -= 1
            if self._staying <= 0:
                self._empty.set()
            return
        if bot.index in self._severed:
            self._severed.discard(bot.index)
        elif bot.index in self._home:
            return
        elif bot.index in self.faults.excused:
            self._lost_a_maker(bot, ending)
        elif not bot.welcomed and ending.retry_after_s is not None:
            self.refused += 1
            self.waits.put_off(bot.index, perf_counter())
            self._soon(self._connect(bot.index, bot.began_s, ending.retry_after_s))
        else:
            self._lost_a_guest(bot, ending)

    def _lost_a_guest(self, bot: Bot, ending: Ending) -> None:
        self.disconnected += 1
        self.waits.refused_silently += not bot.welcomed
        why = f"{ending.code} {ending.reason}"
        self.endings[why if why in self.endings or len(self.endings) < _REASONS_MAX else "other"] += 1
        if self._plan.returning:
            self._losses[bot.index] += 1
            self._soon(self._connect(bot.index, perf_counter(), self._back_off_s(bot.index)))

    def _lost_a_maker(self, bot: Bot, ending: Ending) -> None:
        trouble = self._trouble
        assert trouble is not None, "only trouble excuses anybody"
        trouble.note_ending(ending)
        trouble.held_ms.add_one((perf_counter() - max(bot.began_s, self._begun_s)) * 1000)
        after_s = trouble.back_after_s(bot.index, ending)
        if after_s is not None:
            self._soon(self._connect(bot.index, perf_counter() + after_s, after_s))

    def _back_off_s(self, seat: int) -> float:
        """Twice as long each time, up to half a minute, and never all at the same moment."""
        return min(30.0, 2.0 ** self._losses[seat] / 2) * self._masks.uniform(0.5, 1.5)

    def _send_home(self, seat: int) -> None:
        """Whoever is in leaves politely; whoever is not does not wait any longer."""
        bot = self.bots[seat]
        self._home.add(seat)
        self.arrivals.until[seat] = perf_counter()
        self.waits.gave_up(seat)
        if bot is not None:
            bot.leave() if bot.alive else bot.abort()

    # ---- what trouble does to it (loadtest.troubles.base.Crowd) --------------------------------------

    def numb(self, seat: int) -> None:
        """Let the bot in this seat do nothing more of its own accord."""
        self._minds.take(seat)

    def quicken(self, seat: int, habits: dict[str, float]) -> None:
        """Give the bot in this seat other habits."""
        self._minds.quicken(seat, habits)

    def cut(self, seat: int, back_after_s: float) -> None:
        """Cut this seat's link from our side, and come back after so long."""
        bot, now_s = self.bots[seat], perf_counter()
        if bot is not None and bot.alive:
            self._severed.add(seat)
            self.returns.cut(seat, now_s)
            bot.abort()
            self._soon(self._connect(seat, now_s, back_after_s))

    def disguise(self, seat: int, token: str | None, resume: str | None) -> None:
        """What this seat says at its next Hello of who it is."""
        self.purses[seat].token, self.purses[seat].resume = token, resume

    # ---- living --------------------------------------------------------------------------------------

    def traffic(self) -> NDArray[np.int64]:
        """Bytes down and up of each seat so far, over all its connections: two rows."""
        now = self._bytes_before.copy()
        now += self._reader.down, self._sender.up
        for bot in self._everyone():
            now[:, bot.index] += bot.bytes_down, bot.bytes_up
        return now

    def _beat(self, number: int) -> None:
        """Every 10 ms: let those move whose turn it is, and let the headers be checked now and then."""
        moves, deeds = self._minds.decide(range(number % DECISION_BEATS, self._plan.bots, DECISION_BEATS))
        self._sender.send(moves)
        for seat, deed in deeds:
            bot = self.bots[seat]
            if bot is not None:
                bot.do(deed.name, deed.fields)
        if number % _SETTLE_BEATS == 0:
            self.arrivals.settle()
        if self._trouble is not None and self._minds.begun:
            self._trouble.beat(number)
        if self.waits.waiting:
            # Those make room who have been in for long enough.
            for seat in self._visits.over(perf_counter()):
                self._send_home(seat)


def _trouble_of(plan: Plan, crowd: Crowd) -> Trouble | None:
    """What goes wrong in this scenario, and who makes it."""
    chosen = plan.scenario.trouble
    if chosen is None:
        return None
    rng = Random(f"{plan.seed}:trouble")
    makers = sorted(rng.sample(range(plan.bots), chosen.makers(plan.bots)))
    return TROUBLES[chosen.kind](makers, crowd, rng)
