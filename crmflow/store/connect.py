"""How is a database reached, and what must a connection be so that roll-back leaves nothing behind?"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from crmflow.errors import StoreError

BEGIN = "crmflow_begin"
"""Execution option of a connection to SQLite: IMMEDIATE (the default) or DEFERRED, for reading only."""
PASSWORD = re.compile(r"//.*@")
PATIENCE = 30.0
"""Seconds that a writer waits for another on SQLite."""
REACHED = {"connect_timeout": "10"}
"""Seconds until a PostgreSQL that does not answer counts as away; a URL may say otherwise."""
CACHE = 65_536
"""KiB of pages that a connection to SQLite keeps: what a run writes stays there until it commits."""


def connect(address: str | URL | Engine) -> Engine:
    """An engine for a URL, prepared; a host's engine as it is.

    Raises StoreError CRM401 (not a URL of SQLite or PostgreSQL), CRM402 (driver missing).
    """
    if isinstance(address, Engine):
        _demand_known(address.dialect.name, address.url)
        return address
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise StoreError("CRM401", url=PASSWORD.sub("//***@", str(address))) from error
    _demand_known(url.get_backend_name(), url)
    if url.get_backend_name() == "postgresql":
        return _postgresql(url)
    return prepare_sqlite(create_engine(url, connect_args={"timeout": PATIENCE}))


def prepare_sqlite(engine: Engine) -> Engine:
    """Makes a host's SQLite engine safe to share with crmflow; call it once, right after create_engine.

    The driver's default mode begins transactions late and leaves rows of a savepoint behind after the host's
    roll-back. Here the driver begins nothing by itself, and every transaction is begun explicitly, as a
    writer: give a connection execution_options(crmflow_begin="DEFERRED") to read without waiting for writers.
    WAL and synchronous FULL are set. Does nothing to an engine of another database.
    """
    if engine.dialect.name != "sqlite" or event.contains(engine, "begin", _begin):
        return engine
    event.listen(engine, "connect", _settings)
    event.listen(engine, "begin", _begin)
    engine.dispose()  # what was opened before is not prepared
    return engine


def demand_prepared(connection: Connection) -> None:
    """Raises StoreError CRM407 on an SQLite connection whose transaction the driver has not really begun."""
    if connection.dialect.name != "sqlite":
        return
    if not connection.in_transaction():
        connection.begin()
    driver: Any = connection.connection.driver_connection
    if driver.isolation_level is not None or not driver.in_transaction:
        raise StoreError("CRM407")


def _demand_known(backend: str, url: URL) -> None:
    if backend not in ("sqlite", "postgresql"):
        raise StoreError("CRM401", url=url.render_as_string())


def _postgresql(url: URL) -> Engine:
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    try:
        return create_engine(url.update_query_dict(REACHED | dict(url.query)), pool_pre_ping=True)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise StoreError("CRM402", driver=url.drivername) from error


def _settings(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    patience = int(PATIENCE * 1000)
    settings = ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={patience}", f"cache_size={-CACHE}")
    for setting in settings:
        connection.execute(f"PRAGMA {setting}").close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get(BEGIN, 'IMMEDIATE')}")
