"""Alembic's entry point; the state store hands its open connection over."""

from alembic import context

from calendly_pipeline.state import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
