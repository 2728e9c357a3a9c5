"""The form of the database: whether it is the one this program knows, and how it becomes it."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from server.store.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
# Nobody else's number, as far as anybody can know: the letters of "form".
MIGRATING_LOCK = 0x666F726D


class SchemaError(Exception):
    """A database in a form that this program does not know, in one sentence that names the way out."""


def ensure(connection: Connection) -> None:
    """Migrates an empty database, is content with a current one, and raises SchemaError for any other."""
    _line_up(connection)
    if _empty(connection):
        upgrade(connection)
    check(connection)


def migrate(connection: Connection) -> tuple[str | None, str]:
    """Brings an empty or older database up to date: the revisions before and after. SchemaError for any other."""
    _line_up(connection)
    before = None if _empty(connection) else _revision(connection)
    if before != newest():
        upgrade(connection)
    return before, newest()


def check(connection: Connection) -> None:
    """Changes nothing, and raises SchemaError unless the database is in today's form."""
    if _empty(connection):
        raise SchemaError("the database is empty; run: futurecity migrate")
    if _revision(connection) != newest():
        raise SchemaError("the database is in an older form than this program; run: futurecity migrate")


def newest() -> str:
    """The revision that this program's tables are in."""
    return str(_scripts().get_current_head())


def _line_up(connection: Connection) -> None:
    """Two programs that start at once migrate one after the other; on SQLite the transaction sees to it."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATING_LOCK})


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Goes through the migrations up to this one."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _empty(connection: Connection) -> bool:
    return not inspect(connection).get_table_names()


def _revision(connection: Connection) -> str:
    """The revision of a database that is not empty; SchemaError for one that no revision of ours has made."""
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision in {script.revision for script in _scripts().walk_revisions()}:
        return str(revision)
    if revision is None:
        tables = set(inspect(connection).get_table_names())
        whose = "has lost the number of its form" if tables & metadata.tables.keys() else "is something else's"
        raise SchemaError(f"the database {whose}; name another with --store.url, then run: futurecity migrate")
    raise SchemaError(
        f"the database is in form {revision}, which is newer than this program; "
        "install the program that made it, or name another database with --store.url and run: futurecity migrate"
    )


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(MIGRATIONS))
