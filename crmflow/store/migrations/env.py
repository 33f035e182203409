"""How does Alembic run the revisions? On the connection, in the transaction, of `schema.migrate`."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="crmflow_version",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
