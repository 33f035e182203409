"""How does a host open its database, and begin and end a transaction?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from threading import RLock
from typing import Any, Self

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL
from sqlalchemy.engine import Transaction as BaseTransaction
from sqlalchemy.exc import DBAPIError

from crmflow.core.field import Codec
from crmflow.errors import StoreError
from crmflow.store import schema as schemas
from crmflow.store.batch import Batch
from crmflow.store.connect import BEGIN, connect, demand_prepared
from crmflow.store.failure import coded
from crmflow.store.transaction import AsStored, Clock


class Store:
    """The database of one tenant: an SQLite file, or a schema of PostgreSQL. Safe for threads.

    A store that was opened by URL closes its own connections; a host's engine stays the host's.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        own: bool,
        schema: str | None,
        clock: Clock | None,
        release_folder: Path | None = None,
    ) -> None:
        self.engine = engine
        self.schema = schema
        self.release_folder = release_folder
        self._own = own
        self._clock = clock
        self._one_writer = RLock()  # SQLite's own queue is unfair

    @classmethod
    def open(
        cls,
        address: str | URL | Engine,
        *,
        schema: str | None = None,
        clock: Clock | None = None,
        release_folder: Path | None = None,
    ) -> Self:
        """The store at a URL or on a host's engine, releases in a folder or in it; never migrates.

        Raises StoreError: CRM401 URL, CRM402 driver, CRM403 unreachable, CRM404 never migrated, CRM405 older
        than this code, CRM406 newer, CRM407 an SQLite engine that `prepare_sqlite` has not seen.
        """
        engine = connect(address)
        own = not isinstance(address, Engine)
        try:
            schemas.demand_current(engine, schema)
        except StoreError:
            if own:
                engine.dispose()
            raise
        return cls(engine, own=own, schema=schema, clock=clock, release_folder=release_folder)

    @staticmethod
    def migrate(address: str | URL | Engine, *, schema: str | None = None) -> str:
        """Creates or upgrades the tables, all or nothing; returns the revision. Raises as `open`."""
        engine = connect(address)
        try:
            return schemas.migrate(engine, schema)
        finally:
            if not isinstance(address, Engine):
                engine.dispose()

    def close(self) -> None:
        """May be called twice."""
        if self._own:
            self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def batch(
        self, actor: str, *, connection: Connection | None = None, codec: Codec | None = None
    ) -> Iterator[Batch]:
        """One transaction that writes, all or nothing.

        With a host's `connection` it is a savepoint in the host's transaction, which only the host commits or
        rolls back. Raises StoreError: CRM407 unprepared connection, CRM408 the clock went back, CRM409 disk
        full, CRM410 another writer holds on; whatever is raised inside undoes all that the batch wrote.
        """
        if connection is not None:
            demand_prepared(connection)
            with all_or_nothing(connection.begin_nested):
                yield self._begin(connection, actor, codec)
            return
        with self._queue(), self._connection() as own, all_or_nothing(own.begin):
            demand_prepared(own)
            yield self._begin(own, actor, codec)

    @contextmanager
    def reading(self, *, connection: Connection | None = None, codec: Codec | None = None) -> Iterator[Batch]:
        """One moment's view of the database, without writing."""
        if connection is not None:
            yield self._door(connection, "", codec, reading=True)
            return
        with self._connection(**self._view()) as own, all_or_nothing(own.begin):
            yield self._door(own, "", codec, reading=True)

    def _begin(self, connection: Connection, actor: str, codec: Codec | None) -> Batch:
        batch = self._door(connection, actor, codec)
        newest = batch.journal.newest()
        if newest is not None and batch.now < newest:
            raise StoreError("CRM408", now=batch.now.isoformat(), newest=newest.isoformat())
        return batch

    def _door(
        self, connection: Connection, actor: str, codec: Codec | None, *, reading: bool = False
    ) -> Batch:
        return Batch(
            connection,
            actor,
            self.schema,
            self._clock,
            codec or AsStored(),
            reading,
            self.release_folder,
        )

    @contextmanager
    def _connection(self, **options: Any) -> Iterator[Connection]:
        with coded():
            connection = self.engine.connect().execution_options(**options)
        with connection:
            yield connection

    def _view(self) -> dict[str, Any]:
        if self.engine.dialect.name == "sqlite":
            return {BEGIN: "DEFERRED"}
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    def _queue(self) -> AbstractContextManager[object]:
        """One writer per process on SQLite."""
        return self._one_writer if self.engine.dialect.name == "sqlite" else nullcontext()


@contextmanager
def all_or_nothing(begin: Callable[[], BaseTransaction]) -> Iterator[None]:
    """A transaction or a savepoint, committed at the end, rolled back where anything is raised."""
    with coded():
        transaction = begin()
    try:
        yield
        with coded():
            transaction.commit()
    except BaseException:
        with suppress(DBAPIError):  # SQLite has itself rolled back what a full disk interrupted
            transaction.rollback()
        raise
