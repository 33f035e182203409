"""Which messages are to leave the house, and what became of each?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, or_, select

from crmflow.core.message import Outgoing, State
from crmflow.store import tables
from crmflow.store.exact import decode, encode
from crmflow.store.transaction import Transaction, bucket_of


class Sent(NamedTuple):
    """A message that a customer got, or is being sent at this moment (`sent_at` is None)."""

    customer_id: int
    message: str
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Outbox:
    """Takes messages in the transaction of their effect; their keys are unique in the journal, and so here.

    An attempt is a lease: its row says until when. If nobody has ended it by then, the next worker begins
    another one, with the same key.
    """

    tx: Transaction

    def put(self, sent: Iterable[Outgoing]) -> None:
        """Messages to send from now on, one for each effect."""
        messages = list(sent)
        ids = self.tx.mint(bucket_of(message.customer_id) for message in messages)
        rows = (self._row(message, id) for message, id in zip(messages, ids, strict=True))
        self.tx.insert(tables.outbox, list(rows))

    def due(self, as_of: datetime, limit: int) -> list[Outgoing]:
        """At most `limit` messages that wait for an attempt by `as_of`, nobody else's, the oldest first."""
        table = tables.outbox
        found = select(table).where(table.c.due_at <= as_of).order_by(table.c.due_at, table.c.id).limit(limit)
        if self.tx.dialect == "postgresql":
            found = found.with_for_update(skip_locked=True)
        return [_noun(row) for row in self.tx.execute(found)]

    def save(self, messages: Iterable[Outgoing]) -> None:
        """Writes where messages stand now."""
        self.tx.change(tables.outbox, [_standing(message) for message in messages])

    def present(self, ids: Iterable[int]) -> dict[int, Outgoing]:
        """Messages as they are now, by id, locked; unknown ids are left out."""
        table, wanted = tables.outbox, list(ids)
        if not wanted:
            return {}
        found = select(table).where(self.tx.among(table.c.bucket, table.c.id, wanted)).order_by(table.c.id)
        if self.tx.dialect == "postgresql":
            found = found.with_for_update()
        return {row.id: _noun(row) for row in self.tx.execute(found)}

    def get(self, id: int) -> Outgoing | None:
        table = tables.outbox
        row = self.tx.execute(select(table).where(table.c.bucket == bucket_of(id), table.c.id == id)).first()
        return None if row is None else _noun(row)

    def scan(
        self, *, states: Iterable[State] | None = None, customers: Iterable[int] | None = None
    ) -> Iterator[Outgoing]:
        """By the moment of their effects."""
        table = tables.outbox
        where: list[ColumnElement[bool]] = []
        if states is not None:
            where.append(table.c.state.in_(list(states)))
        if customers is not None:
            where.append(self.tx.among(table.c.bucket, table.c.customer_id, customers))
        found = select(table).where(*where).order_by(table.c.at, table.c.id)
        return map(_noun, self.tx.stream(found))

    def sent_since(self, since: datetime, customers: Iterable[int], as_of: datetime) -> list[Sent]:
        """What customers got after `since`, and what is on its way to them at `as_of`.

        The customers are locked first, so that two workers cannot both send the last message that is allowed.
        """
        table, customer = tables.outbox, tables.customer
        ids = sorted(set(customers))
        if not ids:
            return []
        if self.tx.dialect == "postgresql":
            theirs = select(customer.c.id).where(self.tx.among(customer.c.bucket, customer.c.id, ids))
            self.tx.execute(theirs.order_by(customer.c.id).with_for_update(key_share=True)).all()
        leased = and_(table.c.state == "waiting", table.c.attempts > 0, table.c.error.is_(None))
        found = select(table.c.customer_id, table.c.message, table.c.sent_at).where(
            self.tx.among(table.c.bucket, table.c.customer_id, ids),
            or_(table.c.sent_at > since, and_(leased, table.c.due_at > as_of)),
        )
        return [Sent(*row) for row in self.tx.execute(found)]

    def _row(self, message: Outgoing, id: int) -> dict[str, Any]:
        return {
            "bucket": bucket_of(id),
            "id": id,
            "customer_id": message.customer_id,
            "case_id": message.case_id,
            "journal_id": message.journal_id,
            "key": message.key,
            "message": message.message,
            "channel": message.channel,
            "data": _data(message),
            "state": "waiting",
            "attempts": 0,
            "due_at": message.at,
            "sent_at": None,
            "error": None,
            "at": message.at,
            "recorded_at": self.tx.now,
        }


def _standing(message: Outgoing) -> dict[str, Any]:
    """The columns of a row that change."""
    return {
        "bucket": bucket_of(message.id),
        "id": message.id,
        "channel": message.channel,
        "data": _data(message),
        "state": message.state,
        "attempts": message.attempts,
        "due_at": message.due_at,
        "sent_at": message.sent_at,
        "error": message.code,
    }


def _data(message: Outgoing) -> dict[str, Any]:
    said = {"staff": message.staff, "why": message.parts or None, "asked": message.asked_at}
    return {name: encode(value) for name, value in said.items() if value is not None}


def _noun(row: Any) -> Outgoing:
    said = decode(row.data)
    return Outgoing(
        key=row.key,
        message=row.message,
        customer_id=row.customer_id,
        at=row.at,
        channel=row.channel,
        case_id=row.case_id,
        journal_id=row.journal_id,
        staff=said.get("staff"),
        id=row.id,
        state=row.state,
        attempts=row.attempts,
        due_at=row.due_at,
        sent_at=row.sent_at,
        code=row.error,
        parts=said.get("why", {}),
        asked_at=said.get("asked"),
    )
