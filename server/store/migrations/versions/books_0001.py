"""The books: accounts, and the transactions and postings that only ever grow."""

import sqlalchemy as sa
from alembic import op

from server.store.migrations.append_only import only_grows, prepare

revision = "0001"
down_revision = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Makes the tables of the ledger."""
    op.create_table(
        "accounts",
        sa.Column("id", WHOLE, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("balance", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="accounts_pk"),
        sa.UniqueConstraint("name", name="accounts_name_once"),
        sa.CheckConstraint("balance >= 0 OR name = 'house'", name=op.f("accounts_covered")),
        sa.CheckConstraint("name = 'house' OR name LIKE 'player:%' OR name LIKE 'pool:%'", name=op.f("accounts_named")),
        sqlite_strict=True,
    )
    op.create_table(
        "transactions",
        sa.Column("id", WHOLE, autoincrement=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("tick", WHOLE, nullable=False),
        sa.Column("at_ms", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="transactions_pk"),
        sa.UniqueConstraint("key", name="transactions_key_once"),
        sqlite_strict=True,
    )
    _postings()
    prepare()
    only_grows("transactions")
    only_grows("postings")


def _postings() -> None:
    op.create_table(
        "postings",
        sa.Column("transaction_id", WHOLE, autoincrement=False),
        sa.Column("account_id", WHOLE, autoincrement=False),
        sa.Column("amount", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("transaction_id", "account_id", name="postings_pk"),
        sa.ForeignKeyConstraint(["transaction_id"], ["transactions.id"], name="postings_transaction_id_exists"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="postings_account_id_exists"),
        sa.CheckConstraint("amount <> 0", name=op.f("postings_moves")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("postings_by_account_id", "postings", ["account_id"])
