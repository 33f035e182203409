"""Is a batch all or nothing, on the store's own connection and on a host's?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, select, text

from crmflow.errors import StoreError
from crmflow.store import Store, prepare_sqlite, tables
from crmflow.store import connect as connecting
from crmflow.store.batch import Batch
from crmflow.store.inserts import TOGETHER
from crmflow.store.transaction import bucket_of
from tests.store.world import MONDAY, Clock, contents, customer, entry, fill, holding, people


@pytest.fixture
def host(database_url: str, store: Store) -> Iterator[Engine]:
    """A host's own engine on the store's database, with a table of its own."""
    engine = prepare_sqlite(create_engine(database_url))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE invoice (number INTEGER)"))
    yield engine
    engine.dispose()


def write_everything(batch: Batch) -> int:
    """Something into each of the large tables; returns how many rows came in."""
    counts, _ = batch.intake.put([*people(), customer(name="Ann"), holding(), fill("F1", holding="P1")])
    batch.journal.write([entry(payload={"a": 1}, key="once")])
    batch.releases.draft({"site:a.yaml": "x"})
    return counts.new


def test_what_is_raised_inside_undoes_everything(store: Store, database_url: str) -> None:
    before = contents(database_url)
    with pytest.raises(ZeroDivisionError), store.batch("W1") as batch:
        write_everything(batch) / 0
    assert contents(database_url) == before


def test_the_hosts_roll_back_leaves_nothing(store: Store, host: Engine, database_url: str) -> None:
    before = contents(database_url)
    with host.connect() as connection:
        connection.execute(text("INSERT INTO invoice VALUES (1)"))
        with store.batch("W1", connection=connection) as batch:
            write_everything(batch)
        with store.reading(connection=connection) as batch:
            assert batch.customers.find("site", "C1") is not None
        connection.rollback()
    assert contents(database_url) == before


def test_the_hosts_commit_commits_both(store: Store, host: Engine, database_url: str) -> None:
    with host.begin() as connection:
        connection.execute(text("INSERT INTO invoice VALUES (1)"))
        with store.batch("W1", connection=connection) as batch:
            write_everything(batch)
    after = contents(database_url)
    assert after["invoice"] == [(1,)]
    assert len(after["crmflow_touchpoint"]) == 1


def test_a_failing_batch_leaves_the_hosts_work(store: Store, host: Engine, database_url: str) -> None:
    before = contents(database_url)
    with host.begin() as connection:
        connection.execute(text("INSERT INTO invoice VALUES (1)"))
        with pytest.raises(ZeroDivisionError), store.batch("W1", connection=connection) as batch:
            write_everything(batch) / 0
        connection.execute(text("INSERT INTO invoice VALUES (2)"))
    assert contents(database_url) == {**before, "invoice": [(1,), (2,)]}


def test_the_hosts_savepoints_work(store: Store, host: Engine, database_url: str) -> None:
    with host.begin() as connection:
        with store.batch("W1", connection=connection) as batch:
            batch.customers.put([customer("kept")])
        savepoint = connection.begin_nested()
        with store.batch("W1", connection=connection) as batch:
            batch.customers.put([customer("undone")])
        savepoint.rollback()
    with store.reading() as batch:
        assert [each.external_id for each in batch.customers.scan()] == ["kept"]
    assert len(contents(database_url)["crmflow_customer_dated"]) == 1


def unprepared(url: str) -> Connection:
    return create_engine(url).connect()


def autocommitting(url: str) -> Connection:
    engine = create_engine(url)
    event.listen(engine, "connect", lambda driver, _: setattr(driver, "isolation_level", None))
    return engine.connect()


@pytest.mark.parametrize("connected", [unprepared, autocommitting])
def test_an_unprepared_sqlite_connection_is_refused(
    sqlite_url: str, connected: Callable[[str], Connection]
) -> None:
    Store.migrate(sqlite_url)
    before = contents(sqlite_url)
    with Store.open(sqlite_url) as store, connected(sqlite_url) as connection:
        with pytest.raises(StoreError) as refused, store.batch("W1", connection=connection) as batch:
            write_everything(batch)
        connection.commit()
        connection.engine.dispose()
    assert refused.value.code == "CRM407"
    assert "prepare_sqlite" in refused.value.text("zh")
    assert contents(sqlite_url) == before


def test_preparing_twice_is_preparing_once(sqlite_url: str) -> None:
    engine = prepare_sqlite(prepare_sqlite(create_engine(sqlite_url)))
    with engine.connect() as connection:
        settings = [
            connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")
        ]
    engine.dispose()
    assert settings == ["wal", 2]


def test_a_clock_that_went_back_is_refused(store: Store, clock: Clock, database_url: str) -> None:
    with store.batch("W1") as batch:
        batch.journal.write([entry()])
    before = contents(database_url)
    clock.now -= timedelta(microseconds=1)
    with pytest.raises(StoreError) as refused, store.batch("W1") as batch:
        batch.customers.put([customer()])
    assert refused.value.code == "CRM408"
    assert contents(database_url) == before
    clock.now += timedelta(microseconds=1)
    with store.batch("W1") as batch:
        assert batch.customers.put([customer()]).outcomes == ["new"]


def test_now_is_read_once(database_url: str) -> None:
    Store.migrate(database_url)
    with Store.open(database_url) as store, store.batch("W1") as batch:
        first = batch.now
        assert first.tzinfo is UTC
        assert batch.now is first
        assert abs(first - datetime.now(UTC)) < timedelta(minutes=1)


def test_reading_writes_nothing(store: Store) -> None:
    with store.reading() as batch, pytest.raises(StoreError) as refused:
        batch.customers.put([customer()])
    assert refused.value.code == "CRM415"


def test_reading_sees_one_moment(store: Store) -> None:
    with store.reading() as reading:
        assert list(reading.customers.scan()) == []
        with store.batch("W1") as batch:
            batch.customers.put([customer()])
        assert list(reading.customers.scan()) == []
    with store.reading() as reading:
        assert len(list(reading.customers.scan())) == 1


def test_ids_are_new_and_carry_their_bucket(store: Store) -> None:
    with store.batch("W1") as batch:
        first = batch.mint([7] * 3 + [63])
    with store.batch("W1") as batch:
        second = [*batch.mint([7] * 200), *batch.mint_spread(130)]
    assert [bucket_of(id) for id in first] == [7, 7, 7, 63]
    assert len({*first, *second}) == len(first) + len(second)
    assert second[:200] == sorted(second[:200])
    assert {bucket_of(id) for id in second[200:]} == set(range(64))


def test_threads_share_a_store(store: Store) -> None:
    def work(number: int) -> None:
        for turn in range(5):
            with store.batch(f"W{number}") as batch:
                batch.customers.put([customer(f"{number}-{turn}")])
            with store.reading() as batch:
                assert batch.customers.find("site", f"{number}-{turn}") is not None

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    with store.reading() as batch:
        assert len({each.id for each in batch.customers.scan()}) == 20


def test_a_full_disk_undoes_the_batch(sqlite_url: str) -> None:
    Store.migrate(sqlite_url)
    engine = prepare_sqlite(create_engine(sqlite_url))
    with Store.open(engine) as store:
        with store.batch("W1") as batch:
            batch.customers.put([customer("before")])
        before = contents(sqlite_url)
        event.listen(engine, "connect", lambda driver, _: driver.execute("PRAGMA max_page_count=160").close())
        engine.dispose()
        for connection in (None, engine.connect()):
            with pytest.raises(StoreError) as refused, store.batch("W1", connection=connection) as batch:
                batch.customers.put([customer(f"C{number}", name="x" * 500) for number in range(5_000)])
            if connection is not None:
                connection.rollback()
                connection.close()
            assert refused.value.code == "CRM409"
            assert contents(sqlite_url) == before
        with store.batch("W1") as batch:
            assert batch.customers.put([customer("after")]).outcomes == ["new"]
    engine.dispose()


def test_a_locked_database_is_said_so(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Store.migrate(sqlite_url)
    monkeypatch.setattr(connecting, "PATIENCE", 0.05)
    with Store.open(sqlite_url) as one, Store.open(sqlite_url) as other, one.batch("W1"):
        with pytest.raises(StoreError) as refused, other.batch("W2"):
            pass
        with other.reading() as batch:
            assert list(batch.customers.scan()) == []
    assert refused.value.code == "CRM410"


def test_what_the_database_refuses_is_coded(store: Store) -> None:
    with pytest.raises(StoreError) as refused, store.batch("W1") as batch:
        batch.execute(text("SELECT nonsense"))
    assert refused.value.code == "CRM416"
    assert "nonsense" in refused.value.reason


@pytest.mark.parametrize("count", [1, TOGETHER - 1, TOGETHER, 2 * TOGETHER + 1])
def test_a_set_of_any_size_comes_back_and_is_replaced(store: Store, count: int) -> None:
    def keys(source: str) -> list[dict[str, Any]]:
        said = {"kind": "card", "source": source, "bucket": 0, "at": MONDAY, "recorded_at": MONDAY}
        return [{**said, "value": str(number), "customer_id": number} for number in range(count)]

    with store.batch("W1") as batch:
        table = tables.customer_key
        batch.insert(table, keys("pos"))
        batch.put(table, [*keys("crm"), *keys("pos")], ("kind", "value", "source"))
        found = batch.execute(select(table.c.source, table.c.customer_id, table.c.at))
        assert sorted(tuple(row) for row in found) == [
            (source, number, MONDAY) for source in ("crm", "pos") for number in range(count)
        ]


@pytest.mark.parametrize("broken", ["a\0b", "\ud800", "\\\0"])
def test_a_text_that_no_database_keeps(store: Store, database_url: str, broken: str) -> None:
    before = contents(database_url)
    with pytest.raises(StoreError) as refused, store.batch("W1") as batch:
        batch.customers.put([customer(name=broken)])
    assert refused.value.code == "CRM413"
    assert contents(database_url) == before


@pytest.mark.parametrize(
    "awkward", ["\\u0000", "😀", "'; DROP TABLE x; --", "%s :x ?", '“引号”\n\t"', "\\", ""]
)
def test_an_awkward_text_comes_back(store: Store, awkward: str) -> None:
    with store.batch("W1") as batch:
        batch.customers.put([customer(awkward, name=awkward)])
        [found] = batch.customers.scan()
    assert (found.external_id, found.fields) == (awkward, {"core.name": awkward})


def test_instants_and_large_numbers_are_exact(store: Store, clock: Clock) -> None:
    clock.now = datetime(2026, 12, 31, 23, 59, 59, 999999, UTC)
    moments = [
        datetime(1, 1, 1, tzinfo=UTC),
        MONDAY + timedelta(microseconds=1),
        datetime(9999, 12, 31, tzinfo=UTC),
    ]
    large = (1 << 63) - 1
    with store.batch("W1") as batch:
        batch.intake.put([customer(large=large), *(fill(str(at), at=at) for at in moments)])
    with store.reading() as batch:
        [found] = batch.customers.scan()
        assert found.fields == {"core.large": large}
        touchpoints = batch.touchpoints.of(found.id)
    assert [each.at for each in touchpoints] == moments
    assert {each.recorded_at for each in touchpoints} == {clock.now}
