"""Which units, staff and posts were read before, and do they still hold?

Every call needs them all, and they change seldom: reading them anew takes longer than what most calls do.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, func, select, union_all

from crmflow.core.post import Posts
from crmflow.store import tables
from crmflow.store.transaction import Transaction

DATED = (tables.unit_dated, tables.staff_dated, tables.post, tables.absence)
COUNT = select(*(select(func.count()).select_from(table).scalar_subquery() for table in DATED))
LAST = datetime.max.replace(tzinfo=UTC)


class Kept(NamedTuple):
    """What was read from tables with so many rows, and from when until when it is true."""

    counts: tuple[int, ...]
    since: datetime
    until: datetime
    posts: Posts


_kept: WeakKeyDictionary[Engine, dict[str | None, Kept]] = WeakKeyDictionary()


def posts_at(tx: Transaction, as_of: datetime, read: Callable[[], Posts]) -> Posts:
    """Those of a moment, read where they are not known or anything has changed since.

    The tables are only added to, so that as many rows are the same rows; what this transaction itself has
    added, and may yet undo, is read and not kept.
    """
    if any(table.name in tx.written for table in DATED):
        return read()
    of_schema = _kept.setdefault(tx.connection.engine, {})
    kept = of_schema.get(tx.schema)
    counts: tuple[int, ...] = tuple(tx.execute(COUNT).one())
    if kept is None or kept.counts != counts or not kept.since <= as_of < kept.until:
        kept = of_schema[tx.schema] = Kept(counts, as_of, _next_change(tx, as_of), read())
    return kept.posts


def _next_change(tx: Transaction, as_of: datetime) -> datetime:
    """The first moment after `as_of` from which something else is true."""
    moments: list[Any] = [*(table.c.at for table in DATED), tables.absence.c.until]
    firsts = union_all(*(select(func.min(moment).label("at")).where(moment > as_of) for moment in moments))
    found: datetime | None = tx.execute(select(func.min(firsts.subquery().c.at))).scalar()
    return found or LAST
