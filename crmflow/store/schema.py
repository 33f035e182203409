"""Which schema does a database have, and how is it brought to the one that this code reads?"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, select, text
from sqlalchemy.engine import URL

from crmflow.errors import StoreError
from crmflow.store import tables
from crmflow.store.connect import demand_prepared
from crmflow.store.failure import coded

REVISIONS = ("0001", "0002")
"""Every revision in `migrations/versions`, oldest first."""
MIGRATIONS = Path(__file__).with_name("migrations")


def revision_of(connection: Connection, schema: str | None = None) -> str | None:
    """The revision of a database; None where crmflow has never been."""
    if not inspect(connection).has_table(tables.version.name, schema=schema):
        return None
    options = {} if schema is None else {"schema_translate_map": {None: schema}}
    found: str | None = connection.execute(
        select(tables.version.c.version_num), execution_options=options
    ).scalar()
    return found


def demand_current(engine: Engine, schema: str | None = None) -> None:
    """Raises StoreError CRM404 (never migrated), CRM405 (older than this code), CRM406 (newer)."""
    with coded():
        revision = None if _no_file(engine.url) else _revision(engine, schema)
    if revision is None:
        raise StoreError("CRM404", database=engine.url.render_as_string())
    if revision not in REVISIONS:
        raise StoreError("CRM406", found=revision, known=REVISIONS[-1])
    if revision != REVISIONS[-1]:
        raise StoreError("CRM405", found=revision, known=REVISIONS[-1])


def _no_file(url: URL) -> bool:
    """Whether connecting would make a new, empty SQLite file."""
    name = url.database or ":memory:"
    return (
        url.get_backend_name() == "sqlite"
        and not name.startswith((":memory:", "file:"))
        and not Path(name).exists()
    )


def _revision(engine: Engine, schema: str | None) -> str | None:
    with engine.connect() as connection:
        return revision_of(connection, schema)


def migrate(engine: Engine, schema: str | None = None) -> str:
    """Creates or upgrades the tables in one transaction; returns the revision. Raises StoreError CRM406."""
    from alembic import command
    from alembic.config import Config

    with coded(), engine.begin() as connection:
        demand_prepared(connection)
        if schema is not None:
            name = connection.dialect.identifier_preparer.quote_identifier(schema)
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {name}"))
            connection.execute(text(f"SET LOCAL search_path TO {name}"))
        revision = revision_of(connection, schema)
        if revision is not None and revision not in REVISIONS:
            raise StoreError("CRM406", found=revision, known=REVISIONS[-1])
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return REVISIONS[-1]
