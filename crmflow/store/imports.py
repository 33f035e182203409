"""Which files were imported, by whom, and what did they bring?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from crmflow.core.intake import Counts
from crmflow.store import tables
from crmflow.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Import:
    """A file that was imported: `kind` is the table (customers …), `digest` is over its bytes."""

    id: int
    kind: str
    file: str
    digest: str
    actor: str
    at: datetime
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Imports:
    """Notes imports, so that every row can name the file and line from which it came."""

    tx: Transaction

    def begin(self, kind: str, file: str, digest: str, rules: str | None = None) -> int:
        """The id to give to the rows of this file; with `rules` "none" its touchpoints open no cases."""
        id = self.tx.mint_spread(1)[0]
        self._put(id, kind, file, digest, {}, rules)
        return id

    def finish(self, id: int, counts: Counts, rejected: int = 0) -> None:
        table = tables.imported
        row = self.tx.execute(select(table).where(table.c.id == id)).one()
        done = {"new": counts.new, "changed": counts.changed, "same": counts.same, "rejected": rejected}
        self._put(id, row.kind, row.file, row.digest, done, row.rules)

    def all(self) -> list[Import]:
        """Oldest first."""
        table = tables.imported
        return [
            Import(row.id, row.kind, row.file, row.digest, row.actor, row.at, row.counts)
            for row in self.tx.execute(select(table).order_by(table.c.id))
        ]

    def _put(
        self, id: int, kind: str, file: str, digest: str, counts: Mapping[str, int], rules: str | None
    ) -> None:
        row = {
            "id": id,
            "kind": kind,
            "file": file,
            "digest": digest,
            "actor": self.tx.actor,
            "rules": rules,
            "counts": counts,
            "at": self.tx.now,
            "recorded_at": self.tx.now,
        }
        self.tx.put(tables.imported, [row], ("id",))
