"""Where Alembic begins: it migrates over the connection that `server.store.schema` hands it, in one transaction."""

from alembic import context

from server.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # Alembic takes SQLite for unable to roll DDL back, which it is not when the transaction is begun explicitly.
    transactional_ddl=True,
)
context.run_migrations()
