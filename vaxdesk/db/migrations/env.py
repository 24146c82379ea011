"""Alembic's entry point; vaxdesk.db.migrate runs it with a connection of its own."""

from alembic import context

context.run_migrations()
