"""Books in memory for one world: what a zone asks to be stored is stored, or not, when the test says so."""

from collections import defaultdict

from world.event import Settle
from world.events.confirm import Confirm
from world.events.reject import Reason, Reject
from world.tick import Issued, Outcome


class Books:
    """Remembers what was asked and answers it; the house may owe, nobody else."""

    def __init__(self) -> None:
        self.waiting: list[Settle] = []
        self.stored: dict[str, Settle] = {}
        self.balances: defaultdict[str, int] = defaultdict(int)

    def take(self, outcome: Outcome) -> None:
        """What a tick has asked."""
        self.waiting += outcome.settlements

    def answer(self) -> list[Issued]:
        """Store everything that waits; the answers, for the next tick."""
        waiting, self.waiting = self.waiting, []
        return [Issued(0, 0, self._confirmed(settle)) for settle in waiting]

    def refuse(self, reason: Reason) -> list[Issued]:
        """Store nothing of what waits."""
        waiting, self.waiting = self.waiting, []
        return [Issued(0, 0, Reject(settle.key, reason)) for settle in waiting]

    def _confirmed(self, settle: Settle) -> Confirm:
        assert settle.key not in self.stored, f"{settle.key} twice"
        assert sum(posting.amount for posting in settle.postings) == 0
        self.stored[settle.key] = settle
        for account, amount in settle.postings:
            self.balances[account] += amount
            assert account == "house" or self.balances[account] >= 0, f"{account} is short"
        balance = next((self.balances[name] for name, _ in settle.postings if name.startswith("player:")), 0)
        return Confirm(settle.key, f"1.0.{settle.key}", balance)
