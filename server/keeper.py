"""What players get back when they return: place, name, look and settings, kept while they are here and when they leave.

Everybody is written down twice a minute, so that a killed city has forgotten half a minute at most;
nothing here is owned (that is the ledger's), so nobody waits for it. Of each account only the newest
state waits to be written. That bounds it: by those who are in the city, and by those who left since
the store was last there, while which nobody new comes in.
"""

from itertools import islice

import numpy as np

from server.errand import Errand
from server.outage import Outage
from server.players import Player, Players
from server.scene import Scene
from server.store.records import Place, PlayerState, Store
from world.config import TICK_RATE_HZ

# Each account is written this often; five thousand players are 167 rows a second.
ROTATION_TICKS = 30 * TICK_RATE_HZ
# Rows a transaction: a few milliseconds, between which settlements have their turn.
GROUP_MAX = 256


class Keeper(Errand):
    """Notes players down and writes what it has noted once a second."""

    # Every transaction costs the disk a sync that settlements wait for; a place may be a second old.
    rest_s = 1.0

    def __init__(self, scene: Scene, players: Players, store: Store, outage: Outage) -> None:
        super().__init__(outage)
        self._scene, self._players, self._store = scene, players, store
        self._newest: dict[int, PlayerState] = {}

    @property
    def waiting(self) -> int:
        """How many accounts' states are not written yet."""
        return len(self._newest)

    def turn(self, tick: int) -> None:
        """Note down those whose turn it is in this tick."""
        scene = self._scene
        first = tick % ROTATION_TICKS
        theirs = np.flatnonzero(scene.here[first::ROTATION_TICKS]) * ROTATION_TICKS + first
        for entity in scene.entity[theirs].tolist():
            if player := self._players.find(entity):
                self.note(player)
        self._metrics.saves_waiting.set(len(self._newest))

    def note(self, player: Player) -> None:
        """Note down this player as they are now. Whoever has not arrived has done nothing worth noting."""
        if player.account and self._scene.holds(player.entity):
            self._newest[player.account] = self._state(player)
            self.hurry()

    def newest(self, account: int) -> PlayerState | None:
        """What is not written yet of an account, and so is newer than what the store says."""
        return self._newest.get(account)

    async def _attempt(self) -> None:
        states = list(islice(self._newest.values(), GROUP_MAX))
        await self._store.save(states)
        for state in states:
            if self._newest[state.account] is state:
                del self._newest[state.account]
        self._metrics.saves.inc(len(states))

    def _state(self, player: Player) -> PlayerState:
        scene, slot = self._scene, player.slot
        place = Place(int(scene.x[slot]), int(scene.z[slot]), int(scene.heading[slot]))
        return PlayerState(player.account, player.name, player.look, place, player.settings)
