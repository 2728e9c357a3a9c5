"""Somebody at the door: what they said, what they proved with it, where they stand, and how far they have come."""

import secrets
from dataclasses import dataclass, field
from enum import Enum, auto

from protocol.messages import Hello
from server.lanes import Lane
from server.players import NOBODY, RESUME_BYTES, Identity
from server.session import Session
from server.store.records import Saved


class Stage(Enum):
    """How far somebody has come.

    Waiting in line, then called: asked of the store, known to the books, given a body; gone once they are in or have
    left. Whoever has been called holds a place in the city.
    """

    WAITING = auto()
    ASKED = auto()
    KNOWN = auto()
    ENTERING = auto()
    GONE = auto()


def _ticket() -> str:
    return secrets.token_urlsafe(RESUME_BYTES)


@dataclass(slots=True, eq=False)
class Knock:
    """One visitor. The ticket is their way back: to this place, and once they are in, to their body.

    `session` is None while the link is lost, since `lost_tick`; `told` is whether they have ever heard of their ticket.
    """

    session: Session | None
    hello: Hello
    lane: Lane
    since_tick: int
    identity: Identity = NOBODY
    saved: Saved | None = None
    stage: Stage = Stage.WAITING
    number: int = 0
    told: bool = False
    lost_tick: int = 0
    ticket: str = field(default_factory=_ticket)
