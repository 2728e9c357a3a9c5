"""What `futurecity migrate` and `futurecity audit` do: sentences to print, and whether all is well."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from server.settings import StoreSettings
from server.store import schema
from server.store.audit import Books, audit
from server.store.durable import transaction
from server.store.engine import open_engine
from server.store.receipts import Compared, Receipt, compare, read

Answer = TypeVar("Answer")


class Audited(NamedTuple):
    """What an audit found: in the books, and of the receipts if there were any."""

    books: Books
    compared: Compared | None

    @property
    def clean(self) -> bool:
        """Whether there is nothing to complain about."""
        return self.books.balanced and (self.compared is None or self.compared.clean)

    def lines(self) -> list[str]:
        """For a person: what was looked at, and everything that is wrong."""
        books, compared = self
        said = [f"books      {books.transactions} transactions on {books.accounts} accounts"]
        if compared:
            counts = ((name, count) for name, count in compared._asdict().items() if name != "first")
            said.append("receipts   " + ", ".join(f"{count} {name}" for name, count in counts))
        wrong = [finding.sentence for finding in books.findings]
        wrong += [compared.first] if compared and compared.first else []
        return said + [f"WRONG      {sentence}" for sentence in wrong] + (["clean"] if not wrong else [])

    def json(self) -> str:
        """For a program: one object."""
        books, compared = self
        found: dict[str, int | str | None] = {
            "accounts": books.accounts,
            "transactions": books.transactions,
            "balanced": books.balanced,
        }
        found |= compared._asdict() if compared else {"first": None}
        if books.findings:
            found["first"] = books.findings[0].sentence
        return msgspec.json.encode(found).decode()


def migrate_database(settings: StoreSettings) -> str:
    """Brings the database up to date and says so. Raises SchemaError and StoreAway."""
    before, after = _within(open_engine(settings), schema.migrate)
    if before == after:
        return f"the database is in form {after} already"
    return f"the database was {f'in form {before}' if before else 'empty'} and is in form {after} now"


def audit_database(settings: StoreSettings, receipts: Path | None) -> Audited:
    """Audits the books, and the receipts if there are any. Raises SchemaError, StoreAway and ReceiptsError."""
    told = None if receipts is None else read(receipts)
    return _within(open_engine(settings, read_only=True), lambda books: _audited(books, told))


def _audited(connection: Connection, receipts: list[Receipt] | None) -> Audited:
    schema.check(connection)
    return Audited(audit(connection), None if receipts is None else compare(connection, receipts))


def _within(engine: AsyncEngine, work: Callable[[Connection], Answer]) -> Answer:
    async def worked() -> Answer:
        try:
            return await transaction(engine, work)
        finally:
            await engine.dispose()

    return asyncio.run(worked())
