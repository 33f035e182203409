"""Does everything roll back with the host, and is a connection that cannot do so refused?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import create_engine, text

from crmflow import Engine, Site, StoreError, prepare_sqlite
from tests.engine.conftest import contents


@pytest.fixture
def database(site: Site) -> Iterator[Database]:
    """The host's own engine on the same database, with a table of the host."""
    made = create_engine(site.url)
    if made.dialect.name == "sqlite":
        prepare_sqlite(made)
    with made.begin() as connection:
        connection.execute(text("CREATE TABLE orders (id INTEGER)"))
    yield made
    made.dispose()


def test_what_a_host_rolls_back_leaves_nothing(
    engine: Engine, site: Site, database: Database, as_of: datetime
) -> None:
    before = contents(site.url)
    with database.connect() as connection, connection.begin() as transaction:
        connection.execute(text("INSERT INTO orders VALUES (1)"))
        customer = str(engine.segments().rows[0]["customer"])
        done = engine.record(
            "fill", customer, fields={"litres": "41.50", "product": "E92"}, at=as_of, connection=connection
        )
        assert done.new
        complaint = engine.record("complaint", customer, at=as_of, connection=connection)
        assert [case.state for case in complaint.cases] == ["accept"]
        engine.decide(customer, as_of, connection=connection)
        opened = engine.open_case("complaint", customer, at=as_of, connection=connection)
        assert opened.state == "accept"
        engine.send(opened.id, "done", at=as_of, connection=connection)
        engine.run(as_of, connection=connection)
        transaction.rollback()
    assert contents(site.url) == before
    with database.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM orders")).scalar_one() == 0


def test_what_a_host_commits_stays(engine: Engine, database: Database, as_of: datetime) -> None:
    customer = str(engine.segments().rows[0]["customer"])
    with database.begin() as connection:
        recorded = engine.record("complaint", customer, at=as_of, connection=connection)
    assert recorded.cases[0].id in {row["id"] for row in engine.cases().rows}


def test_what_a_host_undoes_to_a_savepoint_is_undone(
    engine: Engine, site: Site, database: Database, as_of: datetime
) -> None:
    customer = str(engine.segments().rows[0]["customer"])
    before = contents(site.url)
    with database.begin() as connection:
        savepoint = connection.begin_nested()
        engine.record("complaint", customer, at=as_of, connection=connection)
        savepoint.rollback()
    assert contents(site.url) == before


def test_an_unprepared_sqlite_connection_is_refused(engine: Engine, site: Site, as_of: datetime) -> None:
    plain = create_engine(site.url)
    if plain.dialect.name != "sqlite":
        plain.dispose()
        return
    before = contents(site.url)
    with (
        plain.connect() as connection,
        connection.begin(),
        pytest.raises(StoreError, match="prepare_sqlite") as raised,
    ):
        engine.record("complaint", "K0001", at=as_of, connection=connection)
    plain.dispose()
    assert raised.value.code == "CRM407"
    assert contents(site.url) == before
