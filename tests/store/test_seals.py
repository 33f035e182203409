"""Is whatever anybody changes in the journal found, and is nothing sealed that may still grow?"""

from __future__ import annotations

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from crmflow.core.seal import Audit
from crmflow.store import Store, tables
from crmflow.store import seals as sealing
from crmflow.store.audit import audit
from tests.store.world import Clock, entry

SECOND = timedelta(seconds=1)


def write(store: Store, clock: Clock, batches: int = 3, each: int = 4) -> None:
    """Some batches a second apart, every other entry with a payload, and a moment later."""
    for _ in range(batches):
        with store.batch("W1") as batch:
            batch.journal.write(
                entry(key=f"{clock.now:%S} {place}", payload={"name": "Ann"} if place % 2 else {})
                for place in range(each)
            )
        clock.now += SECOND


def seal(store: Store) -> int:
    with store.batch("worker") as batch:
        return sum(each.count for each in batch.seals.close())


def look(store: Store, expected: str | None = None) -> Audit:
    with store.reading() as batch:
        return audit(batch, expected)


def change(url: str, statement: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_what_is_closed_is_sealed_and_the_tail_is_counted(store: Store, clock: Clock) -> None:
    write(store, clock)
    found = look(store)
    assert (found.holds, found.sealed, found.unsealed, found.seals) == (True, 0, 12, 0)
    assert seal(store) == 12
    assert seal(store) == 0
    write(store, clock, 1)
    found = look(store)
    assert (found.holds, found.sealed, found.unsealed, found.seals) == (True, 12, 4, 1)
    assert seal(store) == 4
    found = look(store)
    assert (found.holds, found.sealed, found.unsealed, found.seals) == (True, 16, 0, 2)


def test_a_seal_that_was_noted_elsewhere_is_looked_for(store: Store, clock: Clock) -> None:
    write(store, clock)
    seal(store)
    last = look(store).last
    assert last is not None
    assert look(store, last.digest[:12]).holds
    assert [flaw.code for flaw in look(store, "0123").flaws] == ["CRM595"]


def test_a_moment_that_is_not_over_stays_open(store: Store, clock: Clock) -> None:
    with store.batch("W1") as batch:
        batch.journal.write([entry()])
    assert seal(store) == 0
    clock.now += timedelta(microseconds=1)
    assert seal(store) == 1


def test_a_long_journal_gets_several_seals(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "RANGE", 3)
    write(store, clock, 5, 2)
    with store.batch("worker") as batch:
        made = batch.seals.close()
    assert [each.count for each in made] == [4, 4, 2]  # a moment is never cut in two
    assert [each.number for each in made] == [1, 2, 3]
    assert look(store).holds


def test_an_erased_payload_is_no_flaw(store: Store, clock: Clock, database_url: str) -> None:
    write(store, clock)
    seal(store)
    change(database_url, "DELETE FROM crmflow_payload")
    found = look(store)
    assert (found.holds, found.erased) == (True, 6)


@pytest.mark.parametrize(
    ("statement", "codes"),
    [
        ("DELETE FROM crmflow_journal WHERE key = '00 2'", {"CRM592"}),
        ("DELETE FROM crmflow_journal WHERE key = '00 1'", {"CRM592", "CRM594"}),
        ("UPDATE crmflow_journal SET actor = 'W9' WHERE key = '01 2'", {"CRM590"}),
        ("UPDATE crmflow_payload SET salt = 'other'", {"CRM591"}),
        ("DELETE FROM crmflow_seal WHERE id = 1", {"CRM592", "CRM593"}),
        ("UPDATE crmflow_seal SET count = 5 WHERE id = 1", {"CRM592"}),
    ],
    ids=["row gone", "row with payload gone", "row", "payload", "seal gone", "seal"],
)
def test_what_was_changed_is_told(
    store: Store, clock: Clock, database_url: str, statement: str, codes: set[str]
) -> None:
    for _ in range(2):
        write(store, clock, 2)
        seal(store)
    change(database_url, statement)
    assert {flaw.code for flaw in look(store).flaws} == codes


# any byte of any column

COLUMNS = [
    (table, column.name) for table in (tables.journal, tables.payload, tables.seal) for column in table.c
]


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a sealed journal, each column of it filled somewhere."""
    path, clock = tmp_path_factory.mktemp("sealed") / "crm.db", Clock()
    Store.migrate(f"sqlite:///{path}")
    with Store.open(f"sqlite:///{path}", clock=clock) as store:
        for _ in range(2):
            with store.batch("W1") as batch:
                full: dict[str, Any] = {"cause": 7, "release": "r", "calendar": "c", "case_id": 9}
                batch.journal.write(
                    entry(
                        customer_id=64 + place, key=str(place), told={"to": "x"}, payload={"n": "A"}, **full
                    )
                    for place in range(3)
                )
            clock.now += SECOND
            seal(store)
            with store.batch("W1") as batch:
                batch.journal.write([entry(payload={"number": 1})])
            clock.now += SECOND
            seal(store)
    return path


@pytest.mark.parametrize(
    ("table", "column"), COLUMNS, ids=[f"{table.name} {name}" for table, name in COLUMNS]
)
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0), flip=st.integers(1, 127), row=st.integers(0))
def test_one_byte_of_any_column_is_found(
    sealed: Path, tmp_path: Path, table: Any, column: str, place: int, flip: int, row: int
) -> None:
    copy = tmp_path / "copy.db"
    shutil.copy(sealed, copy)
    keys = [key.name for key in table.primary_key]
    with closing(sqlite3.connect(copy)) as connection:
        names = ", ".join((column, *keys))
        rows = connection.execute(f"SELECT {names} FROM {table.name} WHERE {column} IS NOT NULL").fetchall()
        value, *key = rows[row % len(rows)]
        where = " AND ".join(f"{name} = ?" for name in keys)
        altered, written = other(value, place, flip)
        connection.execute(f"UPDATE {table.name} SET {column} = {written} WHERE {where}", [altered, *key])
        connection.commit()
    with Store.open(f"sqlite:///{copy}") as store:
        assert look(store).count > 0


OTHERS = {"blob": b"\xff\x00", "text": "many", "negative": -(2**63), "null": None}


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize(
    ("table", "column"), COLUMNS, ids=[f"{table.name} {name}" for table, name in COLUMNS]
)
def test_a_value_of_another_type_is_found_in_its_row(
    sealed: Path, tmp_path: Path, table: Any, column: str, kind: str
) -> None:
    """And the walk goes on to the others."""
    copy, value = tmp_path / "copy.db", OTHERS[kind]
    shutil.copy(sealed, copy)
    key = table.c[1].name if "bucket" in table.c else table.c[0].name
    with closing(sqlite3.connect(copy)) as connection:
        entries = connection.execute("SELECT count(*) FROM crmflow_journal").fetchone()[0]
        filled = f"SELECT min({key}) FROM {table.name} WHERE {column} IS NOT NULL"
        row = connection.execute(filled).fetchone()[0]
        if value is None and not table.c[column].nullable:
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute(f"UPDATE {table.name} SET {column} = NULL")
            return
        connection.execute(f"UPDATE {table.name} SET {column} = ? WHERE {key} = ?", [value, row])
        connection.commit()
    with Store.open(f"sqlite:///{copy}") as store:
        found = look(store)
    codes = {"crmflow_journal": "CRM590", "crmflow_payload": "CRM591", "crmflow_seal": "CRM593"}
    expected = {codes[table.name], "CRM592"} if table is tables.seal else {codes[table.name]}
    if column == key or column == "bucket":
        expected |= {"CRM594"}
    assert {flaw.code for flaw in found.flaws} & expected
    assert {row, value, repr(value)} & {part for flaw in found.flaws for part in flaw.parts.values()}
    if (table.name, column) != ("crmflow_journal", "recorded_at"):
        assert found.sealed + found.unsealed == entries


def other(value: int | str, place: int, flip: int) -> tuple[object, str]:
    """The value with one byte changed, and how SQL writes it, valid UTF-8 or not."""
    if isinstance(value, int):
        return value ^ (flip << 8 * (place % 7)), "?"
    content = bytearray(value.encode())
    content[place % len(content)] ^= flip
    return bytes(content), "CAST(? AS TEXT)"


def test_what_another_writer_may_still_add_is_not_sealed(postgres_url: str) -> None:
    Store.migrate(postgres_url)
    with Store.open(postgres_url) as store:
        with store.batch("W0") as batch:
            batch.journal.write([entry()])
        with store.batch("slow") as slow:
            slow.journal.write([entry()])
            with store.batch("W1") as batch:
                batch.journal.write([entry()])
            assert seal(store) == 1  # of W0 alone: what `slow` wrote was known before what W1 wrote
        assert seal(store) == 2
        assert look(store).holds


def test_a_reader_keeps_nothing_open(postgres_url: str) -> None:
    """One who only waits, and has not begun, either."""
    Store.migrate(postgres_url)
    with Store.open(postgres_url) as store, store.engine.connect():
        with store.batch("W0") as batch:
            batch.journal.write([entry()])
        assert seal(store) == 1


def test_one_seals_at_a_time(postgres_url: str) -> None:
    Store.migrate(postgres_url)
    with Store.open(postgres_url) as store:
        with store.batch("W0") as batch:
            batch.journal.write([entry()])
        with store.batch("one") as one, store.batch("other") as another:
            assert len(one.seals.close()) + len(another.seals.close()) <= 1
        assert seal(store) <= 1
        assert look(store).holds


def test_the_journal_of_many_writers_holds(database_url: str) -> None:
    """Four write while one seals: whatever is sealed stays as it is."""
    Store.migrate(database_url)
    with Store.open(database_url) as store:

        def writer(name: str) -> None:
            for _ in range(15):
                with store.batch(name) as batch:
                    batch.journal.write([entry(), entry(payload={"name": name})])

        with ThreadPoolExecutor(5) as pool:
            writers = [pool.submit(writer, f"W{number}") for number in range(4)]
            while not all(each.done() for each in writers):
                pool.submit(seal, store).result()
            for each in writers:
                each.result()
        seal(store)
        found = look(store)
    assert (found.holds, found.sealed + found.unsealed) == (True, 120)
    assert found.seals > 1
