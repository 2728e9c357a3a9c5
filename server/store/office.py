"""The operators' part of the store: what they did, and whom they have kept out or silenced."""

from sqlalchemy import Connection, delete, func, insert, or_, select

from server.store import ledger
from server.store.records import Logged, Operation, Sanction, SanctionKind
from server.store.tables import ops_log, players, sanctions

# An event's name is given by whoever asks: what is written down of it is bounded.
LOGGED_CHARS_MAX = 200


def log_operation(connection: Connection, operation: Operation, at_ms: int) -> None:
    """As `Store.log_operation`, within the transaction of whoever is lined up."""
    number = ledger.next_number(connection, select(func.max(ops_log.c.id)))
    who, action, event, result = (storable(text)[:LOGGED_CHARS_MAX] for text in operation)
    connection.execute(
        insert(ops_log).values(id=number, at_ms=at_ms, who=who, action=action, event=event, result=result)
    )


def operations(connection: Connection, before: int | None, most: int) -> list[Logged]:
    """As `Store.operations`."""
    wanted = select(ops_log).order_by(ops_log.c.id.desc()).limit(most)
    if before is not None:
        wanted = wanted.where(ops_log.c.id < before)
    rows = connection.execute(wanted)
    return [Logged(row.id, row.at_ms, Operation(row.who, row.action, row.event, row.result)) for row in rows]


def impose(connection: Connection, sanction: Sanction) -> bool:
    """As `Store.impose`, within the transaction of whoever is lined up."""
    if connection.scalar(select(players.c.account).where(players.c.account == sanction.account)) is None:
        return False
    lift(connection, sanction.account, sanction.kind)
    account, kind, from_ms, until_ms, by, reason = sanction
    words = {"who": storable(by), "reason": storable(reason)}
    connection.execute(
        insert(sanctions).values(account=account, kind=kind, from_ms=from_ms, until_ms=until_ms, **words)
    )
    return True


def lift(connection: Connection, account: int, kind: SanctionKind) -> bool:
    """As `Store.lift`, within the transaction of whoever is lined up."""
    this = delete(sanctions).where(sanctions.c.account == account, sanctions.c.kind == kind)
    return connection.execute(this).rowcount > 0


def in_force(connection: Connection, now_ms: int, most: int) -> list[Sanction]:
    """As `Store.sanctions`."""
    lasts = or_(sanctions.c.until_ms.is_(None), sanctions.c.until_ms > now_ms)
    wanted = select(sanctions).where(lasts).order_by(sanctions.c.from_ms.desc(), sanctions.c.account).limit(most)
    rows = connection.execute(wanted)
    return [Sanction(row.account, row.kind, row.from_ms, row.until_ms, row.who, row.reason) for row in rows]


def storable(text: str) -> str:
    """The same text without the two things that are text here and not in a database: NUL and half a character."""
    return text.replace("\0", "?").encode("utf-8", "replace").decode()
