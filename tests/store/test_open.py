"""Is a database opened as it is, and changed only by migrating it?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from crmflow.errors import StoreError
from crmflow.store import Store, prepare_sqlite
from crmflow.store.schema import MIGRATIONS, REVISIONS
from crmflow.store.tables import METADATA
from tests.store.world import contents, customer


def refusal(url: str) -> StoreError:
    with pytest.raises(StoreError) as refused:
        Store.open(url)
    return refused.value


def test_migrating_twice_is_migrating_once(database_url: str) -> None:
    assert Store.migrate(database_url) == Store.migrate(database_url) == REVISIONS[-1]
    Store.open(database_url).close()


def test_open_never_migrates(database_url: str) -> None:
    error = refusal(database_url)
    assert error.code == "CRM404"
    assert "crmflow migrate" in error.text("en")
    assert "crmflow migrate" in error.text("zh")
    assert contents(database_url) == {}


def test_open_makes_no_file(tmp_path: Path) -> None:
    assert refusal(f"sqlite:///{tmp_path / 'nowhere.db'}").code == "CRM404"
    assert list(tmp_path.iterdir()) == []


def test_a_newer_schema_is_left_alone(database_url: str) -> None:
    Store.migrate(database_url)
    _set_revision(database_url, "9999")
    before = contents(database_url)
    error = refusal(database_url)
    assert (error.code, error.found) == ("CRM406", "9999")
    with pytest.raises(StoreError) as refused:
        Store.migrate(database_url)
    assert refused.value.code == "CRM406"
    assert contents(database_url) == before


def test_an_older_schema_names_the_command(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Store.migrate(database_url)
    monkeypatch.setattr("crmflow.store.schema.REVISIONS", (*REVISIONS, "9999"))
    error = refusal(database_url)
    assert (error.code, error.known) == ("CRM405", "9999")


@pytest.mark.parametrize("url", ["mysql://root:secret@localhost/crm", "root:secret@localhost", "crm.db", ""])
def test_other_urls_are_refused_without_showing_a_password(url: str) -> None:
    error = refusal(url)
    assert error.code == "CRM401"
    assert "root:secret@" not in str(error) or "//" not in url


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    error = refusal("postgresql://localhost/crm")
    assert error.code == "CRM402"
    assert "crmflow[postgres]" in str(error)


def test_a_server_that_does_not_answer() -> None:
    pytest.importorskip("psycopg", reason="psycopg is not installed: pip install 'crmflow[postgres]'")
    assert refusal("postgresql://127.0.0.1:1/crm").code == "CRM403"


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("number,name\n" * 1000)
    assert refusal(f"sqlite:///{file}").code == "CRM414"
    assert file.read_text() == "number,name\n" * 1000


def test_the_revisions_are_those_in_the_folder() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    found = [revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(found)) == REVISIONS


def test_the_migrated_tables_are_those_of_the_code(database_url: str, tmp_path: Path, request: Any) -> None:
    Store.migrate(database_url)
    if database_url.startswith("sqlite"):
        fresh = f"sqlite:///{tmp_path / 'fresh.db'}"
        _make(fresh)
        assert _sqlite_tables(database_url) == _sqlite_tables(fresh)
        return
    with request.getfixturevalue("postgres").database() as fresh:
        _make(fresh)
        assert _postgres_tables(database_url) == _postgres_tables(fresh)


def test_a_tenant_is_a_schema_of_postgresql(postgres_url: str) -> None:
    for tenant in ("north", "South Side"):
        assert refusal_in(postgres_url, tenant) == "CRM404"
        Store.migrate(postgres_url, schema=tenant)
    with (
        Store.open(postgres_url, schema="north") as north,
        Store.open(postgres_url, schema="South Side") as south,
    ):
        with north.batch("W1") as batch:
            batch.customers.put([customer("C1")])
        with north.reading() as batch:
            assert batch.customers.find("site", "C1") is not None
        with south.reading() as batch:
            assert batch.customers.find("site", "C1") is None
    assert refusal(postgres_url).code == "CRM404"


def test_a_host_engine_stays_the_hosts(database_url: str) -> None:
    engine = prepare_sqlite(create_engine(database_url))
    Store.migrate(engine)
    with Store.open(engine) as store, store.batch("W1") as batch:
        batch.customers.put([customer("C1")])
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM crmflow_customer")).scalar() == 1
    engine.dispose()


def refusal_in(url: str, schema: str) -> str:
    with pytest.raises(StoreError) as refused:
        Store.open(url, schema=schema)
    return refused.value.code


def _set_revision(url: str, revision: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE crmflow_version SET version_num = :found"), {"found": revision})
    engine.dispose()


def _make(url: str) -> None:
    engine = create_engine(url)
    METADATA.create_all(engine)
    engine.dispose()


def _sqlite_tables(url: str) -> set[tuple[Any, ...]]:
    """Columns, keys and indexes; the order of columns says nothing."""
    columns = """SELECT kept.name, kept.wr, found.name, found.type, found."notnull", found.pk
        FROM pragma_table_list AS kept, pragma_table_info(kept.name) AS found
        WHERE kept.name LIKE 'crmflow_%' AND kept.name != 'crmflow_version'"""
    indexes = """SELECT tbl_name, name, sql FROM sqlite_master
        WHERE type = 'index' AND sql IS NOT NULL AND tbl_name != 'crmflow_version'"""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = {tuple(row) for query in (columns, indexes) for row in connection.execute(text(query))}
    engine.dispose()
    return found


def _postgres_tables(url: str) -> set[tuple[Any, ...]]:
    engine = create_engine(url)
    columns = """SELECT table_name, column_name, data_type, is_nullable
        FROM information_schema.columns WHERE table_name LIKE 'crmflow_%'"""
    indexes = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE tablename LIKE 'crmflow_%'"
    sequences = "SELECT sequence_name, data_type FROM information_schema.sequences"
    with engine.connect() as connection:
        found = {
            tuple(row) for query in (columns, indexes, sequences) for row in connection.execute(text(query))
        }
    engine.dispose()
    return {row for row in found if row[0] != "crmflow_version"}
