"""Jobs, their cards and key-values in a database: one class for SQLite and PostgreSQL."""
