"""Run by Alembic: migrations work on the connection that `idp migrate` gives them."""

from alembic import context

from idp.db import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
