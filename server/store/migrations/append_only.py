"""Tables that only ever grow: triggers that refuse to change or delete a row, whoever asks."""

from alembic import op

_SQLITE = """
CREATE TRIGGER {table}_never_{verb}
BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} only ever grows'); END
"""
_FUNCTION = """
CREATE FUNCTION only_grows() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% only ever grows', TG_TABLE_NAME; END $$
"""
# Also TRUNCATE, which is a deletion that asks no row.
_POSTGRESQL = """
CREATE TRIGGER {table}_never_changes
BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION only_grows()
"""


def prepare() -> None:
    """What the triggers need; once, in the first revision."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_FUNCTION)


def only_grows(table: str) -> None:
    """From now on nothing in this table is changed or deleted."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_POSTGRESQL.format(table=table))
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(_SQLITE.format(table=table, verb=verb))
