"""How the database came to its present form, one revision after the other; Alembic reads it."""
