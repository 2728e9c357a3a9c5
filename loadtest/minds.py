"""What drives the bots: the city as Welcome tells of it, and a mind for each seat, drawn from the seed."""

from random import Random
from time import perf_counter

from msgspec import Struct

from loadtest.arrivals import Arrivals
from loadtest.behaviours import BEHAVIOURS
from loadtest.behaviours.base import Behaviour, Here, Setting, draw_clusters
from loadtest.behaviours.chatter import Chatter
from loadtest.bot import Bot
from loadtest.city import City, Point
from loadtest.scenario import Scenario
from protocol.messages import Welcome


class CityError(Exception):
    """The city told in Welcome is not one this scenario can be played in; the message says why."""


class Mind(Struct):
    """What drives one bot."""

    behaviour: Behaviour
    chatter: Chatter


class Minds:
    """The minds of `seats` bots in a scenario; the first Welcome says what city it is."""

    def __init__(self, scenario: Scenario, seats: int, seed: int) -> None:
        self._scenario = scenario
        self._seats = seats
        self._seed = seed
        self._minds: list[Mind | None] = [None] * seats
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
        bot.hunts = BEHAVIOURS[kind].hunts

    def take(self, seat: int) -> None:
        """Let the bot in this seat want nothing any more."""
        self._minds[seat] = None

    def quicken(self, seat: int, habits: dict[str, float]) -> None:
        """Give the bot in this seat other habits."""
        mind = self._minds[seat]
        if mind is not None:
            mind.chatter.take_up(habits)

    def decide(self, bot: Bot, last: Arrivals, waiting: int) -> None:
        """Ask the mind of a bot what it wants, by what its last frame said, and let it do that."""
        seat = bot.index
        mind = self._minds[seat]
        if mind is None or self.setting is None or not last.known.item(seat):
            return
        zone = self.setting.city.named(last.zone.item(seat))
        at = Point(last.x.item(seat), last.z.item(seat))
        here = Here(perf_counter(), at, zone, bot.crystals, waiting, self.begun)
        intent = mind.behaviour.decide(here)
        bot.move(intent.steer, intent.gait, intent.jump)
        deed = intent.deed or mind.chatter.next_deed(here.when_s)
        if deed is not None:
            bot.do(deed.name, deed.fields)

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
        clusters = draw_clusters(city, scenario.zone, self._seats, scenario.clusters, rng)
        return Setting(city, scenario.zone, clusters, scenario.rules, scenario.firework)
