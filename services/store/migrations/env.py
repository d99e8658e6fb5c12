"""What Alembic runs: the steps, on the connection that it is given."""

from __future__ import annotations

from alembic import context

from services.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite changes a table by copying it.
    render_as_batch=True,
    # All steps or none: the caller's transaction holds them, on SQLite too.
    transactional_ddl=True,
)
context.run_migrations()
