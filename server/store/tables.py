"""The tables as statements see them; the migrations make them, and a test holds the two together.

Times are Unix milliseconds, so that both databases keep the same plain integers. SQLite's tables are
STRICT: half a crystal is refused by the database itself.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.types import TypeEngine

# A constraint without a name cannot be changed by a later migration.
metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "uq": "%(table_name)s_%(column_0_name)s_once",
        "fk": "%(table_name)s_%(column_0_name)s_exists",
        "ck": "%(table_name)s_%(constraint_name)s",
        "ix": "%(table_name)s_by_%(column_0_name)s",
    }
)


def whole() -> TypeEngine[int]:
    """64 bits; SQLite's INTEGER has them, and its strict tables know no other name for it."""
    return BigInteger().with_variant(Integer(), "sqlite")


def small() -> TypeEngine[int]:
    """0 to 255."""
    return SmallInteger().with_variant(Integer(), "sqlite")


accounts = Table(
    "accounts",
    metadata,
    Column("id", whole(), primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
    Column("balance", whole(), nullable=False),
    CheckConstraint("balance >= 0 OR name = 'house'", name="covered"),
    CheckConstraint("name = 'house' OR name LIKE 'player:%' OR name LIKE 'pool:%'", name="named"),
    sqlite_strict=True,
)

# Numbered without gaps from 1, which is how the audit sees that one is missing.
transactions = Table(
    "transactions",
    metadata,
    Column("id", whole(), primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("tick", whole(), nullable=False),
    Column("at_ms", whole(), nullable=False),
    sqlite_strict=True,
)

postings = Table(
    "postings",
    metadata,
    Column("transaction_id", whole(), ForeignKey("transactions.id"), primary_key=True, autoincrement=False),
    Column("account_id", whole(), ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    Column("amount", whole(), nullable=False),
    CheckConstraint("amount <> 0", name="moves"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
Index(None, postings.c.account_id)

# `secret` is the SHA-256 of a guest's token: whoever reads the database cannot come in with it.
players = Table(
    "players",
    metadata,
    Column("account", whole(), primary_key=True, autoincrement=False),
    Column("subject", Text, unique=True),
    Column("secret", LargeBinary, unique=True),
    Column("name", Text, nullable=False),
    Column("look", Text, nullable=False),
    Column("x", whole()),
    Column("z", whole()),
    Column("heading", small()),
    Column("settings", LargeBinary, nullable=False),
    Column("created_ms", whole(), nullable=False),
    Column("seen_ms", whole(), nullable=False),
    CheckConstraint("(subject IS NULL) <> (secret IS NULL)", name="known"),
    CheckConstraint("(x IS NULL) = (z IS NULL) AND (x IS NULL) = (heading IS NULL)", name="placed"),
    sqlite_strict=True,
)

runs = Table(
    "runs",
    metadata,
    Column("epoch", whole(), primary_key=True, autoincrement=False),
    Column("started_ms", whole(), nullable=False),
    sqlite_strict=True,
)

ops_log = Table(
    "ops_log",
    metadata,
    Column("id", whole(), primary_key=True, autoincrement=False),
    Column("at_ms", whole(), nullable=False),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("result", Text, nullable=False),
    sqlite_strict=True,
)

# The history is in the ops log; here is what is in force. `until_ms` NULL is for good.
sanctions = Table(
    "sanctions",
    metadata,
    Column("account", whole(), ForeignKey("players.account"), primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("from_ms", whole(), nullable=False),
    Column("until_ms", whole()),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
    CheckConstraint("kind IN ('ban', 'mute')", name="known"),
    sqlite_strict=True,
)
