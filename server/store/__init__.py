"""What is owned and who owns it, durably: the ledger and the register of players, in SQLite or PostgreSQL."""
