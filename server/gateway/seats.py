"""The viewers who are served in the same turn: kept as arrays while nobody comes or goes, and who of them is behind."""

from server.delivery import Delivery, Viewers
from server.session import Session


class Seats:
    """Sessions by slot. Whoever had taken what was written last time is not looked at before the next write.

    Asking a thousand transports for their backlog costs 1.5 µs each, because none of them is in the
    processor's cache; right after a write it costs a twentieth of that.
    """

    def __init__(self) -> None:
        self.sessions: dict[int, Session] = {}
        # Who gets no frames, and since which tick; whoever keeps up is not in it.
        self.lagging: dict[Session, int] = {}
        # What each of those who had not taken everything held when it was their turn last.
        self.left: dict[Session, int] = {}
        self.delivery: Delivery | None = None
        self._viewers: Viewers | None = None

    def sit(self, slot: int, session: Session) -> None:
        """Somebody comes."""
        self.sessions[slot] = session
        self._viewers = None

    def leave(self, slot: int) -> None:
        """Somebody goes, if they were here."""
        self.sessions.pop(slot, None)
        self._viewers = None

    @property
    def viewers(self) -> Viewers:
        """Everybody here."""
        if self._viewers is None:
            self._viewers = Viewers.of({slot: session.outbox for slot, session in self.sessions.items()})
        return self._viewers

    def unsent(self) -> dict[Session, int]:
        """Who has not taken everything yet, and how many bytes are left."""
        written = self.delivery.behind if self.delivery else ()
        suspects = {self.sessions[slot]: None for slot in written if slot in self.sessions} | dict.fromkeys(
            self.lagging
        )
        sizes = ((session, session.outbox.backlog_bytes()) for session in suspects if not session.closed)
        return {session: size for session, size in sizes if size}
