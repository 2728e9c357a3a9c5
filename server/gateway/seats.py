"""The viewers who are served in the same turn, as arrays, and who of them is behind."""

from server.delivery import Delivery, Viewers, together
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
        # Everybody here. While a crowd comes it grows one by one: made anew it would touch all sessions each time.
        self.viewers = Viewers.of({})

    def sit(self, slot: int, session: Session) -> None:
        """Somebody comes, in place of whoever was in this slot."""
        self.leave(slot)
        self.sessions[slot] = session
        self.viewers = together([self.viewers, Viewers.of({slot: session.outbox})])

    def leave(self, slot: int) -> None:
        """Somebody goes, if they were here."""
        if self.sessions.pop(slot, None) is not None:
            self.viewers = self.viewers.only(self.viewers.slots != slot)

    def unsent(self) -> dict[Session, int]:
        """Who has not taken everything yet, and how many bytes are left."""
        written = self.delivery.behind if self.delivery else ()
        suspects = {self.sessions[slot]: None for slot in written if slot in self.sessions} | dict.fromkeys(
            self.lagging
        )
        sizes = ((session, session.outbox.backlog_bytes()) for session in suspects if not session.closed)
        return {session: size for session, size in sizes if size}
