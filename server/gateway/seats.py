"""The viewers who are served in the same turn, as arrays, and who of them is behind."""

import numpy as np

from server.delivery import Delivery, Viewers, together
from server.outbox import Outbox
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
        self._viewers = Viewers.of({})
        # Who has come and who has gone since these were put together.
        self._come: dict[int, Outbox] = {}
        self._gone: set[int] = set()

    @property
    def viewers(self) -> Viewers:
        """Everybody here, the same record while nobody comes or goes.

        Those who come are put behind the others, for made anew it would touch all sessions; and all who come or go
        between two looks at once, for in a crowd that is cut each would go through what is left of all the others.
        """
        if self._gone:
            self._viewers = self._viewers.only(~np.isin(self._viewers.slots, list(self._gone)))
            self._gone.clear()
        if self._come:
            self._viewers = together([self._viewers, Viewers.of(self._come)])
            self._come.clear()
        return self._viewers

    def sit(self, slot: int, session: Session) -> None:
        """Somebody comes, in place of whoever was in this slot."""
        self.leave(slot)
        self.sessions[slot] = session
        self._come[slot] = session.outbox

    def leave(self, slot: int) -> None:
        """Somebody goes, if they were here."""
        if self.sessions.pop(slot, None) is not None and self._come.pop(slot, None) is None:
            self._gone.add(slot)

    def unsent(self) -> dict[Session, int]:
        """Who has not taken everything yet, and how many bytes are left."""
        written = self.delivery.behind if self.delivery else ()
        suspects = {self.sessions[slot]: None for slot in written if slot in self.sessions} | dict.fromkeys(
            self.lagging
        )
        sizes = ((session, session.outbox.backlog_bytes()) for session in suspects if not session.closed)
        return {session: size for session, size in sizes if size}
