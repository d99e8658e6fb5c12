"""What Alembic runs: the steps, on the connection that it is given."""

from __future__ import annotations

from alembic import context

from services.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite changes a table by copying it.
    render_as_batch=True,
)
# The caller's transaction holds all steps, so that they are taken whole or not at all; on SQLite too.
context.run_migrations()
