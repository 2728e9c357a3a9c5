"""The door: who may come in now. Those in login count, joins are paced by the tick, the returning go first."""

from collections import deque
from typing import NamedTuple

from protocol.messages import Hello
from server.players import NOBODY, Identity
from server.session import Session
from server.settings import GameSettings
from server.store.records import Saved


class Knock(NamedTuple):
    """Somebody at the door: what they said, what they proved with it, and what the books say of them, if asked."""

    session: Session
    hello: Hello
    identity: Identity = NOBODY
    saved: Saved | None = None


class Admission:
    """Two lanes, each in order of arrival; never more people in them than the city has places."""

    def __init__(self, settings: GameSettings) -> None:
        self._settings = settings
        self._returning: deque[Knock] = deque()
        self._ordinary: deque[Knock] = deque()

    @property
    def waiting(self) -> int:
        """People in login."""
        return len(self._returning) + len(self._ordinary)

    def has_room(self, players: int) -> bool:
        """Whether one more may knock, with so many players in the city already."""
        return players + self.waiting < self._settings.players_max

    def knock(self, knock: Knock, returning: bool) -> None:
        """Wait for a turn."""
        (self._returning if returning else self._ordinary).append(knock)

    def admit(self) -> list[Knock]:
        """Whose turn it is in this tick; those who have left meanwhile cost nobody a turn."""
        admitted: list[Knock] = []
        for lane in (self._returning, self._ordinary):
            while lane and len(admitted) < self._settings.joins_per_tick:
                knock = lane.popleft()
                if not knock.session.closed:
                    admitted.append(knock)
        return admitted
