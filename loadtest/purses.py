"""What each seat of a swarm asked of the books and what it was told: the other half of `futurecity audit`.

A purse belongs to a seat, not to a connection: who comes back after a lost link is the same account, and may be told
then what it asked for before. Every confirmation becomes a line of the receipts (loadtest/receipts.py); its time from
the request is measured, and what no server may say is a fault: a confirmation nobody asked for, one that comes twice,
a crystal that two were given, and a balance that has shrunk over a lost link.
"""

from collections import Counter
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from loadtest.faults import FaultKind, Faults
from loadtest.histogram import Histogram
from loadtest.receipts import Receipt, Receipts
from protocol.messages import Happened, Welcome

# Deeds that are settled, and the events that answer them.
PICK_UP, LIGHT = "pick_up_crystal", "light_firework"
SETTLED = frozenset({PICK_UP, LIGHT})
GAINED, PAID, REFUNDED, PENDING = "crystal_gained", "firework_settled", "firework_refunded", "settlement_pending"
# How the name of each stands in msgpack, and how many bytes the tick before it takes by its first one.
_NAMES = tuple(bytes([0xA0 | len(name)]) + name.encode() for name in (GAINED, PAID, REFUNDED, PENDING))
NAMES_BEGIN_WITH = frozenset(name[0] for name in _NAMES)
_TICK_BYTES = {b"\xcc": 2, b"\xcd": 3, b"\xce": 5}


def is_of_books(payload: bytes) -> bool:
    """Whether a whole `Happened` tells of what somebody owns, by a glance: hundreds of others come for each."""
    return payload.startswith(_NAMES, 2 + _TICK_BYTES.get(payload[2:3], 1))


class Asked(NamedTuple):
    """A deed that was asked for and not answered yet."""

    deed: str
    when_s: float


class Purse:
    """One seat: who it is in the books, its way back, what it owns as far as it knows, what it waits for.

    `heard` is the serial it heard last; None when it cannot know which comes next.
    """

    __slots__ = ("account", "asked", "balance", "heard", "number", "resume", "token")

    def __init__(self) -> None:
        self.account: str | None = None
        self.token: str | None = None
        self.resume: str | None = None
        self.balance = 0
        self.heard: int | None = 0
        # The number of the last deed. It goes on over a lost link, so that a late answer finds its question.
        self.number = 0
        self.asked: dict[int, Asked] = {}


class Purses:
    """The purses of `seats` bots. Figures are since they were last drained; counts are of the whole run.

    `cost` is what the one firework costs that these bots light: a refund does not say it.
    """

    def __init__(self, seats: int, faults: Faults, receipts: Receipts, cost: int = 0) -> None:
        self._purses = [Purse() for _ in range(seats)]
        self._faults = faults
        self._receipts = receipts
        self._cost = cost
        # Which crystals somebody was given, by the run of the server that the receipt names.
        self._given: set[tuple[str, int]] = set()
        self._waits_ms: list[float] = []
        self._settle_ms = Histogram()
        # Confirmations by event.
        self.confirmed: Counter[str] = Counter()

    def __getitem__(self, seat: int) -> Purse:
        return self._purses[seat]

    @property
    def waiting(self) -> int:
        """How many deeds are not answered yet."""
        return sum(len(purse.asked) for purse in self._purses)

    @property
    def settled(self) -> int:
        """How many confirmations were heard."""
        return self.confirmed.total()

    def drain(self) -> Histogram:
        """From request to confirmation, in milliseconds, since the last call; receipts are on disk after it."""
        self._settle_ms.add(np.array(self._waits_ms))
        self._waits_ms.clear()
        self._receipts.flush()
        settle_ms, self._settle_ms = self._settle_ms, Histogram()
        return settle_ms

    def welcomed(self, seat: int, welcome: Welcome) -> None:
        """The seat is in the city: the first time, or again."""
        purse = self._purses[seat]
        if purse.account not in (None, welcome.account):
            self._blame(FaultKind.ACCOUNT_LOST, seat, f"{purse.account} came back as {welcome.account}")
        elif purse.account and welcome.balance < purse.balance and not _may_have_paid(purse):
            self._blame(FaultKind.BALANCE_LOST, seat, f"{purse.balance} crystals became {welcome.balance}")
        if not welcome.resumed or welcome.missed is None:
            # Whoever asked is gone, or the answer is: stored or not, nobody will say.
            purse.asked.clear()
            purse.heard = None if welcome.resumed else 0
        purse.account, purse.balance = welcome.account or None, welcome.balance
        purse.token, purse.resume = welcome.token or purse.token, welcome.resume

    def queued(self, seat: int, ticket: str) -> None:
        """The seat has a place in the queue, and no body any more."""
        purse = self._purses[seat]
        purse.resume, purse.heard = ticket, 0

    def heard(self, seat: int, serial: int) -> None:
        """The seat was told something with this serial; 0 is none."""
        purse = self._purses[seat]
        if serial and purse.heard is not None and serial != purse.heard + 1:
            self._blame(FaultKind.SERIAL_SKIPPED, seat, f"serial {serial} came after {purse.heard}")
        purse.heard = serial or purse.heard

    def ask(self, seat: int, deed: str) -> int:
        """The number for the seat's next deed; from now on it waits for the answer if that deed is settled."""
        purse = self._purses[seat]
        purse.number += 1
        if deed in SETTLED:
            purse.asked[purse.number] = Asked(deed, perf_counter())
        return purse.number

    def denied(self, seat: int, number: int, deed: str) -> None:
        """The seat was told no."""
        if deed in SETTLED:
            self._purses[seat].asked.pop(number, None)

    def told(self, seat: int, event: Happened) -> None:
        """The seat was told something about what it owns. Raises KeyError for a field that is not there."""
        if event.event == PENDING:
            return
        purse, fields = self._purses[seat], event.fields
        asked = purse.asked.pop(fields.get("number", 0), None)
        if asked is None:
            self._blame(FaultKind.CONFIRMED_UNASKED, seat, f"{event.event} {fields}")
            return
        self._waits_ms.append((perf_counter() - asked.when_s) * 1000)
        self._confirm(seat, event.event, fields)

    def _confirm(self, seat: int, event: str, fields: dict[str, Any]) -> None:
        purse = self._purses[seat]
        purse.balance = fields["balance"]
        self.confirmed[event] += 1
        if event == GAINED:
            self._check_given(seat, fields)
        self._receipts.add(Receipt(fields["receipt"], purse.account or "", self._amount(event, fields)))

    def _amount(self, event: str, fields: dict[str, Any]) -> int:
        if event == REFUNDED:
            return self._cost
        return int(fields["value"]) if event == GAINED else -int(fields["cost"])

    def _check_given(self, seat: int, fields: dict[str, Any]) -> None:
        run = str(fields["receipt"]).partition(".")[0]
        given = (run, fields["crystal"])
        if given in self._given:
            self._blame(FaultKind.GIVEN_TWICE, seat, f"crystal {fields['crystal']} in run {run}")
        self._given.add(given)

    def _blame(self, kind: FaultKind, seat: int, what: str) -> None:
        self._faults.note(kind, seat, what)


def _may_have_paid(purse: Purse) -> bool:
    return any(asked.deed == LIGHT for asked in purse.asked.values())
