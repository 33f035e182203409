"""What happened with customers, and how is it recorded once and never changed?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Text, exists, literal, select

from crmflow.core.field import Stored, Value
from crmflow.core.intake import TouchpointRow
from crmflow.core.touchpoint import Touchpoint
from crmflow.store import tables
from crmflow.store.customers import Customers
from crmflow.store.dated import known
from crmflow.store.given import Row
from crmflow.store.outcome import Outcome, Written
from crmflow.store.transaction import Transaction, bucket_of, chunks


class Brief(NamedTuple):
    """What of a touchpoint facts are computed from."""

    id: int
    kind: str
    at: datetime
    fields: Mapping[str, Value]
    holding_id: int | None
    unit: str | None
    staff: str | None
    channel: str | None


class Happened(NamedTuple):
    """A touchpoint's row with the ids of the customer and holding that it names."""

    row: TouchpointRow
    customer_id: int
    holding_id: int | None = None


COLUMNS = [tables.touchpoint.c[name] for name in Touchpoint.__slots__]
BRIEF = [tables.touchpoint.c[name] for name in Brief._fields]


@dataclass(frozen=True, slots=True)
class Recorded:
    """Ids of what is recorded: by (source, external id, digest), and of the last by (source, external id)."""

    contents: dict[tuple[str, str, str], int] = field(default_factory=dict)
    last: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, source: str, external_id: str, digest: str, id: int) -> None:
        self.contents[source, external_id, digest] = self.last[source, external_id] = id


