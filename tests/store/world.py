"""Who and what do the store's tests write about?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import create_engine, inspect, text

from crmflow.core.intake import CustomerRef, CustomerRow, HoldingRow, StaffRow, TouchpointRow, UnitRow
from crmflow.core.journal import Entry

DAY = timedelta(days=1)
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> datetime:
        return self.now


def customer(number: str = "C1", at: datetime = MONDAY, **fields: Any) -> CustomerRow:
    return CustomerRow("site", number, at, {f"core.{name}": value for name, value in fields.items()})


def holding(number: str = "P1", of: str = "C1", at: datetime = MONDAY, **fields: Any) -> HoldingRow:
    return HoldingRow("site", number, at, CustomerRef(None, of), "fuel.plate", fields)


def fill(
    number: str,
    of: str = "C1",
    at: datetime = MONDAY,
    *,
    litres: int = 40,
    kind: str = "fuel.fill",
    holding: str | None = None,
    line: int | None = None,
    source: str = "site",
    key: str | None = None,
) -> TouchpointRow:
    """`of` is a key of that kind, else an external id."""
    return TouchpointRow(
        source=source,
        external_id=number,
        digest=f"{kind} {litres} {at} {of}",
        at=at,
        customer=CustomerRef(key, of),
        kind=kind,
        fields={"litres": litres},
        holding=holding,
        line=line,
    )


def people() -> list[UnitRow | StaffRow]:
    """A station in a district in a company, with a clerk and a handler."""
    return [
        UnitRow("C", "公司", "company", MONDAY, zone="Asia/Shanghai"),
        UnitRow("D", "片区", "district", MONDAY, parent="C"),
        UnitRow("S", "油站", "station", MONDAY, parent="D"),
        StaffRow("W1", "张三", MONDAY, role="clerk", unit="S"),
        StaffRow("W2", "李四", MONDAY, role="handler", unit="D"),
    ]


def entry(kind: str = "decided", **said: Any) -> Entry:
    return Entry(**{"kind": kind, "subject": "unit:S", "actor": "W1", "at": MONDAY, **said})


def contents(url: str) -> Mapping[str, list[tuple[Any, ...]]]:
    """Every row of every table but the ids that were minted in vain."""
    engine = create_engine(url)
    with engine.connect() as connection:
        names = [name for name in inspect(connection).get_table_names() if name != "crmflow_minted"]
        found = ((name, connection.execute(text(f"SELECT * FROM {name}"))) for name in names)
        rows = {name: sorted(map(tuple, answer), key=repr) for name, answer in found}
    engine.dispose()
    return rows
