"""Alembic's entry point: runs the migrations on the connection from `state.store.schema.upgrade`."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
