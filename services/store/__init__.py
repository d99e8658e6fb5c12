"""Jobs and notes in a database: one class for SQLite and PostgreSQL."""
