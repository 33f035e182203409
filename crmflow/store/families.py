"""Whose turn is it in a family: a case, what it opened and what those opened? Theirs that waits longest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, exists, func, or_, select

from crmflow.store import tables
from crmflow.store.transaction import Transaction


class Member(NamedTuple):
    """A case of a family: since when it waits (None: it does not), and the case that opened it."""

    id: int
    key: str
    parent_id: int | None
    since: datetime | None


class Turns(NamedTuple):
    """The cases that belong to families, and those whose turn it is, each until another one's moment comes
    (None: no other one waits)."""

    kin: frozenset[int]
    until: dict[int, datetime | None]


@dataclass(frozen=True, slots=True)
class Families:
    """Reads families whole. Cases that an incident groups are not one: it did not open them."""

    tx: Transaction

    def turns(self, ids: Collection[int], as_of: datetime) -> Turns:
        """In the families of these cases."""
        return turns([_member(row, as_of) for row in self._members(ids, as_of)])

    def _members(self, ids: Collection[int], as_of: datetime) -> Iterable[Any]:
        """One statement, for on PostgreSQL each sees a state of its own."""
        case, above, below, inbox = (
            tables.case,
            tables.case.alias("above"),
            tables.case.alias("below"),
            tables.case_event,
        )
        opens = exists().where(below.c.parent_id == case.c.id, below.c.branch.is_not(None))
        up = (
            select(case.c.bucket, case.c.id, case.c.parent_id, case.c.branch)
            .where(self.tx.among(case.c.bucket, case.c.id, ids), or_(case.c.branch.is_not(None), opens))
            .cte("up", recursive=True)
        )
        up = up.union(
            select(above.c.bucket, above.c.id, above.c.parent_id, above.c.branch)
            .join(up, and_(above.c.bucket == up.c.bucket, above.c.id == up.c.parent_id))
            .where(up.c.branch.is_not(None))
        )
        family = select(up.c.bucket, up.c.id).where(up.c.branch.is_(None)).cte("family", recursive=True)
        family = family.union(
            select(below.c.bucket, below.c.id)
            .join(family, below.c.parent_id == family.c.id)
            .where(below.c.branch.is_not(None))
        )
        sent = (
            select(func.min(inbox.c.at))
            .where(inbox.c.bucket == case.c.bucket, inbox.c.case_id == case.c.id)
            .where(inbox.c.taken_at.is_(None), inbox.c.at <= as_of)
            .scalar_subquery()
            .label("sent_at")
        )
        found = select(
            case.c.id, case.c.key, case.c.parent_id, case.c.branch, case.c.due_at, case.c.retry_at, sent
        ).join(family, and_(case.c.bucket == family.c.bucket, case.c.id == family.c.id))
        return self.tx.execute(found).all()


def turns(members: Sequence[Member]) -> Turns:
    """Of the moments that have come the earliest counts in each family; of one moment, the parent's is before
    its children's, and those come in the order of their keys."""
    parents = {each.id: each.parent_id for each in members}
    queues: dict[int, list[tuple[datetime, str, int]]] = {}
    for each in members:
        if each.since is not None:
            queues.setdefault(_first(each.id, parents), []).append((each.since, each.key, each.id))
    until: dict[int, datetime | None] = {}
    for queue in queues.values():
        (_, _, id), *others = sorted(queue)
        until[id] = others[0][0] if others else None
    return Turns(frozenset(parents), until)


def _first(id: int, parents: dict[int, int | None]) -> int:
    """The one above all."""
    while (above := parents[id]) is not None:
        id = above
    return id


def _member(row: Any, as_of: datetime) -> Member:
    """A case that failed is left alone for a while, and nobody waits for it."""
    sent_at = row.sent_at if row.retry_at is None or row.retry_at <= as_of else None
    moments = (at for at in (row.due_at, sent_at) if at is not None and at <= as_of)
    parent_id = None if row.branch is None else row.parent_id
    return Member(row.id, row.key, parent_id, min(moments, default=None))
