"""The store over a real database: every question is one transaction, and every outage a StoreAway."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from server.settings import StoreSettings
from server.store import ledger, office, register, schema
from server.store.aside import Aside
from server.store.engine import open_engine
from server.store.faults import OUTAGES, away
from server.store.records import (
    Arrival,
    Entry,
    Logged,
    Operation,
    PlayerState,
    Sanction,
    SanctionKind,
    Saved,
    Verdict,
)

Answer = TypeVar("Answer")


class DurableStore:
    """What is owned, in SQLite or PostgreSQL; `server.store.records.Store` says what each method promises.

    The engine is used in a loop of its own, see `Aside`.
    """

    def __init__(self, engine: AsyncEngine, welcome_crystals: int, now_s: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._aside = Aside()
        self._gift = welcome_crystals
        self._now_s = now_s

    async def settle(self, entries: Sequence[Entry]) -> list[Verdict]:
        """Settles a group in its order."""
        return await self._write(lambda books: ledger.settle(books, entries, self._now_ms())) if entries else []

    async def enter(self, arrivals: Sequence[Arrival]) -> list[Saved | None]:
        """Who these are; whoever is new is made, with the welcome gift."""
        if not arrivals:
            return []
        return await self._write(lambda books: register.enter(books, arrivals, self._gift, self._now_ms()))

    async def save(self, states: Sequence[PlayerState]) -> None:
        """Remembers these."""
        if states:
            await self._write(lambda books: register.save(books, states, self._now_ms()))

    async def log_operation(self, operation: Operation) -> None:
        """Writes down what an operator did."""
        await self._write(lambda books: office.log_operation(books, operation, self._now_ms()))

    async def operations(self, before: int | None, most: int) -> list[Logged]:
        """The newest rows of the ops log; only looked at, so nobody has to line up for it."""
        return await self._aside.do(transaction(self._engine, lambda books: office.operations(books, before, most)))

    async def impose(self, sanction: Sanction) -> bool:
        """Remembers a sanction."""
        return await self._write(lambda books: office.impose(books, sanction))

    async def lift(self, account: int, kind: SanctionKind) -> bool:
        """Forgets a sanction."""
        return await self._write(lambda books: office.lift(books, account, kind))

    async def sanctions(self, now_ms: int, most: int) -> list[Sanction]:
        """Those in force."""
        return await self._aside.do(transaction(self._engine, lambda books: office.in_force(books, now_ms, most)))

    async def begin_run(self) -> int:
        """Numbers this run of the city, and empties the pools of those before."""
        return await self._write(lambda books: register.begin_run(books, self._now_ms()))

    async def prepare(self) -> None:
        """An empty database is migrated; one in another form raises SchemaError."""
        await self._aside.do(transaction(self._engine, schema.ensure))

    async def close(self) -> None:
        """Lets the database go."""
        try:
            await self._aside.do(self._engine.dispose())
        except OUTAGES:
            # Whatever was confirmed is stored, and whatever else there was is over.
            pass
        finally:
            await self._aside.close()

    async def _write(self, work: Callable[[Connection], Answer]) -> Answer:
        def alone(connection: Connection) -> Answer:
            ledger.line_up(connection)
            return work(connection)

        return await self._aside.do(transaction(self._engine, alone))

    def _now_ms(self) -> int:
        return int(self._now_s() * 1000)


async def open_store(
    settings: StoreSettings, welcome_crystals: int, now_s: Callable[[], float] = time.time
) -> DurableStore:
    """The store, ready: an empty database is migrated, one in another form raises SchemaError.

    StoreAway when the database cannot be reached; then nothing is left open.
    """
    store = DurableStore(open_engine(settings), welcome_crystals, now_s)
    try:
        await store.prepare()
    except BaseException:
        await store.close()
        raise
    return store


async def transaction(engine: AsyncEngine, work: Callable[[Connection], Answer]) -> Answer:
    """Does this work in one transaction on a connection of the pool; an outage becomes StoreAway.

    The work is a plain function: SQLAlchemy lets it wait in a greenlet of its own, which costs half of
    what it costs to await each statement. Nothing is asked over a connection that has failed once: what
    it still holds is anybody's guess, and a new one finds out by itself whether the database is back.
    """

    def begun(connection: Connection) -> Answer:
        with connection.begin():
            return work(connection)

    try:
        async with engine.connect() as connection:
            try:
                return await connection.run_sync(begun)
            except OUTAGES:
                await connection.invalidate()
                raise
    except OUTAGES as error:
        raise away(error) from error