@dataclass(frozen=True, slots=True)
class Touchpoints:
    """Adds and reads touchpoints."""

    tx: Transaction

    def add(self, rows: Sequence[Happened], *, import_id: int | None = None) -> Written:
        """Records what happened.

        Content (`digest`) that is recorded under its (source, external id) stays as it is ("same"); other
        content is a correction that voids the last one ("changed").
        """
        written = Written()
        for chunk in chunks(rows):
            written += self._add(chunk, import_id)
        return written

    def _add(self, happened: Sequence[Happened], import_id: int | None) -> Written:
        recorded = self._recorded(each.row for each in happened)
        minted = self.tx.mint(bucket_of(each.customer_id) for each in happened)
        ids: list[int] = []
        outcomes: list[Outcome] = []
        added: list[Happened] = []
        rows: list[Row] = []
        for each, id in zip(happened, minted, strict=True):
            row = each.row
            if (known := recorded.contents.get((row.source, row.external_id, row.digest))) is not None:
                ids.append(known)
                outcomes.append("same")
                continue
            voids = recorded.last.get((row.source, row.external_id))
            ids.append(id)
            outcomes.append("new" if voids is None else "changed")
            added.append(each)
            rows.append(self._row(id, each, voids, import_id))
            recorded.add(row.source, row.external_id, row.digest, id)
        self.tx.insert(tables.touchpoint, rows)
        Customers(self.tx).begin(((each.customer_id, each.row.at) for each in added), import_id=import_id)
        return Written(ids, outcomes)

    def _row(self, id: int, happened: Happened, voids: int | None, import_id: int | None) -> Row:
        row = happened.row
        return {
            "bucket": bucket_of(happened.customer_id),
            "customer_id": happened.customer_id,
            "at": row.at,
            "id": id,
            "recorded_at": self.tx.now,
            "kind": row.kind,
            "source": row.source,
            "external_id": row.external_id,
            "digest": row.digest,
            "fields": row.fields,
            "holding_id": happened.holding_id,
            "unit": row.unit,
            "staff": row.staff,
            "channel": row.channel,
            "voids": voids,
            "import_id": import_id,
            "line": row.line,
        }

    def _recorded(self, rows: Iterable[TouchpointRow]) -> Recorded:
        """What is recorded under the external ids of these rows."""
        table = tables.touchpoint
        found = self.tx.matches(
            select(table.c.source, table.c.external_id, table.c.digest, table.c.id).order_by(
                table.c.recorded_at, table.c.id
            ),
            ((row.source, row.external_id) for row in rows),
            table.c.source,
            table.c.external_id,
        )
        recorded = Recorded()
        for row in found:
            recorded.add(*row)
        return recorded

    def scan(
        self,
        *,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        customers: Iterable[int] | None = None,
    ) -> Iterator[tuple[int, list[Touchpoint]]]:
        """What happened up to `as_of`, as known at `known_at`, by customer in the store's order.

        Each customer's come by (at, id); what a correction voided is left out.
        """
        decode = self.tx.codec.decode
        for customer_id, rows in self._scan(COLUMNS, as_of, known_at, customers):
            yield customer_id, [_noun(row, decode) for _, *row in rows]

    def briefs(
        self, as_of: datetime, customers: Iterable[int] | None = None
    ) -> Iterator[tuple[int, list[Brief]]]:
        """The same up to `as_of`, with only what facts are computed from."""
        decode = self.tx.codec.decode
        for customer_id, rows in self._scan(BRIEF, as_of, None, customers):
            yield (
                customer_id,
                [
                    Brief(id, kind, at, decode(kind, fields), holding_id, unit, staff, channel)
                    for _, id, kind, at, fields, holding_id, unit, staff, channel in rows
                ],
            )

    def _scan(
        self,
        columns: Sequence[Column[Any]],
        as_of: datetime | None,
        known_at: datetime | None,
        customers: Iterable[int] | None,
    ) -> Iterator[tuple[int, Iterator[Any]]]:
        table = tables.touchpoint
        where = [] if customers is None else [self.tx.among(table.c.bucket, table.c.customer_id, customers)]
        rows = self.tx.stream(
            select(table.c.customer_id.label("whose"), *columns)
            .where(*known(table, as_of, known_at), ~voided(known_at), *where)
            .order_by(table.c.bucket, table.c.customer_id, table.c.at, table.c.id),
            few=customers is not None,
        )
        return groupby(rows, itemgetter(0))

    def of(self, customer_id: int, **moment: datetime | None) -> list[Touchpoint]:
        """One customer's touchpoints by (at, id)."""
        return next((group for _, group in self.scan(customers=[customer_id], **moment)), [])

    def unopened(
        self,
        kind: str,
        chart: str,
        *,
        as_of: datetime,
        known_at: datetime | None = None,
        import_id: int | None = None,
    ) -> Iterator[Touchpoint]:
        """The touchpoints of a kind without a case of the chart, by the key of `core.case.opening_key`: of
        one import, or all but those of imports that are to open none."""
        table = tables.touchpoint
        key = literal(f"{chart}|touchpoint:", Text) + table.c.source + ":" + table.c.external_id
        opened = exists().where(tables.case.c.bucket == table.c.bucket, tables.case.c.key == key)
        return self.of_kind(kind, ~opened, may_open(import_id), as_of=as_of, known_at=known_at)

    def of_kind(
        self, kind: str, *where: ColumnElement[bool], as_of: datetime, known_at: datetime | None = None
    ) -> Iterator[Touchpoint]:
        """The touchpoints of a kind, by (at, id)."""
        table = tables.touchpoint
        rows = self.tx.stream(
            select(*COLUMNS)
            .where(table.c.kind == kind, *known(table, as_of, known_at), ~voided(known_at), *where)
            .order_by(table.c.at, table.c.id)
        )
        for row in rows:
            yield _noun(row, self.tx.codec.decode)


def may_open(import_id: int | None) -> ColumnElement[bool]:
    """That a touchpoint is of this import, or of none that is to open no cases."""
    table, imported = tables.touchpoint, tables.imported
    if import_id is not None:
        return table.c.import_id == import_id
    return ~exists().where(imported.c.id == table.c.import_id, imported.c.rules == "none")


def voided(known_at: datetime | None) -> ColumnElement[bool]:
    """That a correction, as far as known, names this touchpoint."""
    correction = tables.touchpoint.alias("correction")
    return exists().where(correction.c.voids == tables.touchpoint.c.id, *known(correction, None, known_at))


def _noun(row: Any, decode: Callable[[str, Mapping[str, Stored]], Mapping[str, Value]]) -> Touchpoint:
    id, bucket, customer_id, kind, at, recorded_at, source, external_id, fields, *others = row
    known = decode(kind, fields)
    return Touchpoint(id, bucket, customer_id, kind, at, recorded_at, source, external_id, known, *others)
