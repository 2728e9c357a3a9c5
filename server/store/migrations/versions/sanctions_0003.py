"""Sanctions: who may not come in, who may not speak, and until when."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Makes the table beside the players."""
    op.create_table(
        "sanctions",
        sa.Column("account", WHOLE, autoincrement=False),
        sa.Column("kind", sa.Text),
        sa.Column("from_ms", WHOLE, nullable=False),
        sa.Column("until_ms", WHOLE),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("account", "kind", name="sanctions_pk"),
        sa.ForeignKeyConstraint(["account"], ["players.account"], name="sanctions_account_exists"),
        sa.CheckConstraint("kind IN ('ban', 'mute')", name=op.f("sanctions_known")),
        sqlite_strict=True,
    )
