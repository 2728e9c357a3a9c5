"""What drives the bots: the city as Welcome tells of it, and a mind for each seat, drawn from the seed."""

from collections.abc import Sequence
from random import Random
from time import perf_counter

import numpy as np
from msgspec import Struct

from loadtest.arrivals import Arrivals
from loadtest.behaviours import BEHAVIOURS
from loadtest.behaviours.base import Behaviour, Deed, Here, Intent, Setting, draw_clusters
from loadtest.behaviours.chatter import Chatter
from loadtest.bot import Bot
from loadtest.city import City, Point
from loadtest.purses import Purses
from loadtest.scenario import Scenario
from loadtest.sender import Moves
from loadtest.striding import ASK, Courses, Legs, Place, Seen, go_on
from protocol.frames import INTENT_JUMP
from protocol.messages import Welcome


class CityError(Exception):
    """The city told in Welcome is not one this scenario can be played in; the message says why."""


class Mind(Struct):
    """What drives one bot."""

    behaviour: Behaviour
    chatter: Chatter


class Minds:
    """The minds of the bots in a scenario; the first Welcome says what city it is."""

    def __init__(
        self, scenario: Scenario, seed: int, bots: Sequence[Bot | None], arrivals: Arrivals, purses: Purses
    ) -> None:
        self._scenario = scenario
        self._seed = seed
        self._bots, self._arrivals, self._purses = bots, arrivals, purses
        seats = len(bots)
        self._minds: list[Mind | None] = [None] * seats
        # Who goes on by itself, and how: gait and flags are those of its last intent.
        self._legs: list[Legs | None] = [None] * seats
        self._courses = Courses.of(seats)
        self._gaits, self._flags = np.zeros((2, seats), np.int64)
        # Whether what the scenario is about goes on; whoever waits for it only gathers until then.
        self.begun = scenario.event is None
        self.setting: Setting | None = None

    @property
    def all(self) -> list[Mind]:
        """Those that there are, by seat."""
        return [mind for mind in self._minds if mind is not None]

    def give(self, bot: Bot, welcome: Welcome) -> None:
        """Give the bot a mind of its own, drawn from the seed and its seat. Raises CityError."""
        setting = self.setting = self.setting or self._read_city(welcome)
        scenario = self._scenario
        rng = Random(f"{self._seed}:{bot.index}")
        kind = rng.choices(list(scenario.behaviours), list(scenario.behaviours.values()))[0]
        self._minds[bot.index] = Mind(BEHAVIOURS[kind](rng, setting), Chatter(rng, scenario.habits, welcome.deeds))
        self._stop(bot.index)
        bot.hunts = BEHAVIOURS[kind].hunts

    def take(self, seat: int) -> None:
        """Let the bot in this seat want nothing any more."""
        self._minds[seat] = None
        self._stop(seat)

    def quicken(self, seat: int, habits: dict[str, float]) -> None:
        """Give the bot in this seat other habits."""
        mind = self._minds[seat]
        if mind is not None:
            mind.chatter.take_up(habits)
            self._stop(seat)

    def _stop(self, seat: int) -> None:
        """Nothing that it has begun goes on by itself."""
        self._legs[seat], self._courses.until_s[seat] = None, 0.0

    def decide(self, seats: range) -> tuple[Moves, list[tuple[int, Deed]]]:
        """What the bots in these seats do next, by what their last frames said: how they move, and deeds by seat.

        Whoever is on its way goes on; the minds of the others are asked. Who has had no frame yet does nothing.
        """
        now_s, last = perf_counter(), self._arrivals
        whose, steers = np.array(seats, np.int64), np.empty(len(seats), np.int64)
        go_on(whose, now_s, Seen(last.known, last.x, last.z, last.zone), self._courses, steers)
        deeds: list[tuple[int, Deed]] = []
        for row in np.flatnonzero(steers == ASK).tolist():
            intent = self._ask(seats[row], now_s)
            if intent is not None:
                steers[row] = intent.steer
                if intent.deed is not None:
                    deeds.append((seats[row], intent.deed))
        moving = steers != ASK
        whose = whose[moving]
        return Moves(whose, steers[moving], self._gaits[whose], self._flags[whose]), deeds

    def _ask(self, seat: int, now_s: float) -> Intent | None:
        """What its mind wants, if it has one and a frame has told where it is."""
        mind, bot, last, courses = self._minds[seat], self._bots[seat], self._arrivals, self._courses
        if mind is None or bot is None or self.setting is None or not last.known[seat]:
            return None
        legs = self._legs[seat]
        if legs is not None:
            legs.last = Place(*courses.lasts[seat].tolist())
        zone, at = last.zone.item(seat), Point(last.x.item(seat), last.z.item(seat))
        waiting = len(self._purses[seat].asked)
        here = Here(now_s, at, self.setting.city.named(zone), bot.crystals, waiting, self.begun)
        intent = mind.behaviour.decide(here)
        if intent.deed is None:
            intent = intent._replace(deed=mind.chatter.next_deed(now_s))
        self._gaits[seat], self._flags[seat] = intent.gait, INTENT_JUMP if intent.jump else 0
        self._let_go(seat, zone, None if mind.behaviour.watchful else intent.legs, mind.chatter.next_s)
        return intent

    def _let_go(self, seat: int, zone: int, legs: Legs | None, until_s: float) -> None:
        """Let it go on by itself while it is in this zone, on these legs and until then; ask it next time otherwise."""
        self._legs[seat], courses = legs, self._courses
        courses.until_s[seat] = 0.0
        if legs is not None and legs.last is not None:
            courses.ways[seat], courses.lasts[seat] = legs.way, legs.last
            courses.zones[seat], courses.until_s[seat] = zone, until_s

    def _read_city(self, welcome: Welcome) -> Setting:
        scenario = self._scenario
        city = City(welcome.zones)
        if scenario.zone not in city.zones:
            raise CityError(f"the city has no zone {scenario.zone!r}; it has {', '.join(city.zones)}")
        wanted = set(scenario.habits).union(*(BEHAVIOURS[kind].deeds for kind in scenario.behaviours))
        missing = sorted(wanted - set(welcome.deeds))
        if missing:
            raise CityError(f"the server has no deed {', '.join(missing)}; it has {', '.join(welcome.deeds)}")
        rng = Random(f"{self._seed}:clusters")
        clusters = draw_clusters(city, scenario.zone, len(self._bots), scenario.clusters, rng)
        return Setting(city, scenario.zone, clusters, scenario.rules, scenario.firework)
