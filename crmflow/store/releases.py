"""Which rules are in force at a moment, what were their texts, and who drafted, approved and published them?

A release is kept in the database or in a folder; both obey what is written here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from crmflow.core.release import Release as Release
from crmflow.core.release import Step, content_hash, hash_of, in_force, manifest_of, standing
from crmflow.errors import StoreError
from crmflow.store.transaction import Transaction

MOST_KEPT = 64
"""Stores, and states of them, whose releases are kept in memory."""
_kept: dict[Hashable, tuple[Release, ...]] = {}


@dataclass(frozen=True)
class Releases(ABC):
    """Adds releases and steps, and reads them; nothing is ever changed. Texts are kept by their hash."""

    tx: Transaction

    # what each kind of store does for itself

    @abstractmethod
    def _mark(self) -> Hashable:
        """Something that is never the same again once a release or a step was added, in any store."""

    @abstractmethod
    def _all(self) -> list[Release]:
        """By number."""

    @abstractmethod
    def text(self, hash: str) -> str | None:
        """A text that was ever kept."""

    @abstractmethod
    def alone(self) -> AbstractContextManager[object]:
        """While this lasts, nobody else adds a release or a step."""

    @abstractmethod
    def _add(self, release: Release, texts: Mapping[str, str]) -> None: ...

    @abstractmethod
    def _append(self, release: Release, step: Step) -> None: ...

    @abstractmethod
    def _read(self, release: Release) -> Mapping[str, str]: ...

    # what holds for all

    def all(self) -> list[Release]:
        """By number; read anew only when something was added, since every call asks which one is in force.

        Raises StoreError CRM448 where a folder's files cannot be read.
        """
        mark = self._mark()
        found = _kept.get(mark)
        if found is None:
            if len(_kept) >= MOST_KEPT:
                _kept.clear()
            found = _kept[mark] = tuple(self._all())
        return list(found)

    def latest(self) -> Release | None:
        """The one drafted last."""
        return next(reversed(self.all()), None)

    def get(self, number: int) -> Release:
        """Raises StoreError CRM437."""
        releases = self.all()
        for release in releases:
            if release.number == number:
                return release
        known = ", ".join(str(release.number) for release in releases) or "–"
        raise StoreError("CRM437", number=number, known=known)

    def in_force(self, at: datetime) -> Release | None:
        return in_force(self.all(), at)

    def standing(self, at: datetime) -> Sequence[Release]:
        """The one in force at a moment, then those that would be without it."""
        return standing(self.all(), at)

    def texts(self, release: Release) -> dict[str, str]:
        """The texts of a release by "layer:path". Raises StoreError CRM439: they are not those drafted."""
        texts = self._read(release)
        for path, hash in release.manifest.items():
            if path not in texts or hash_of(texts[path]) != hash:
                raise StoreError("CRM439", number=release.number, path=path)
        if content_hash(release.manifest, release.packs) != release.hash:
            raise StoreError("CRM439", number=release.number, path="hash")
        return {path: texts[path] for path in release.manifest}

    def draft(
        self, texts: Mapping[str, str], *, packs: Mapping[str, str] | None = None, note: str = ""
    ) -> Release:
        """A release of these texts by "layer:path": one that has the same content and was not withdrawn,
        else a new one."""
        manifest, packs = manifest_of(texts), dict(packs or {})
        hash = content_hash(manifest, packs)
        with self.alone():
            releases = self.all()
            for same in reversed(releases):
                if same.hash == hash and not same.withdrawn:
                    return same
            number = releases[-1].number + 1 if releases else 1
            step = Step("drafted", self.tx.actor, self.tx.now, note)
            release = Release(number, hash, manifest, packs, (step,))
            self._add(release, texts)
            return release

    def add_step(self, number: int, step: Step) -> Release:
        """The release with a further step. Raises StoreError CRM437 unknown number."""
        with self.alone():
            self._append(self.get(number), step)
            return self.get(number)

    def take(self, release: Release, texts: Mapping[str, str]) -> bool:
        """Takes a release over from another store, with its number and steps; False: it is here already.

        Raises StoreError CRM448: another release has its number, or this one has gone on differently here.
        """
        with self.alone():
            here = {each.number: each for each in self.all()}.get(release.number)
            if here is None:
                self._add(release, texts)
                new = release.steps[1:]
            else:
                known = len(here.steps)
                if here.hash != release.hash or _differ(here.steps, release.steps):
                    raise StoreError("CRM448", number=release.number, folder="–")
                new = release.steps[known:]
            for step in new:
                self._append(release, step)
            return here is None or bool(new)

    def manifests(self) -> Iterator[tuple[str, str]]:
        """Each "layer:path" with each hash that a text of it ever had, the latest release first."""
        seen: set[tuple[str, str]] = set()
        for release in reversed(self.all()):
            for each in release.manifest.items():
                if each not in seen:
                    seen.add(each)
                    yield each


def _differ(one: Sequence[Step], other: Sequence[Step]) -> bool:
    """Whether two lives are not the same as far as both go."""
    return any(mine != theirs for mine, theirs in zip(one, other, strict=False))
