"""The audit: clean books are proved clean, and whatever is tampered with is named, rule by rule and row by row."""

import pytest
from sqlalchemy import Connection, text

from server.settings import StoreSettings
from server.store.audit import RULES, Books, audit
from server.store.durable import DurableStore, open_store, transaction
from server.store.engine import open_engine
from server.store.records import Arrival, Entry
from world.event import HOUSE

ANN, POOL = "player:1", "pool:1.0.rain.dawn.1"
# What guards the books in each database, taken away by somebody who may.
UNGUARDED = {
    "sqlite": (
        "PRAGMA ignore_check_constraints = ON",
        "DROP TRIGGER transactions_never_UPDATE",
        "DROP TRIGGER transactions_never_DELETE",
        "DROP TRIGGER postings_never_UPDATE",
        "DROP TRIGGER postings_never_DELETE",
        "CREATE TABLE copies AS SELECT * FROM transactions",
        "DROP TABLE transactions",
        "ALTER TABLE copies RENAME TO transactions",
    ),
    "postgresql": (
        "ALTER TABLE transactions DISABLE TRIGGER ALL",
        "ALTER TABLE postings DISABLE TRIGGER ALL",
        "ALTER TABLE transactions DROP CONSTRAINT transactions_key_once",
        "ALTER TABLE postings DROP CONSTRAINT postings_moves",
        "ALTER TABLE accounts DROP CONSTRAINT accounts_covered",
    ),
}


async def filled(settings: StoreSettings) -> DurableStore:
    """Books with one of everything: 1 a welcome, 2 a fund, 3 a pick-up, 4 a light, 5 a close."""
    store = await open_store(settings, 100)
    await store.enter([Arrival(None, None, "Ann")])
    verdicts = await store.settle(
        [
            Entry("1.0.fund", "fund", ((HOUSE, -10), (POOL, 10)), 1),
            Entry("1.0.pick.1", "pick_up", ((POOL, -4), (ANN, 4)), 2),
            Entry("1.0.light", "light", ((ANN, -5), (HOUSE, 5)), 3),
            Entry("1.0.close", "close", ((POOL, -6), (HOUSE, 6)), 4),
        ]
    )
    assert all(verdict.settled for verdict in verdicts)
    return store


async def audited(settings: StoreSettings, *tampering: str) -> Books:
    store = await filled(settings)
    await store.close()
    engine = open_engine(settings)

    def tamper(connection: Connection) -> None:
        for statement in (*UNGUARDED[connection.dialect.name], *tampering):
            connection.execute(text(statement))

    if engine.dialect.name == "sqlite":
        async with engine.connect() as connection:
            # What the pool hands out next is the same connection; in mid-transaction it would not listen.
            driver = (await connection.get_raw_connection()).driver_connection
            assert driver is not None
            await driver.execute("PRAGMA foreign_keys = OFF")
    if tampering:
        await transaction(engine, tamper)
    found = await transaction(engine, audit)
    await engine.dispose()
    return found


async def test_clean_books_are_proved_clean(settings: StoreSettings) -> None:
    assert await audited(settings) == Books(3, 5, [])


async def test_empty_books_are_clean(settings: StoreSettings) -> None:
    await (await open_store(settings, 0)).close()
    engine = open_engine(settings, read_only=True)
    assert (await transaction(engine, audit)).balanced
    await engine.dispose()


@pytest.mark.parametrize(
    ("rule", "tampering", "sentence"),
    [
        (
            "numbered",
            ["DELETE FROM transactions WHERE id = 3"],
            "transaction 4 (1.0.light): the one before it is missing",
        ),
        (
            "once",
            ["INSERT INTO transactions VALUES (6, '1.0.pick.1', 'pick_up', 2, 0)"],
            "transaction 1.0.pick.1: its key is there 2 times",
        ),
        (
            "two-sided",
            ["DELETE FROM postings WHERE transaction_id = 3 AND account_id = 2"],
            "transaction 3 (1.0.pick.1): has 1 postings, and needs two",
        ),
        (
            "balanced",
            ["UPDATE postings SET amount = 40 WHERE transaction_id = 3 AND amount = 4"],
            "transaction 3 (1.0.pick.1): its postings sum to 36, not to 0",
        ),
        (
            "whole",
            ["DELETE FROM transactions WHERE id = 5"],
            "posting of 6 to account 1 by transaction 5: one of the two does not exist",
        ),
        (
            "moving",
            ["UPDATE postings SET amount = 0 WHERE transaction_id = 4"],
            "transaction 4: its posting to house is of 0 crystals",
        ),
        (
            "summed",
            ["UPDATE accounts SET balance = balance + 1 WHERE name = 'player:1'"],
            "account 2 (player:1): its balance is 100, its postings sum to 99",
        ),
        (
            "covered",
            ["UPDATE accounts SET balance = -1 WHERE name = 'player:1'"],
            "account 2 (player:1): its balance is -1, and must not be negative",
        ),
        (
            "always covered",
            ["UPDATE postings SET amount = amount * 30 WHERE transaction_id = 4"],
            "transaction 4 (1.0.light): player:1 had -46 after it, less than nothing",
        ),
        (
            "pools in order",
            ["UPDATE transactions SET kind = 'gift' WHERE id = 3"],
            "transaction 3 (1.0.pick.1): a gift moved -4 on pool:1.0.rain.dawn.1, which is no way of a pool",
        ),
        (
            "pools conserved",
            ["UPDATE accounts SET balance = 1 WHERE name LIKE 'pool:%'"],
            "account 3 (pool:1.0.rain.dawn.1): 10 went in, 10 came out and 1 are in it",
        ),
    ],
)
async def test_what_is_tampered_with_is_named(
    own_settings: StoreSettings, rule: str, tampering: list[str], sentence: str
) -> None:
    books = await audited(own_settings, *tampering)
    assert not books.balanced
    assert sentence in [finding.sentence for finding in books.findings if finding.rule == rule]


async def test_taking_the_guards_away_breaks_no_rule_yet(own_settings: StoreSettings) -> None:
    assert (await audited(own_settings, "SELECT 1")).balanced


def test_no_two_rules_have_one_name() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
