"""The crowd: brings bots in at the scenario's pace, asks each mind twice a second, and takes everyone home."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from random import Random
from time import perf_counter

import numpy as np
from msgspec import Struct

from loadtest.arrivals import Arrivals
from loadtest.audit import Audit, Witness
from loadtest.behaviours import BEHAVIOURS
from loadtest.behaviours.base import Behaviour, Here, Setting, draw_clusters
from loadtest.behaviours.chatter import Chatter
from loadtest.bot import ABNORMAL, Bot, Desk, Ending, Stage
from loadtest.city import City, Point
from loadtest.faults import Faults
from loadtest.links import TcpBot, WebSocketBot
from loadtest.pace import STEP_S, Pace
from loadtest.purses import Purses
from loadtest.receipts import Receipts
from loadtest.scenario import Scenario
from loadtest.target import Target
from protocol.messages import Welcome

# Two decisions a second: one every 50 beats of the pace, each bot on its own beat.
DECISION_BEATS = round(0.5 / STEP_S)
# Headers wait at most this many beats to be checked, so that behaviours steer by positions no older than 50 ms.
_SETTLE_BEATS = 5
# One bot in a hundred looks at every frame; ten are enough to notice, fifty cost 2 % of a core.
_WITNESS_SHARE, _WITNESSES_MIN, _WITNESSES_MAX = 100, 10, 50
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


class Mind(Struct):
    """What drives one bot."""

    behaviour: Behaviour
    chatter: Chatter


class CityError(Exception):
    """The city told in Welcome is not one this scenario can be played in; the message says why."""


class Swarm:
    """All bots of one run. A seat is one bot's place in it, whatever connection fills it; `start` it in a loop."""

    def __init__(self, plan: Plan, receipts: Receipts | None = None) -> None:
        self._plan = plan
        self.faults = Faults()
        self.arrivals = Arrivals(plan.bots, plan.scenario.rules, self.faults)
        cost = plan.scenario.firework.cost if plan.scenario.firework else 0
        self.purses = Purses(plan.bots, self.faults, receipts or Receipts(), cost)
        self.desk = Desk(self.arrivals, self.purses, self.faults, self)
        # Whether what the scenario is about goes on; whoever waits for it only gathers until then.
        self.begun = plan.scenario.event is None
        self.bots: list[Bot | None] = [None] * plan.bots
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
        self._minds: list[Mind | None] = [None] * plan.bots
        self._losses = [0] * plan.bots
        self._setting: Setting | None = None
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
        return [mind for mind in self._minds if mind is not None]

    @property
    def in_zone(self) -> int:
        """How many bots are in the scenario's zone now, as their last frames say."""
        return self.population().get(self._plan.scenario.zone, 0)

    def population(self) -> dict[str, int]:
        """How many bots are in each zone now, as their last frames say."""
        if self._setting is None:
            return {}
        zones = self.arrivals.zone[[bot.index for bot in self._everyone() if bot.alive]]
        return {zone.name: int(np.count_nonzero(zones == zone.number)) for zone in self._setting.city.zones.values()}

    @property
    def hopeful(self) -> bool:
        """Whether anybody may still join."""
        greeting = (Stage.CONNECTING, Stage.GREETING, Stage.WELCOMED)
        return bool(self._joining) or any(bot.stage in greeting for bot in self._everyone())

    def start(self) -> None:
        """Begin to join and to beat; `stop` ends both."""
        self._began_s = perf_counter()
        self._pacing = asyncio.create_task(self.pace.run())
        self._soon(self._join_all())

    async def stop(self) -> None:
        """Everybody leaves, politely; whoever has not been let go after five seconds is cut."""
        self._leaving = True
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
        if self._pacing is not None:
            self._pacing.cancel()

    def _everyone(self) -> Sequence[Bot]:
        return [bot for bot in self.bots if bot is not None]

    def _soon(self, coming: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(coming)
        self._joining.add(task)
        task.add_done_callback(self._joining.discard)

    async def _join_all(self) -> None:
        """One connection after the other, evenly over the scenario's time."""
        apart_s = self._plan.scenario.join.over_s / self._plan.bots
        for seat in range(self._plan.bots):
            ahead_s = self._began_s + seat * apart_s - perf_counter()
            if ahead_s > 0:
                await asyncio.sleep(ahead_s)
            self._soon(self._connect(seat, perf_counter()))

    async def _connect(self, seat: int, began_s: float, after_s: float = 0.0) -> None:
        await asyncio.sleep(after_s)
        target = self._plan.targets[seat % len(self._plan.targets)]
        self.arrivals.forget(seat)
        bot = self.bots[seat] = self._make_bot(seat, target)
        bot.began_s = began_s
        try:
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: bot, target.host, target.port, ssl=target.context)
        except OSError as error:
            bot.ending = Ending(ABNORMAL, f"could not connect: {error.strerror or error}")
            bot.stage = Stage.GONE
            self.bot_lost(bot)

    def _make_bot(self, seat: int, target: Target) -> Bot:
        witnesses = min(max(self._plan.bots // _WITNESS_SHARE, _WITNESSES_MIN), _WITNESSES_MAX)
        looks_at_all = seat % max(1, self._plan.bots // witnesses) == 0
        audit = (Witness if looks_at_all else Audit)(seat, self._plan.scenario.rules, self.faults)
        name = f"Bot {seat:05d}"
        if target.transport == "tcp":
            return TcpBot(seat, name, self.desk, audit)
        return WebSocketBot(seat, name, self.desk, audit).aim(target.authority, target.path, self._masks)

    # ---- what bots tell (loadtest.bot.Listener) ------------------------------------------------------

    def bot_welcomed(self, bot: Bot, welcome: Welcome) -> None:
        """Give the bot a mind of its own, drawn from the seed and its seat."""
        try:
            setting = self._setting = self._setting or self._read_city(welcome)
        except CityError as error:
            self.mismatch = error
            return
        scenario = self._plan.scenario
        rng = Random(f"{self._plan.seed}:{bot.index}")
        kind = rng.choices(list(scenario.behaviours), list(scenario.behaviours.values()))[0]
        self._minds[bot.index] = Mind(BEHAVIOURS[kind](rng, setting), Chatter(rng, scenario.habits, welcome.deeds))
        bot.hunts = BEHAVIOURS[kind].hunts

    def bot_joined(self, bot: Bot) -> None:
        """Note how long it took."""
        self._losses[bot.index] = 0
        if bot.joined_s is not None and np.isnan(self.join_s[bot.index]):
            self.join_s[bot.index] = bot.joined_s
            if self.joined == self._plan.bots:
                self.all_joined_s = perf_counter() - self._began_s

    def bot_lost(self, bot: Bot) -> None:
        """Come again if the server said when; count it otherwise: the bot did nothing wrong."""
        ending = bot.ending or Ending(ABNORMAL, "closed without a word")
        if self._leaving:
            self._staying -= 1
            if self._staying <= 0:
                self._empty.set()
            return
        if not bot.welcomed and ending.retry_after_s is not None:
            self.refused += 1
            self._soon(self._connect(bot.index, bot.began_s, ending.retry_after_s))
            return
        self.disconnected += 1
        why = f"{ending.code} {ending.reason}"
        self.endings[why if why in self.endings or len(self.endings) < _REASONS_MAX else "other"] += 1
        if self._plan.returning:
            self._losses[bot.index] += 1
            self._soon(self._connect(bot.index, perf_counter(), self._back_off_s(bot.index)))

    def _back_off_s(self, seat: int) -> float:
        """Twice as long each time, up to half a minute, and never all at the same moment."""
        return min(30.0, 2.0 ** self._losses[seat] / 2) * self._masks.uniform(0.5, 1.5)

    def _read_city(self, welcome: Welcome) -> Setting:
        scenario = self._plan.scenario
        city = City(welcome.zones)
        if scenario.zone not in city.zones:
            raise CityError(f"the city has no zone {scenario.zone!r}; it has {', '.join(city.zones)}")
        wanted = set(scenario.habits).union(*(BEHAVIOURS[kind].deeds for kind in scenario.behaviours))
        missing = sorted(wanted - set(welcome.deeds))
        if missing:
            raise CityError(f"the server has no deed {', '.join(missing)}; it has {', '.join(welcome.deeds)}")
        rng = Random(f"{self._plan.seed}:clusters")
        clusters = draw_clusters(city, scenario.zone, self._plan.bots, scenario.clusters, rng)
        return Setting(city, scenario.zone, clusters, scenario.rules, scenario.firework)

    # ---- living --------------------------------------------------------------------------------------

    def _beat(self, number: int) -> None:
        """Every 10 ms: ask the minds whose turn it is, and let the headers be checked now and then."""
        for seat in range(number % DECISION_BEATS, self._plan.bots, DECISION_BEATS):
            self._decide(seat)
        if number % _SETTLE_BEATS == 0:
            self.arrivals.settle()

    def _decide(self, seat: int) -> None:
        bot, mind, last = self.bots[seat], self._minds[seat], self.arrivals
        if bot is None or mind is None or self._setting is None or not last.frames.item(seat):
            return
        zone = self._setting.city.named(last.zone.item(seat))
        at, waiting = Point(last.x.item(seat), last.z.item(seat)), len(self.purses[seat].asked)
        here = Here(perf_counter(), at, zone, bot.crystals, waiting, self.begun)
        intent = mind.behaviour.decide(here)
        bot.move(intent.steer, intent.gait, intent.jump)
        deed = intent.deed or mind.chatter.next_deed(here.when_s)
        if deed is not None:
            bot.do(deed.name, deed.fields)
