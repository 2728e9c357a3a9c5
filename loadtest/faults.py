"""What a server can do wrong on the wire, counted by kind, with a few examples of each kept for the report."""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

Kind = TypeVar("Kind", bound=str)

# Three examples show a pattern; thirty thousand would only show that memory is finite.
EXAMPLES_MAX = 3


class FaultKind(StrEnum):
    """Every promise of the wire that the bots check; a run with a single fault fails."""

    TICK_WENT_BACK = "tick_went_back"
    TOO_FAST = "too_fast"
    ACK_WENT_BACK = "ack_went_back"
    ACK_NEVER_SENT = "ack_never_sent"
    INPUT_UNACKNOWLEDGED = "input_unacknowledged"
    BAD_FRAMING = "bad_framing"
    BAD_MESSAGE = "bad_message"
    BAD_FRAME_SIZE = "bad_frame_size"
    TOO_MANY_RECORDS = "too_many_records"
    DUPLICATE_RECORD = "duplicate_record"
    SAW_ITSELF = "saw_itself"
    BAD_ENTITY = "bad_entity"
    BAD_OFFSET = "bad_offset"
    BAD_ANIMATION = "bad_animation"
    OTHER_TOO_FAST = "other_too_fast"
    MISSING_PROFILE = "missing_profile"
    BAD_CRYSTAL = "bad_crystal"
    SERIAL_SKIPPED = "serial_skipped"
    CONFIRMED_UNASKED = "confirmed_unasked"
    GIVEN_TWICE = "given_twice"
    ACCOUNT_LOST = "account_lost"
    BALANCE_LOST = "balance_lost"
    POSITION_ROSE = "position_rose"


class Faults:
    """How often each fault was seen, and who saw the first ones."""

    def __init__(self) -> None:
        self.counts: Counter[FaultKind] = Counter()
        self.examples: dict[FaultKind, list[str]] = {}
        # Who broke the rules first: what a server does to them then is no promise broken.
        self.excused: set[int] = set()

    @property
    def total(self) -> int:
        """Faults of all kinds."""
        return self.counts.total()

    def note(self, kind: FaultKind, bot: int, what: str, times: int = 1) -> None:
        """Count a fault seen by bot number `bot`; `what` is one clause for a person."""
        if bot in self.excused:
            return
        self.counts[kind] += times
        kept = self.examples.setdefault(kind, [])
        if len(kept) < EXAMPLES_MAX:
            kept.append(f"bot {bot}: {what}")


def told(counts: Mapping[Kind, int], examples: Mapping[Kind, list[str]]) -> list[str]:
    """A sentence for each kind of fault: how often it was seen, and the first time."""
    return [
        f"fault {kind}: {count} times (first: {examples.get(kind, ['not kept'])[0]})" for kind, count in counts.items()
    ]
