"""Who did what, when and because of what, and which effect has already happened?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from json import JSONEncoder
from operator import itemgetter
from secrets import token_hex
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from crmflow.core.journal import Entry
from crmflow.core.moment import to_micros
from crmflow.store import tables
from crmflow.store.exact import decode, encode
from crmflow.store.given import Document
from crmflow.store.transaction import Transaction, bucket_of, chunks

KEY = ("bucket", "key")
SALT = 16
"""Bytes of salt of a payload."""
DIGESTED = (
    "id",
    "kind",
    "subject",
    "actor",
    "cause",
    "release",
    "calendar",
    "key",
    "customer_id",
    "case_id",
    "payload_digest",
)
NEWEST = select(func.max(tables.journal.c.recorded_at))
_said = itemgetter(*DIGESTED)
_json = JSONEncoder(sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Journal:
    """Adds to the journal and reads it; nothing in it is ever changed.

    A row's digest is over the row and over the salted digest of its payload: a payload may be erased, and the
    row still holds.
    """

    tx: Transaction

    def write(self, entries: Iterable[Entry]) -> list[int | None]:
        """The id of each entry; None where its key is in the ledger already, and it was not written.

        The caller drops the effect of what was not written. `bucket`, `id` and `recorded_at` are not read.
        """
        return [id for chunk in chunks(entries) for id in self._write(chunk)]

    def _write(self, entries: Sequence[Entry]) -> list[int | None]:
        buckets = [bucket_of(entry.customer_id or entry.case_id or 0) for entry in entries]
        ids = self.tx.mint(buckets)
        payloads = {
            id: self._payload(each, id) for each, id in zip(entries, ids, strict=True) if each.payload
        }
        rows = [self._row(each, id, payloads.get(id)) for each, id in zip(entries, ids, strict=True)]
        self.tx.insert(tables.journal, [row for row in rows if row["key"] is None])
        new = self.tx.insert_new(tables.journal, [row for row in rows if row["key"] is not None], KEY)
        new.update(row["id"] for row in rows if row["key"] is None)
        self.tx.insert(tables.payload, [payload for id, payload in payloads.items() if id in new])
        return [id if id in new else None for id in ids]

    def _payload(self, entry: Entry, id: int) -> dict[str, Any]:
        content = encode(entry.payload)
        return {
            "bucket": bucket_of(id),
            "journal_id": id,
            "salt": token_hex(SALT),
            "content": Document(content, _json(content)),
            "at": entry.at,
            "recorded_at": self.tx.now,
        }

    def _row(self, entry: Entry, id: int, payload: Mapping[str, Any] | None) -> dict[str, Any]:
        told = encode(entry.told)
        row: dict[str, Any] = {
            "bucket": bucket_of(id),
            "id": id,
            "kind": entry.kind,
            "subject": entry.subject,
            "actor": entry.actor,
            "cause": entry.cause,
            "release": entry.release,
            "calendar": entry.calendar,
            "key": entry.key,
            "customer_id": entry.customer_id,
            "case_id": entry.case_id,
            "told": Document(told, _json(told)) if told else None,
            "payload_digest": None if payload is None else payload_digest(payload),
            "at": entry.at,
            "recorded_at": self.tx.now,
        }
        row["digest"] = row_digest(row)
        return row

    def of(
        self, *, customer: int | None = None, case: int | None = None, subject: str | None = None
    ) -> list[Entry]:
        """The entries about a customer, a case or another subject ("holding:12"), oldest first."""
        table = tables.journal
        where = []
        if customer is not None:
            where.append(and_(table.c.bucket == bucket_of(customer), table.c.customer_id == customer))
        if case is not None:
            where.append(and_(table.c.bucket == bucket_of(case), table.c.case_id == case))
        if subject is not None:
            where += [table.c.subject == subject, table.c.case_id.is_(None)]
        return list(self._entries(*where))

    def scan(
        self,
        *,
        kinds: Iterable[str] | None = None,
        customer: int | None = None,
        case: int | None = None,
        since: datetime | None = None,
    ) -> Iterator[Entry]:
        """The entries of some kinds or all, about a customer, a case or all, true from a moment on, in the
        order in which they were recorded."""
        table = tables.journal
        where: list[ColumnElement[bool]] = []
        if kinds is not None:
            where.append(table.c.kind.in_(sorted(kinds)))
        if case is not None:
            where += [table.c.bucket == bucket_of(case), table.c.case_id == case]
        if customer is not None:
            where += [table.c.bucket == bucket_of(customer), table.c.customer_id == customer]
        if since is not None:
            where.append(table.c.at >= since)
        return self._entries(*where, few=False)

    def get(self, id: int) -> Entry | None:
        table = tables.journal
        return next(self._entries(table.c.bucket == bucket_of(id), table.c.id == id), None)

    def among(self, ids: Iterable[int]) -> Iterator[Entry]:
        """The entries with these ids, oldest first."""
        wanted = list(ids)
        table = tables.journal
        return self._entries(self.tx.among(table.c.bucket, table.c.id, wanted)) if wanted else iter(())

    def newest(self) -> datetime | None:
        """When the last entry was recorded."""
        found: datetime | None = self.tx.execute(NEWEST).scalar()
        return found

    def _entries(self, *where: ColumnElement[bool], few: bool = True) -> Iterator[Entry]:
        for row in self._rows(*where, few=few):
            yield Entry(
                kind=row["kind"],
                subject=row["subject"],
                actor=row["actor"],
                at=row["at"],
                bucket=row["bucket"],
                customer_id=row["customer_id"],
                case_id=row["case_id"],
                cause=row["cause"],
                release=row["release"],
                calendar=row["calendar"],
                key=row["key"],
                told=decode(row["told"] or {}),
                payload=decode(row["content"] or {}),
                id=row["id"],
                recorded_at=row["recorded_at"],
            )

    def _rows(self, *where: ColumnElement[bool], few: bool) -> Iterator[Mapping[str, Any]]:
        table, payload = tables.journal, tables.payload
        joined = and_(payload.c.bucket == table.c.bucket, payload.c.journal_id == table.c.id)
        found = (
            select(table, payload.c.salt, payload.c.content)
            .outerjoin(payload, joined)
            .where(*where)
            .order_by(table.c.recorded_at, table.c.id)
        )
        for row in self.tx.stream(found, few=few):
            yield row._mapping


def payload_digest(payload: Mapping[str, Any]) -> str:
    """Over the salt and the content: what binds a payload to its row."""
    return _digest(f'["{payload["salt"]}",{_text(payload["content"])}]')


def row_digest(row: Mapping[str, Any]) -> str:
    """Over what the row says and when, and over the digest of its payload, not over the payload itself."""
    told = () if row["told"] is None else (_text(row["told"]),)
    return _digest(_json([*_said(row), *told, to_micros(row["at"]), to_micros(row["recorded_at"])]))


def _text(content: Mapping[str, Any]) -> str:
    return content.text if isinstance(content, Document) else _json(content)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
