"""Which incidents run where, and which cases happened there meanwhile?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select

from crmflow.core.case import Case
from crmflow.core.incident import NOBODY
from crmflow.store import tables
from crmflow.store.case_row import COLUMNS, case_of
from crmflow.store.transaction import Transaction, bucket_of_unit


@dataclass(frozen=True, slots=True)
class Incidents:
    """Reads the cases about units, and those that could be grouped under them."""

    tx: Transaction

    def running(self, units: Iterable[str]) -> Iterator[Case]:
        """The open cases about these units."""
        table = tables.case
        places = [
            and_(table.c.bucket == bucket_of_unit(code), table.c.customer_id == NOBODY, table.c.unit == code)
            for code in units
        ]
        if places:
            found = select(*COLUMNS).where(or_(*places), table.c.closed_at.is_(None))
            yield from map(case_of, self.tx.execute(found.order_by(table.c.at, table.c.id)).all())

    def about(self, unit: str, key: str) -> Case:
        """The case about a unit with this key, which must be there."""
        table = tables.case
        found = select(*COLUMNS).where(table.c.bucket == bucket_of_unit(unit), table.c.key == key)
        return case_of(self.tx.execute(found).one())

    def happened(
        self, units: Iterable[str], charts: Iterable[str], since: datetime, until: datetime | None = None
    ) -> Iterator[Case]:
        """The open cases of these charts that were opened in these units since then (up to `until`) and are
        under no other case."""
        table = tables.case
        found = select(*COLUMNS).where(
            table.c.unit.in_(self.tx.listed(table.c.unit, units)),
            table.c.closed_at.is_(None),
            table.c.chart.in_(list(charts)),
            table.c.at >= since,
            table.c.parent_id.is_(None),
        )
        if until is not None:
            found = found.where(table.c.at <= until)
        if self.tx.dialect == "postgresql" and not self.tx.reading:
            found = found.with_for_update()
        return map(case_of, self.tx.execute(found.order_by(table.c.at, table.c.id)).all())

    def opened(self, keys: Iterable[tuple[int, str]]) -> set[str]:
        """Those of the keys, each with its bucket, for which there is a case."""
        table = tables.case
        found = self.tx.matches(select(table.c.key), keys, table.c.bucket, table.c.key)
        return {row.key for row in found}
