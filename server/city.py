"""The composition root of a city without its sockets: zones, bus, gateway and loop, wired together once."""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

from server.accounts import Start, StoredAccounts
from server.admission import Admission
from server.auth import Verifier
from server.bus import LocalBus
from server.clock import Clock
from server.gateway.gateway import Gateway
from server.gateway.reception import Entrance
from server.governor import Governor
from server.journal import Journal
from server.keeper import Keeper
from server.loop import CityLoop, Instruments
from server.ops.health import Outside
from server.ops.metrics import Metrics
from server.outage import Outage
from server.settings import ServerSettings
from server.settler import Bounds, Settler
from server.spare import Spare, fill_arenas, fill_heap
from server.store.records import Store
from server.switches import Switchboard
from server.zone_host import ZoneHost
from world.config import WorldConfig
from world.festival import OCCASIONS_MAX
from world.space import Space
from world.state import World


class Books(NamedTuple):
    """The store that a city has its books in, the number of this run of it, and who may sign tokens.

    `start` starts what goes on beside the ticks; tests without an event loop have their own way.
    `group_max` settlements share a transaction.
    """

    store: Store
    epoch: int
    verifier: Verifier
    start: Start = asyncio.create_task
    group_max: int = 256


class City:
    """A running city, and what the outside may know of it (`server.ops.health.CityView`)."""

    def __init__(
        self,
        settings: ServerSettings,
        config: WorldConfig,
        clock: Clock,
        books: Books,
        journal: Journal | None = None,
    ) -> None:
        self.config = config
        self.content_dir = settings.world.content
        self.listening = False
        self._clock = clock
        self._began_s = clock.now_s()
        game = self._settings = settings.game
        zones = config.city.zone
        space = Space(config.city)
        bus = LocalBus(len(zones))
        self.metrics = Metrics([zone.name for zone in zones])
        self.switchboard = Switchboard([zone.name for zone in zones], self.metrics)
        worlds = [World(config, number, space) for number in range(len(zones))]
        self.zones = [ZoneHost(world, bus, self.switchboard, self.metrics, journal) for world in worlds]
        outage = Outage(self.metrics, clock)
        self.governor = Governor(settings.governor, clock, self.metrics)
        self.admission = Admission(game, settings.admission, self.governor)
        accounts = StoredAccounts(books.store, outage, books.start)
        entrance = Entrance(books.verifier, accounts, self.admission)
        self.gateway = Gateway(game, config, bus, entrance, self.metrics, clock)
        players = self.gateway.reception.players
        self.keeper = Keeper(self.gateway.scene, players, books.store, outage)
        self.gateway.reception.memory = self.keeper
        self.settler = Settler(bus, books.store, books.epoch, Bounds(_waiting_max(config), books.group_max), outage)
        self.settler.tell = players.own
        errands = (self.settler, self.keeper)
        beside = (*errands, Spare(players, fill_arenas, fill_heap))
        self.loop = CityLoop(self.zones, self.gateway, bus, Instruments(clock, self.metrics, self.governor), beside)
        if journal is not None:
            self.metrics.journal_lag_seconds.set_function(lambda: journal.lag_s)
            self.metrics.journal_queue_bytes.set_function(lambda: journal.queued_bytes)
            self.metrics.journal_broken.set_function(lambda: float(journal.broken is not None))

    def renew(self, config: WorldConfig) -> None:
        """The zones are about to go on with this content: whoever comes from now on is told so."""
        self.config = config
        self.gateway.reception.renew(config)

    @property
    def name(self) -> str:
        """The city's name, from its content."""
        return self.config.city.name

    @property
    def ready(self) -> bool:
        """Whether players may come."""
        return self.listening and self.loop.tick > 0 and not self.gateway.draining

    @property
    def unanswered(self) -> int:
        """How much waits for the books in all zones, as of the last tick done."""
        return sum(len(zone.world.pending) for zone in self.zones)

    @property
    def tick(self) -> int:
        """The last tick done."""
        return self.loop.tick

    @property
    def tick_age_s(self) -> float:
        """Seconds since it was done."""
        return self._clock.now_s() - self.loop.ticked_s

    @property
    def tick_rate_hz(self) -> int:
        """Ticks per second, as planned."""
        return self.config.tick_rate_hz

    @property
    def players_max(self) -> int:
        """How many players may be in at once."""
        return self._settings.players_max

    @property
    def door(self) -> Outside:
        """Who could come in now."""
        return self.admission.outside()

    @property
    def players_by_zone(self) -> Mapping[str, int]:
        """Players in each zone."""
        return self.gateway.players_by_zone()

    @property
    def uptime_s(self) -> float:
        """Seconds since the city was put together."""
        return self._clock.now_s() - self._began_s

    @property
    def shed_level(self) -> int:
        """How much detail is being left out."""
        return self.gateway.shed_level


def _waiting_max(config: WorldConfig) -> int:
    """How much all zones together may have pending: what players ask for, and each rain's beginning and end besides.

    As many rains as there may be: more may come while the city runs.
    """
    return config.tuning.settling.pending_max * len(config.city.zone) + 2 * OCCASIONS_MAX
