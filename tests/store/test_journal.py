"""Does each effect happen once, and does the journal stay what was written?"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Table, create_engine

from crmflow.store import Store, prepare_sqlite, tables
from crmflow.store.audit import audit
from tests.store.world import DAY, MONDAY, Clock, contents, customer, entry


def test_a_key_happens_once(store: Store) -> None:
    with store.batch("W1") as batch:
        first = batch.journal.write([entry(key="a"), entry(key="b"), entry(key="a"), entry(), entry()])
        assert [id is None for id in first] == [False, False, True, False, False]
    with store.batch("W2") as batch:
        again = batch.journal.write([entry(key="b"), entry(key="c")])
        assert [id is None for id in again] == [True, False]
        assert [each.key for each in batch.journal.of(subject="unit:S")] == ["a", "b", None, None, "c"]


def test_an_entry_comes_back_as_it_was_written(store: Store, clock: Clock) -> None:
    payload = {"rule": "A", "facts": {"年购物总额": Decimal("120.50"), "since": MONDAY, "unknown": None}}
    with store.batch("W1") as batch:
        [of] = batch.customers.put([customer()]).ids
        [cause] = batch.journal.write([entry("run")])
        [id] = batch.journal.write(
            [entry(cause=cause, customer_id=of, case_id=of, release="7", calendar="c1", payload=payload)]
        )
        assert id is not None
        found = batch.journal.get(id)
        assert found is not None
        assert batch.journal.of(customer=of) == batch.journal.of(case=of) == [found]
        assert batch.journal.newest() == clock.now
    assert (found.payload, found.cause, found.release, found.recorded_at) == (payload, cause, "7", clock.now)


def tamper(url: str, table: Table, **values: Any) -> None:
    engine = prepare_sqlite(create_engine(url))
    with engine.begin() as connection:
        connection.execute(table.update().values(**values))
    engine.dispose()


def erase(url: str) -> None:
    engine = prepare_sqlite(create_engine(url))
    with engine.begin() as connection:
        connection.execute(tables.payload.delete())
    engine.dispose()


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        (lambda url: tamper(url, tables.journal, actor="W9"), False),
        (lambda url: tamper(url, tables.journal, at=MONDAY + DAY), False),
        (lambda url: tamper(url, tables.payload, content={"name": "Bob"}), False),
        (lambda url: tamper(url, tables.payload, salt="other"), False),
        (erase, True),
    ],
    ids=["actor", "at", "payload", "salt", "erased"],
)
def test_a_row_is_bound_to_its_payload(
    store: Store, database_url: str, change: Callable[[str], None], holds: bool
) -> None:
    with store.batch("W1") as batch:
        batch.journal.write([entry(payload={"name": "Ann"})])
        assert audit(batch).holds
    change(database_url)
    with store.reading() as batch:
        assert audit(batch).holds is holds


def test_equal_payloads_do_not_show(store: Store, database_url: str) -> None:
    with store.batch("W1") as batch:
        batch.journal.write([entry(payload={"name": "Ann"}), entry(payload={"name": "Ann"})])
    digests = [
        value for row in contents(database_url)["crmflow_journal"] for value in row if _is_digest(value)
    ]
    assert len(digests) == len(set(digests)) == 4


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and len(value) == 64
