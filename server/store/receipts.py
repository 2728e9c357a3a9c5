"""What players say was confirmed to them, held against the books: nothing lost, nothing twice.

A receipt is a transaction's key, "<epoch>.<zone>.<the world's key>". They come as JSON lines,
{"receipt": …, "account": …, "amount": …}, as a client wrote them down when it was told.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, select

from server.store.tables import accounts, postings, transactions

# Keys asked for in one statement; both databases take more.
CHUNK = 5000
# What a player asks for and is told of; a welcome, a refund or a sweep may go unheard.
HEARD_KINDS = ("pick_up", "light")
# A pick-up's key names its crystal, which may be tried for more than once and be had only once.
_CRYSTAL = re.compile(r"(\d+\.\d+\.pick\.\d+)(\.\d+)?")


class Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One confirmation: the account's name, and what it was given, negative for what it paid."""

    receipt: str
    account: str
    amount: int


class ReceiptsError(Exception):
    """A file of receipts that cannot be used, in one sentence."""


class Compared(NamedTuple):
    """How receipts and books agree.

    `confirmed` receipts were given, `stored` of them are in the books for that account and amount,
    `lost` are not. `doubled`: said twice, or a crystal had twice. `unheard`: stored for these accounts in
    these runs, and nobody says so; the word was on its way when somebody went.
    """

    confirmed: int
    stored: int
    lost: int
    doubled: int
    unheard: int
    first: str | None

    @property
    def clean(self) -> bool:
        """Whether everything that was confirmed is stored, once."""
        return not (self.lost or self.doubled)


def read(path: Path) -> list[Receipt]:
    """All receipts of a file; ReceiptsError names the first line that is none."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise ReceiptsError(f"{path}: cannot be read: {error.strerror}") from None
    found = []
    for number, line in enumerate(lines, 1):
        try:
            found.append(msgspec.json.decode(line, type=Receipt))
        except msgspec.DecodeError as error:
            raise ReceiptsError(f"{path}: line {number} is not a receipt: {error}") from None
    return found


def compare(connection: Connection, receipts: Sequence[Receipt]) -> Compared:
    """Holds the receipts against the books as they are in this transaction's moment."""
    in_books = _in_books(connection, {one.receipt for one in receipts})
    distinct = dict.fromkeys(receipts)
    lost = [one for one in distinct if (one.account, one.amount) not in in_books.get(one.receipt, ())]
    said = Counter(one.receipt for one in receipts)
    doubled = [receipt for receipt, times in said.items() if times > 1]
    runs = {one.receipt.partition(".")[0] for one in receipts}
    doubled += _crystals_twice(said.keys() | _picked_up(connection, runs))
    first = f"receipt {lost[0].receipt}: {lost[0].amount} for {lost[0].account} is not in the books" if lost else None
    first = first or (f"receipt {doubled[0]}: confirmed or stored twice" if doubled else None)
    unheard = len(_done_by(connection, {one.account for one in receipts}, runs) - said.keys())
    return Compared(len(receipts), len(distinct) - len(lost), len(lost), len(doubled), unheard, first)


def _in_books(connection: Connection, keys: set[str]) -> dict[str, set[tuple[str, int]]]:
    """The postings of these transactions, as pairs of account and amount."""
    stored: dict[str, set[tuple[str, int]]] = {}
    rows = (
        select(transactions.c.key, accounts.c.name, postings.c.amount).join_from(transactions, postings).join(accounts)
    )
    for chunk in _chunks(keys):
        for row in connection.execute(rows.where(transactions.c.key.in_(chunk))):
            stored.setdefault(row.key, set()).add((row.name, row.amount))
    return stored


def _done_by(connection: Connection, players: set[str], runs: set[str]) -> set[str]:
    """The keys of all that these accounts did in these runs and would be told of."""
    keys = select(transactions.c.key).join_from(transactions, postings).join(accounts)
    keys = keys.where(transactions.c.kind.in_(HEARD_KINDS))
    done: set[str] = set()
    for chunk in _chunks(players):
        done.update(connection.scalars(keys.where(accounts.c.name.in_(chunk))))
    return {key for key in done if key.partition(".")[0] in runs}


def _picked_up(connection: Connection, runs: set[str]) -> set[str]:
    """The keys of all pick-ups of these runs, whoever made them."""
    keys = connection.scalars(select(transactions.c.key).where(transactions.c.kind == "pick_up"))
    return {key for key in keys if key.partition(".")[0] in runs}


def _crystals_twice(keys: Iterable[str]) -> list[str]:
    """Crystals that were picked up under more than one key."""
    had = Counter(found[1] for key in keys if (found := _CRYSTAL.fullmatch(key)))
    return [crystal for crystal, times in had.items() if times > 1]


def _chunks(names: Iterable[str]) -> Iterator[list[str]]:
    rest = sorted(names)
    for start in range(0, len(rest), CHUNK):
        yield rest[start : start + CHUNK]
