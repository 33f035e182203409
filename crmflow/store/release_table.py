"""How do releases lie in the database? As rows, and texts by hash; each step stands in the journal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, func, select

from crmflow.core.journal import Entry
from crmflow.core.release import Release, Step
from crmflow.store import tables
from crmflow.store.journal import Journal
from crmflow.store.releases import Releases

SUBJECT = "releases"
"""Of the journal's entries about any release, so that one look-up finds all."""
LOCK = 0x63726D666C6F77
"""Of PostgreSQL's advisory lock: who holds it adds the next release."""


class ReleaseTable(Releases):
    """Releases in the database, in the caller's transaction."""

    def _mark(self) -> Hashable:
        return tuple(self.tx.execute(_marks()).one())

    def _all(self) -> list[Release]:
        steps: dict[int, list[Step]] = defaultdict(list)
        for entry in Journal(self.tx).of(subject=SUBJECT):
            steps[int(str(entry.payload["number"]))].append(_step(entry))
        rows = self.tx.execute(select(tables.release).order_by(tables.release.c.number))
        return [_noun(row, steps[row.number]) for row in rows]

    def text(self, hash: str) -> str | None:
        table = tables.content
        found: str | None = self.tx.execute(select(table.c.text).where(table.c.hash == hash)).scalar()
        return found

    def alone(self) -> AbstractContextManager[object]:
        """SQLite has one writer at a time; on PostgreSQL a lock is held until the transaction ends."""
        if self.tx.dialect == "postgresql":
            self.tx.execute(select(func.pg_advisory_xact_lock(LOCK)))
        return nullcontext()

    def _add(self, release: Release, texts: Mapping[str, str]) -> None:
        now = self.tx.now
        rows = [
            {"hash": hash, "text": text, "at": now, "recorded_at": now}
            for hash, text in {release.manifest[path]: text for path, text in texts.items()}.items()
        ]
        self.tx.insert_new(tables.content, rows, ("hash",), "hash")
        row = {
            "id": self.tx.mint_spread(1)[0],
            "number": release.number,
            "hash": release.hash,
            "manifest": release.manifest,
            "packs": release.packs,
            "actor": release.actor,
            "note": release.note,
            "at": release.recorded_at,
            "recorded_at": now,
        }
        self.tx.insert(tables.release, [row])
        self._append(release, release.steps[0])

    def _append(self, release: Release, step: Step) -> None:
        said = {"number": release.number, "note": step.note, "begins": step.begins, "ends": step.ends}
        entry = Entry(
            kind=f"release {step.action}",
            subject=SUBJECT,
            actor=step.actor,
            at=step.at,
            release=release.hash,
            payload={**said, "result": step.result},
        )
        Journal(self.tx).write([entry])

    def _read(self, release: Release) -> Mapping[str, str]:
        table = tables.content
        wanted = ((hash,) for hash in release.manifest.values())
        found = self.tx.matches(select(table.c.hash, table.c.text), wanted, table.c.hash)
        by_hash = {row.hash: row.text for row in found}
        return {path: by_hash[hash] for path, hash in release.manifest.items() if hash in by_hash}


def _step(entry: Entry) -> Step:
    said: Mapping[str, Any] = entry.payload
    action: Any = entry.kind.removeprefix("release ")
    return Step(
        action, entry.actor, entry.at, said["note"], said["begins"], said["ends"], said.get("result", {})
    )


def _noun(row: Any, steps: list[Step]) -> Release:
    """A row without steps is older than drafts: it was published as soon as it was written."""
    if not steps:
        drafted = Step("drafted", row.actor, row.recorded_at, row.note)
        steps = [drafted, Step("published", row.actor, row.recorded_at, row.note, begins=row.at)]
    return Release(row.number, row.hash, row.manifest, row.packs, tuple(steps))


@cache
def _marks() -> Select[*tuple[Any, ...]]:
    """The newest step's digest, which is salted, with how many there are, and the newest release. (Every call
    asks, and to build it takes longer than to run it.)"""
    journal, release = tables.journal, tables.release
    mine = and_(journal.c.subject == SUBJECT, journal.c.case_id.is_(None))  # as the index has it
    newest = select(journal.c.digest).where(mine).order_by(journal.c.id.desc()).limit(1)
    count = select(func.count()).select_from(journal).where(mine)
    latest = select(release.c.hash).order_by(release.c.number.desc()).limit(1)
    return select(newest.scalar_subquery(), count.scalar_subquery(), latest.scalar_subquery())
