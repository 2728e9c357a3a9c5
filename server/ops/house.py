"""What operators see of, and may ask of, everybody who is in: the gateway, as the routes of this room know it."""

from typing import Protocol

from protocol.errors import CloseCode
from server.players import Player, Players
from server.sanctions import Sanctions
from server.scene import Scene


class House(Protocol):
    """Looked at and asked from the loop's own thread, between ticks."""

    @property
    def players(self) -> Players:
        """Everybody who has a body here."""

    @property
    def scene(self) -> Scene:
        """Where everybody is."""

    @property
    def sanctions(self) -> Sanctions:
        """Who is banned and muted."""

    @property
    def crying(self) -> bool:
        """Whether so many announcements are under way that no more are taken."""

    def send_away(self, player: Player, code: CloseCode, reason: str, retry_after_s: float | None = None) -> None:
        """End a player's link, if there is one, and take the body out of the city."""
