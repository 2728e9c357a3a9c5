"""The register: players and what is kept for them, the runs of the city, and what operators did."""

import sqlalchemy as sa
from alembic import op

from server.store.migrations.append_only import only_grows

revision = "0002"
down_revision = "0001"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SMALL = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Makes the tables beside the ledger."""
    _players()
    op.create_table(
        "runs",
        sa.Column("epoch", WHOLE, autoincrement=False),
        sa.Column("started_ms", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("epoch", name="runs_pk"),
        sqlite_strict=True,
    )
    op.create_table(
        "ops_log",
        sa.Column("id", WHOLE, autoincrement=False),
        sa.Column("at_ms", WHOLE, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="ops_log_pk"),
        sqlite_strict=True,
    )
    only_grows("ops_log")


def _players() -> None:
    op.create_table(
        "players",
        sa.Column("account", WHOLE, autoincrement=False),
        sa.Column("subject", sa.Text),
        sa.Column("secret", sa.LargeBinary),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("look", sa.Text, nullable=False),
        sa.Column("x", WHOLE),
        sa.Column("z", WHOLE),
        sa.Column("heading", SMALL),
        sa.Column("settings", sa.LargeBinary, nullable=False),
        sa.Column("created_ms", WHOLE, nullable=False),
        sa.Column("seen_ms", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("account", name="players_pk"),
        sa.UniqueConstraint("subject", name="players_subject_once"),
        sa.UniqueConstraint("secret", name="players_secret_once"),
        sa.CheckConstraint("(subject IS NULL) <> (secret IS NULL)", name=op.f("players_known")),
        sa.CheckConstraint(
            "(x IS NULL) = (z IS NULL) AND (x IS NULL) = (heading IS NULL)", name=op.f("players_placed")
        ),
        sqlite_strict=True,
    )
