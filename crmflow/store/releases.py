"""Which rules are in force at a moment, and what were their texts?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Select, select

from crmflow.store import tables
from crmflow.store.transaction import Transaction

BEGINNING = datetime.min.replace(tzinfo=UTC)
"""A site's first release is in force from the beginning of time."""


@dataclass(frozen=True, slots=True)
class Release:
    """Rule files, immutable: `manifest` maps paths to the hashes of texts, `packs` packs to versions."""

    id: int
    number: int
    hash: str
    manifest: Mapping[str, str]
    effective_from: datetime
    recorded_at: datetime
    actor: str
    note: str = ""
    packs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Releases:
    """Adds and reads releases; texts are kept once, by their hash."""

    tx: Transaction

    def add(
        self,
        texts: Mapping[str, str],
        *,
        packs: Mapping[str, str] | None = None,
        note: str = "",
        effective_from: datetime | None = None,
    ) -> Release:
        """A release of these texts by path, in force from `effective_from` (now; the first one: always).

        The same texts and packs as the latest release are that release.
        """
        manifest = {path: hash_of(text) for path, text in sorted(texts.items())}
        packs = dict(packs or {})
        hash = hash_of(json.dumps([manifest, packs], sort_keys=True))
        latest = self.latest()
        if latest is not None and latest.hash == hash:
            return latest
        begins = effective_from or (BEGINNING if latest is None else self.tx.now)
        release = Release(
            id=self.tx.mint_spread(1)[0],
            number=1 if latest is None else latest.number + 1,
            hash=hash,
            manifest=manifest,
            effective_from=begins,
            recorded_at=self.tx.now,
            actor=self.tx.actor,
            note=note,
            packs=packs,
        )
        self._keep(texts.values())
        self.tx.insert(tables.release, [_row(release)])
        return release

    def latest(self) -> Release | None:
        """The one published last, in force or not yet."""
        return self._first(select(tables.release).order_by(tables.release.c.number.desc()))

    def in_force(self, at: datetime) -> Release | None:
        table = tables.release
        return self._first(
            select(table).where(table.c.at <= at).order_by(table.c.at.desc(), table.c.number.desc())
        )

    def get(self, id: int) -> Release | None:
        return self._first(select(tables.release).where(tables.release.c.id == id))

    def all(self) -> list[Release]:
        """Oldest first."""
        return [
            _noun(row) for row in self.tx.execute(select(tables.release).order_by(tables.release.c.number))
        ]

    def texts(self, release: Release) -> dict[str, str]:
        """The texts of a release, by path."""
        table = tables.content
        wanted = ((hash,) for hash in release.manifest.values())
        found = self.tx.matches(select(table.c.hash, table.c.text), wanted, table.c.hash)
        by_hash = {row.hash: row.text for row in found}
        return {path: by_hash[hash] for path, hash in release.manifest.items()}

    def text(self, hash: str) -> str | None:
        """A text that was ever published."""
        table = tables.content
        found: str | None = self.tx.execute(select(table.c.text).where(table.c.hash == hash)).scalar()
        return found

    def _keep(self, texts: Iterable[str]) -> None:
        rows = [
            {"hash": hash_of(text), "text": text, "at": self.tx.now, "recorded_at": self.tx.now}
            for text in dict.fromkeys(texts)
        ]
        self.tx.insert_new(tables.content, rows, ("hash",), "hash")

    def _first(self, found: Select[Any]) -> Release | None:
        row = self.tx.execute(found.limit(1)).first()
        return None if row is None else _noun(row)


def hash_of(text: str) -> str:
    """SHA-256 of the text in UTF-8, in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def _row(release: Release) -> dict[str, object]:
    return {
        "id": release.id,
        "number": release.number,
        "hash": release.hash,
        "manifest": release.manifest,
        "packs": release.packs,
        "actor": release.actor,
        "note": release.note,
        "at": release.effective_from,
        "recorded_at": release.recorded_at,
    }


def _noun(row: Any) -> Release:
    return Release(
        id=row.id,
        number=row.number,
        hash=row.hash,
        manifest=row.manifest,
        effective_from=row.at,
        recorded_at=row.recorded_at,
        actor=row.actor,
        note=row.note,
        packs=row.packs,
    )
