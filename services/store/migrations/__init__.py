"""The steps by which a database gets its schema (Alembic)."""
