"""The audit: proves the books from their rows alone, and names the first row of each rule that is broken.

Nothing that the ledger promises is taken for granted, constraints of the database included: whoever
may change the books may have dropped those. Each rule is one statement that selects what breaks it.
"""

from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, Table, and_, case, exists, func, literal, not_, or_, select

from server.store.tables import accounts, postings, transactions
from world.event import HOUSE, POOL

# What goes into a pool, and what comes out of it. A pool is filled once and ends empty, or holds what is left.
POOL_FILLED_BY = ("fund",)
POOL_EMPTIED_BY = ("pick_up", "close", "sweep")


class Finding(NamedTuple):
    """A row that breaks a rule, in one sentence."""

    rule: str
    sentence: str


class Books(NamedTuple):
    """What there is, and the first thing that is wrong under each rule that is broken."""

    accounts: int
    transactions: int
    findings: list[Finding]

    @property
    def balanced(self) -> bool:
        """Whether every rule is kept."""
        return not self.findings


class Rule(NamedTuple):
    """What must never be: a statement that selects such rows, and a sentence about one of them."""

    name: str
    broken: Select[Any]
    sentence: str


def audit(connection: Connection) -> Books:
    """Looks at every row, as they are in this transaction's moment."""
    found = ((rule, connection.execute(rule.broken.limit(1)).first()) for rule in RULES)
    findings = [Finding(rule.name, rule.sentence.format(**_shown(row))) for rule, row in found if row]
    return Books(_count(connection, accounts), _count(connection, transactions), findings)


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _shown(row: Row[Any]) -> dict[str, Any]:
    return dict(row._mapping)


_before = transactions.alias("before")
_gaps = (
    select(transactions.c.id, transactions.c.key)
    .where(transactions.c.id != 1, not_(exists().where(_before.c.id == transactions.c.id - 1)))
    .order_by(transactions.c.id)
)
_twice = (
    select(transactions.c.key, func.count().label("times"))
    .group_by(transactions.c.key)
    .having(func.count() > 1)
    .order_by(func.min(transactions.c.id))
)
_one_sided = (
    select(transactions.c.id, transactions.c.key, func.count(postings.c.amount).label("sides"))
    .join_from(transactions, postings, isouter=True)
    .group_by(transactions.c.id, transactions.c.key)
    .having(func.count(postings.c.amount) < 2)
    .order_by(transactions.c.id)
)
_unbalanced = (
    select(transactions.c.id, transactions.c.key, func.sum(postings.c.amount).label("sum"))
    .join_from(transactions, postings)
    .group_by(transactions.c.id, transactions.c.key)
    .having(func.sum(postings.c.amount) != 0)
    .order_by(transactions.c.id)
)
_orphaned = (
    select(postings.c.transaction_id, postings.c.account_id, postings.c.amount)
    .join_from(postings, transactions, isouter=True)
    .join(accounts, isouter=True)
    .where(or_(transactions.c.id.is_(None), accounts.c.id.is_(None)))
    .order_by(postings.c.transaction_id, postings.c.account_id)
)
_idle = (
    select(postings.c.transaction_id, accounts.c.name)
    .join_from(postings, accounts)
    .where(postings.c.amount == 0)
    .order_by(postings.c.transaction_id, accounts.c.id)
)
_sums = (
    select(postings.c.account_id, func.sum(postings.c.amount).label("sum")).group_by(postings.c.account_id).subquery()
)
_posted = func.coalesce(_sums.c.sum, 0)
_differing = (
    select(accounts.c.id, accounts.c.name, accounts.c.balance, _posted.label("sum"))
    .join_from(accounts, _sums, accounts.c.id == _sums.c.account_id, isouter=True)
    .where(accounts.c.balance != _posted)
    .order_by(accounts.c.id)
)
# After every transaction, not only now: the running sum of each account's postings.
_running = select(
    postings.c.transaction_id,
    postings.c.account_id,
    func.sum(postings.c.amount)
    .over(partition_by=postings.c.account_id, order_by=postings.c.transaction_id)
    .label("balance"),
).subquery()
_overdrawn = (
    select(transactions.c.id, transactions.c.key, accounts.c.name, _running.c.balance)
    .join_from(_running, accounts, _running.c.account_id == accounts.c.id)
    .join(transactions, _running.c.transaction_id == transactions.c.id)
    .where(_running.c.balance < 0, accounts.c.name != HOUSE)
    .order_by(transactions.c.id)
)
_overdrawn_now = (
    select(accounts.c.id, accounts.c.name, accounts.c.balance)
    .where(accounts.c.balance < 0, accounts.c.name != HOUSE)
    .order_by(accounts.c.id)
)
_misused = (
    select(transactions.c.id, transactions.c.key, transactions.c.kind, accounts.c.name, postings.c.amount)
    .join_from(postings, transactions)
    .join(accounts)
    .where(
        accounts.c.name.like(f"{POOL}%"),
        or_(
            and_(postings.c.amount > 0, transactions.c.kind.not_in(POOL_FILLED_BY)),
            and_(postings.c.amount < 0, transactions.c.kind.not_in(POOL_EMPTIED_BY)),
        ),
    )
    .order_by(transactions.c.id)
)


def _moved(*kinds: str) -> Any:
    return func.coalesce(func.sum(case((transactions.c.kind.in_(kinds), postings.c.amount), else_=literal(0))), 0)


_filled, _emptied = _moved(*POOL_FILLED_BY), _moved(*POOL_EMPTIED_BY)
_leaking = (
    select(accounts.c.id, accounts.c.name, accounts.c.balance, _filled.label("filled"), (-_emptied).label("emptied"))
    .join_from(accounts, postings, isouter=True)
    .join(transactions, postings.c.transaction_id == transactions.c.id, isouter=True)
    .where(accounts.c.name.like(f"{POOL}%"))
    .group_by(accounts.c.id, accounts.c.name, accounts.c.balance)
    .having(_filled + _emptied != accounts.c.balance)
    .order_by(accounts.c.id)
)

RULES = (
    Rule("numbered", _gaps, "transaction {id} ({key}): the one before it is missing"),
    Rule("once", _twice, "transaction {key}: its key is there {times} times"),
    Rule("two-sided", _one_sided, "transaction {id} ({key}): has {sides} postings, and needs two"),
    Rule("balanced", _unbalanced, "transaction {id} ({key}): its postings sum to {sum}, not to 0"),
    Rule(
        "whole",
        _orphaned,
        "posting of {amount} to account {account_id} by transaction {transaction_id}: one of the two does not exist",
    ),
    Rule("moving", _idle, "transaction {transaction_id}: its posting to {name} is of 0 crystals"),
    Rule("summed", _differing, "account {id} ({name}): its balance is {balance}, its postings sum to {sum}"),
    Rule("covered", _overdrawn_now, "account {id} ({name}): its balance is {balance}, and must not be negative"),
    Rule("always covered", _overdrawn, "transaction {id} ({key}): {name} had {balance} after it, less than nothing"),
    Rule(
        "pools in order",
        _misused,
        "transaction {id} ({key}): a {kind} moved {amount} on {name}, which is no way of a pool",
    ),
    Rule(
        "pools conserved",
        _leaking,
        "account {id} ({name}): {filled} went in, {emptied} came out and {balance} are in it",
    ),
)
