"""What happened to nobody in particular: prices, weather, stock, mass incidents?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import exists, select

from crmflow.core.field import Stored
from crmflow.core.moment import to_micros
from crmflow.core.touchpoint import Signal
from crmflow.store import tables
from crmflow.store.dated import known
from crmflow.store.transaction import Transaction

IDENTITY = ("source", "external_id", "digest")


@dataclass(frozen=True, slots=True)
class Signals:
    """Adds and reads signals; they are never changed: other content under the same id voids the last."""

    tx: Transaction

    def add(self, signals: Sequence[Signal]) -> int:
        """Records signals; returns how many were new. `id` and `recorded_at` are not read."""
        added = 0
        for signal in signals:
            added += len(self.tx.insert_new(tables.signal, [self._row(signal)], IDENTITY))
        return added

    def scan(
        self, *, kind: str | None = None, as_of: datetime | None = None, known_at: datetime | None = None
    ) -> Iterator[Signal]:
        """By (at, id); what a correction voided is left out."""
        table, correction = tables.signal, tables.signal.alias("correction")
        voided = exists().where(correction.c.voids == table.c.id, *known(correction, None, known_at))
        found = select(table).where(*known(table, as_of, known_at), ~voided)
        if kind is not None:
            found = found.where(table.c.kind == kind)
        for row in self.tx.stream(found.order_by(table.c.at, table.c.id)):
            fields = self.tx.codec.decode(row.kind, row.fields)
            yield Signal(
                row.id, row.kind, row.at, row.recorded_at, row.source, row.external_id, row.unit, fields
            )

    def _row(self, signal: Signal) -> dict[str, Any]:
        stored = self.tx.codec.encode(signal.kind, signal.fields)
        return {
            "id": self.tx.mint_spread(1)[0],
            "kind": signal.kind,
            "source": signal.source,
            "external_id": signal.external_id,
            "digest": _digest(signal, stored),
            "fields": stored,
            "unit": signal.unit,
            "voids": self._last(signal),
            "at": signal.at,
            "recorded_at": self.tx.now,
        }

    def _last(self, signal: Signal) -> int | None:
        """The signal that other content under the same id takes the place of."""
        table = tables.signal
        same = table.c.source == signal.source, table.c.external_id == signal.external_id
        newest = select(table.c.id).where(*same).order_by(table.c.recorded_at.desc(), table.c.id.desc())
        last: int | None = self.tx.execute(newest.limit(1)).scalar()
        return last


def _digest(signal: Signal, stored: Mapping[str, Stored]) -> str:
    content = json.dumps([signal.kind, to_micros(signal.at), signal.unit, dict(stored)], sort_keys=True)
    return blake2b(content.encode(), digest_size=16).hexdigest()
