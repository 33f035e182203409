"""From which line of which file, or from whom, did the rows about a customer come?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, null, select

from crmflow.core.provenance import Provenance
from crmflow.store import tables
from crmflow.store.dated import known
from crmflow.store.transaction import Transaction, bucket_of


@dataclass(frozen=True, slots=True)
class Provenances:
    """Reads where touchpoints and dated fields came from."""

    tx: Transaction

    def rows(self, customer_id: int, as_of: datetime | None = None) -> dict[int, Provenance]:
        """Of each touchpoint of a customer, and of the newest word on each holding, by their ids."""
        table, holding, dated = tables.touchpoint, tables.holding, tables.holding_dated
        bucket = bucket_of(customer_id)
        happened = self._rows(table, as_of, table.c.bucket == bucket, table.c.customer_id == customer_id)
        mine = select(holding.c.id).where(holding.c.bucket == bucket, holding.c.customer_id == customer_id)
        held = self._rows(dated, as_of, dated.c.bucket == bucket, dated.c.holding_id.in_(mine))
        return {row["id"]: _noun(row) for row in happened} | {row["holding_id"]: _noun(row) for row in held}

    def fields(self, customer_id: int, as_of: datetime | None = None) -> dict[str, Provenance]:
        """Of each field of a customer, by canonical name: the row that gave it its value."""
        table = tables.customer_dated
        return self._newest(
            table, as_of, table.c.bucket == bucket_of(customer_id), table.c.customer_id == customer_id
        )

    def _newest(
        self, table: Table, as_of: datetime | None, *where: ColumnElement[bool]
    ) -> dict[str, Provenance]:
        rows = self._rows(table, as_of, *where)
        return {name: _noun(row) for row in rows for name in row["fields"]}

    def _rows(self, table: Table, as_of: datetime | None, *where: ColumnElement[bool]) -> Iterator[Any]:
        """The rows with the file of their import, by (at, id)."""
        imported = tables.imported
        own = table.c.actor if "actor" in table.c else null()
        found = (
            select(table, own.label("told_by"), imported.c.file, imported.c.actor.label("imported_by"))
            .outerjoin(imported, and_(imported.c.id == table.c.import_id))
            .where(*known(table, as_of, None), *where)
            .order_by(table.c.at, table.c.id)
        )
        for row in self.tx.execute(found):
            yield row._mapping


def _noun(row: Mapping[str, Any]) -> Provenance:
    actor = row["imported_by"] or row["told_by"]
    return Provenance(row["at"], row["recorded_at"], actor, row["file"], row["line"])
