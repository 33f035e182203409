"""Does a set of rows reach its table by the key, however large the table is?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Executable, select, text
from sqlalchemy.dialects import sqlite

from crmflow.store import Store, tables
from crmflow.store.batch import Batch
from crmflow.store.given import PARAMETER
from crmflow.store.inserts import updates
from tests.store.world import MONDAY, customer, fill


@pytest.fixture
def batch(sqlite_url: str) -> Iterator[Batch]:
    """An SQLite store with some customers and touchpoints."""
    Store.migrate(sqlite_url)
    with Store.open(sqlite_url) as store:
        with store.batch("W1") as batch:
            batch.intake.put([customer(f"C{number}") for number in range(300)])
            batch.intake.put([fill(f"F{number}", f"C{number}") for number in range(300)])
        with store.batch("W1") as batch:
            yield batch


def plan(batch: Batch, statement: Executable) -> str:
    compiled = statement.compile(dialect=sqlite.dialect(paramstyle="named"))  # type: ignore[attr-defined]
    parameters = {
        PARAMETER: '[[1, 65, "x"]]',
        **{name: value for name, value in compiled.params.items() if value is not None},
    }
    rows = batch.execute(text(f"EXPLAIN QUERY PLAN {compiled}"), parameters)
    return "\n".join(row[3] for row in rows)


def test_a_change_looks_rows_up_by_their_key(batch: Batch) -> None:
    row = {"bucket": 1, "id": 65, "owner": "W1"}
    change, [parameters] = updates(tables.customer, [row], ("bucket", "id"), None)
    found = batch.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {change}", parameters).all()
    assert [each[3] for each in found] == ["SEARCH crmflow_customer USING PRIMARY KEY (bucket=? AND id=?)"]


def test_lookups_use_the_index_of_their_key(batch: Batch) -> None:
    table = tables.touchpoint
    given = batch.given([("site", "F1")], table.c.source, table.c.external_id)
    same = (table.c.source == given.c.source) & (table.c.external_id == given.c.external_id)
    found = plan(batch, select(table.c.id).join(given, same))
    assert (
        "SEARCH crmflow_touchpoint USING COVERING INDEX crmflow_touchpoint_source_external_id_digest" in found
    )


def test_a_scan_reads_the_table_in_its_own_order(batch: Batch) -> None:
    table = tables.touchpoint
    ordered = select(table).where(table.c.at <= MONDAY)
    found = plan(batch, ordered.order_by(table.c.bucket, table.c.customer_id, table.c.at, table.c.id))
    assert "TEMP B-TREE" not in found
