"""Is a database that cannot be used left exactly as it is, and is every call on it refused by code?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy import Engine as Database

from crmflow import Engine, Site, StoreError, prepare_sqlite
from tests.engine.conftest import contents, execute, new_site

Call = Callable[[Engine, Connection, datetime, Path], object]
DISK_FULL = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER no_room AFTER INSERT ON crmflow_touchpoint EXECUTE FUNCTION no_room();
"""
FORM = {"cause": "moved", "measure": "called"}
# Every call that writes on a host's connection.
WRITES: dict[str, Call] = {
    "record": lambda engine, own, at, _: engine.record("complaint", "K0001", at=at, connection=own),
    "run": lambda engine, own, at, _: engine.run(at, connection=own),
    "decide": lambda engine, own, at, _: engine.decide("K0001", at, connection=own),
    "open_case": lambda engine, own, at, _: engine.open_case("complaint", "K0001", at=at, connection=own),
    "send": lambda engine, own, at, _: engine.send(case(engine), "done", at=at, connection=own),
    "close_visit": lambda engine, own, at, _: engine.close_visit(visit(engine), FORM, at=at, connection=own),
    "publish": lambda engine, own, *_: engine.publish(connection=own),
    "import_file": lambda engine, own, _, path: engine.import_file("customers", path, connection=own),
}


def case(engine: Engine) -> int:
    return int(engine.cases().rows[0]["id"])


def visit(engine: Engine) -> int:
    return int(engine.visits().rows[0]["id"])


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    path = tmp_path / "more.csv"
    path.write_text("external id\n" + "".join(f"N{number:05d}\n" for number in range(5_000)), "utf-8")
    return path


@contextmanager
def little_room(site: Site) -> Iterator[Database]:
    """The site's database, where nothing more can be written: SQLite has no page left, PostgreSQL says so."""
    if site.url.startswith("postgresql"):
        execute(site.url, DISK_FULL)
    database = prepare_sqlite(create_engine(site.url))
    if database.dialect.name == "sqlite":
        event.listen(database, "connect", lambda driver, _: driver.execute("PRAGMA max_page_count=1").close())
    try:
        yield database
    finally:
        database.dispose()


def test_a_database_of_a_newer_version_is_not_touched(site: Site) -> None:
    execute(site.url, "UPDATE crmflow_version SET version_num = '0099'")
    before = contents(site.url)

    for use in (Engine.open, Engine.migrate):
        with pytest.raises(StoreError, match="pip install --upgrade crmflow") as raised:
            use(site)
        assert (raised.value.code, raised.value.found) == ("CRM406", "0099")

    assert contents(site.url) == before


def test_a_full_disk_undoes_the_whole_import_and_it_is_repeated_afterwards(
    engine: Engine, site: Site, tmp_path: Path
) -> None:
    path = tmp_path / "complaints.csv"
    rows = "".join(
        f"K{number % 30 + 1:04d},2026-06-{number % 28 + 1:02d},{number}\n" for number in range(9_000)
    )
    path.write_text("customer,at,text\n" + rows, "utf-8")
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("format: 1\ntouchpoints: complaint\nsource: demo\n", "utf-8")
    before = contents(site.url)

    with little_room(site) as database, Engine.open(site, database=database) as cramped:
        with pytest.raises(StoreError, match="make room on the disk") as raised:
            cramped.import_file("touchpoints", path, mapping=mapping)
        assert raised.value.code == "CRM409"
        assert contents(site.url) == before
        assert cramped.segments().rows

    if site.url.startswith("postgresql"):
        execute(site.url, "DROP FUNCTION no_room CASCADE")
    assert engine.import_file("touchpoints", path, mapping=mapping).new == 9_000


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("began", [False, True], ids=["plain", "in a transaction"])
def test_a_connection_that_could_not_roll_back_is_refused_by_every_call(
    sqlite_original: Site, as_of: datetime, customers: Path, write: str, began: bool
) -> None:
    before = contents(sqlite_original.url)
    plain = create_engine(sqlite_original.url)

    with Engine.open(sqlite_original) as engine, plain.connect() as own:
        if began:
            own.execute(text("SELECT 1"))
        with pytest.raises(StoreError, match=r"crmflow\.prepare_sqlite\(engine\)") as raised:
            WRITES[write](engine, own, as_of, customers)
        own.commit()
    plain.dispose()

    assert raised.value.code == "CRM407"
    assert contents(sqlite_original.url) == before


def test_the_same_calls_are_taken_on_a_prepared_connection(
    engine: Engine, site: Site, as_of: datetime, customers: Path
) -> None:
    before = contents(site.url)
    database = prepare_sqlite(create_engine(site.url))

    try:
        with database.connect() as own:
            for write in WRITES.values():
                write(engine, own, as_of, customers)
            own.rollback()
    finally:
        database.dispose()

    assert contents(site.url) == before


@pytest.mark.parametrize(
    ("content", "code", "remedy"),
    [
        (None, "CRM404", "crmflow migrate"),
        (b"customer,name\n" * 100, "CRM414", "put back the last backup"),
    ],
    ids=["missing", "another file"],
)
def test_a_file_that_is_no_database_of_ours_stays_as_it_is(
    tmp_path: Path, content: bytes | None, code: str, remedy: str
) -> None:
    file = tmp_path / "other.db"
    site = new_site(tmp_path / "site", f"sqlite:///{tmp_path / 'crm.db'}")
    site.url = f"sqlite:///{file}"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(StoreError, match=remedy) as raised:
        Engine.open(site)

    assert raised.value.code == code
    assert (file.read_bytes() if file.exists() else None) == content


def test_half_a_database_file_is_damaged_and_stays_as_it_is(sqlite_original: Site, tmp_path: Path) -> None:
    whole = Path(sqlite_original.url.removeprefix("sqlite:///")).read_bytes()
    file = tmp_path / "half.db"
    file.write_bytes(whole[: len(whole) // 2])
    site = Site.read(sqlite_original.folder)
    site.url = f"sqlite:///{file}"

    def use() -> Any:
        with Engine.open(site) as engine:
            return engine.segments(), engine.run()

    with pytest.raises(StoreError, match="put back the last backup") as raised:
        use()

    assert raised.value.code == "CRM414"
    assert file.read_bytes() == whole[: len(whole) // 2]
