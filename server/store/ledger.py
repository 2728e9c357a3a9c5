"""The ledger: groups of entries become transactions and postings, each group in one database transaction.

Whoever writes here is alone: SQLite's transaction is a writer's from its beginning, and PostgreSQL's
takes an advisory lock first. So balances that were read are still true when they are written, ids
follow each other without gaps, and no two groups can block each other.

Statements with a list in them are made once: each `column.in_(list)` makes objects that refer to each other, 6 KB for
every group, which lie about until the garbage collector looks for cycles, and in a quiet city that is after hours.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Row, Select, bindparam, func, insert, select, text, update

from server.store.judging import Judgement, Postings, judge, well_formed
from server.store.lists import listed
from server.store.records import Entry, Verdict
from server.store.tables import accounts, postings, transactions
from world.event import POOL

# The letters of "book".
WRITING_LOCK = 0x626F6F6B
# Parameters of one statement: SQLite takes 32,766 and PostgreSQL 32,767, and a group names fewer accounts than this.
NAMES_MAX = 8192

_OPEN = insert(accounts)
_WRITE = insert(transactions)
_POST = insert(postings)
_MOVE = (
    update(accounts)
    .where(accounts.c.id == bindparam("account"))
    .values(balance=accounts.c.balance + bindparam("moved"))
)
_REPEATED = select(transactions.c.key).where(transactions.c.key.in_(bindparam("keys", expanding=True)))
_POSTINGS_OF = (
    select(transactions.c.key, accounts.c.name, postings.c.amount)
    .join_from(transactions, postings)
    .join(accounts)
    .where(transactions.c.key.in_(bindparam("keys", expanding=True)))
)
_ACCOUNTS = select(accounts.c.id, accounts.c.name, accounts.c.balance).where(
    accounts.c.name.in_(bindparam("names", expanding=True))
)


def line_up(connection: Connection) -> None:
    """From here to the end of the transaction nobody else writes to the books."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITING_LOCK})


def settle(connection: Connection, entries: Sequence[Entry], at_ms: int) -> list[Verdict]:
    """As `Store.settle`, within the transaction of whoever is lined up."""
    # A database refuses to be asked for what is no key and no name, and the whole group with it.
    sound = [entry for entry in entries if well_formed(entry)]
    stored = _stored(connection, [entry.key for entry in sound])
    known = _accounts(connection, {name for entry in sound for name, _ in entry.postings})
    judgement = judge(entries, stored, {name: balance for name, (_, balance) in known.items()})
    if judgement.accepted:
        numbers = {name: number for name, (number, _) in known.items()}
        _open(connection, judgement, numbers)
        _write(connection, judgement.accepted, numbers, at_ms)
    return judgement.verdicts


def balances(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """What these accounts have; those that were never named are left out."""
    return {name: balance for name, (_, balance) in _accounts(connection, names).items()}


def filled_pools(connection: Connection) -> list[tuple[str, int]]:
    """Every pool that has something, in order of its name."""
    full = select(accounts.c.name, accounts.c.balance).where(accounts.c.name.like(f"{POOL}%"), accounts.c.balance > 0)
    return [(row.name, row.balance) for row in connection.execute(full.order_by(accounts.c.name))]


def next_number(connection: Connection, numbered: Select[int]) -> int:
    """One more than the greatest; `numbered` selects the greatest so far, and nobody else writes meanwhile."""
    return (connection.scalar(numbered) or 0) + 1


def _stored(connection: Connection, keys: Sequence[str]) -> dict[str, Postings]:
    """The postings of those keys that are stored already; hardly ever any."""
    repeated = connection.scalars(_REPEATED, {"keys": listed(keys)}).all()
    stored: dict[str, list[tuple[str, int]]] = {key: [] for key in repeated}
    if repeated:
        for row in connection.execute(_POSTINGS_OF, {"keys": listed(repeated)}):
            stored[row.key].append((row.name, row.amount))
    return {key: tuple(moved) for key, moved in stored.items()}


def _accounts(connection: Connection, names: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Number and balance of those accounts that there are."""
    known: dict[str, tuple[int, int]] = {}
    wanted = sorted(names)
    for start in range(0, len(wanted), NAMES_MAX):
        names = listed(wanted[start : start + NAMES_MAX])
        rows: Iterable[Row[int, str, int]] = connection.execute(_ACCOUNTS, {"names": names})
        known |= {row.name: (row.id, row.balance) for row in rows}
    return known


def _open(connection: Connection, judgement: Judgement, numbers: dict[str, int]) -> None:
    """Makes the accounts that are named for the first time by something that is settled."""
    named = dict.fromkeys(name for entry in judgement.accepted for name, _ in entry.postings)
    new = [name for name in named if name not in numbers]
    if not new:
        return
    first = next_number(connection, select(func.max(accounts.c.id)))
    numbers |= {name: first + place for place, name in enumerate(new)}
    connection.execute(_OPEN, [{"id": numbers[name], "name": name, "balance": 0} for name in new])


def _write(connection: Connection, entries: Sequence[Entry], numbers: dict[str, int], at_ms: int) -> None:
    first = next_number(connection, select(func.max(transactions.c.id)))
    written, posted, moved = [], [], Counter[int]()
    for number, entry in enumerate(entries, first):
        written.append({"id": number, "key": entry.key, "kind": entry.kind, "tick": entry.tick, "at_ms": at_ms})
        for name, amount in entry.postings:
            account = numbers[name]
            posted.append({"transaction_id": number, "account_id": account, "amount": amount})
            moved[account] += amount
    connection.execute(_WRITE, written)
    connection.execute(_POST, posted)
    moves = [{"account": account, "moved": amount} for account, amount in sorted(moved.items()) if amount]
    if moves:
        connection.execute(_MOVE, moves)
