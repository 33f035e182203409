"""What is a release, what has been done with it, and which one is in force at a moment?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal

BEGINNING = datetime.min.replace(tzinfo=UTC)
"""A site's first release is in force from the beginning of time."""
END = datetime.max.replace(tzinfo=UTC)

Action = Literal["drafted", "checked", "tested", "simulated", "approved", "published", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody did with a release: `at` is when. Of a publication, `begins` (None: the beginning of
    time) and `ends` (None: until the next) say when it is in force; `result` is what a check, a test or a
    what-if came to."""

    action: Action
    actor: str
    at: datetime
    note: str = ""
    begins: datetime | None = None
    ends: datetime | None = None
    result: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Span:
    """That a release is in force from `begins` to `ends` (exclusive), published at `at`."""

    begins: datetime
    ends: datetime
    at: datetime

    def holds(self, moment: datetime) -> bool:
        return self.begins <= moment < self.ends


@dataclass(frozen=True, slots=True)
class Release:
    """Rule files, immutable: `manifest` maps "layer:path" to the hash of the text, `packs` packs to versions,
    `hash` is over both. Only `steps`, oldest first and the draft before all, are added to."""

    number: int
    hash: str
    manifest: Mapping[str, str]
    packs: Mapping[str, str]
    steps: tuple[Step, ...]

    @property
    def actor(self) -> str:
        """Who drafted it."""
        return self.steps[0].actor

    @property
    def note(self) -> str:
        return self.steps[0].note

    @property
    def recorded_at(self) -> datetime:
        return self.steps[0].at

    @property
    def withdrawn(self) -> bool:
        """Whether it was taken back; what it decided while it was in force stays."""
        return any(step.action == "withdrawn" for step in self.steps)

    def last(self, action: Action) -> Step | None:
        return next((step for step in reversed(self.steps) if step.action == action), None)

    def approvals(self) -> tuple[Step, ...]:
        """By others than who drafted it."""
        return tuple(step for step in self.steps if step.action == "approved" and step.actor != self.actor)

    def spans(self) -> Iterator[Span]:
        """When it is in force, unless another is, the latest first; publishing it again or withdrawing it
        ends what was published before."""
        latest = END
        for step in reversed(self.steps):
            if step.action == "withdrawn":
                latest = step.at
            elif step.action == "published":
                begins = step.begins or BEGINNING
                yield Span(begins, min(step.ends or END, latest), step.at)
                latest = min(latest, begins)


def standing(releases: Iterable[Release], moment: datetime) -> list[Release]:
    """The releases that hold at a moment, the one in force first, then what would be without it.

    The later beginning wins, among equal ones the later publication.
    """
    found: dict[int, tuple[datetime, datetime, int]] = {}
    by_number = {release.number: release for release in releases}
    for release in by_number.values():
        ranks = [(span.begins, span.at, release.number) for span in release.spans() if span.holds(moment)]
        if ranks:
            found[release.number] = max(ranks)
    return [by_number[number] for number in sorted(found, key=found.__getitem__, reverse=True)]


def in_force(releases: Iterable[Release], moment: datetime) -> Release | None:
    """The release that counts at a moment; None before the first."""
    return next(iter(standing(releases, moment)), None)


State = Literal["draft", "approved", "scheduled", "in force", "past", "withdrawn"]


def state_of(release: Release, releases: Sequence[Release], moment: datetime) -> State:
    """Where a release stands in its life at a moment."""
    present = in_force(releases, moment)
    if present is not None and present.number == release.number:
        return "in force"
    if release.withdrawn:
        return "withdrawn"
    spans = list(release.spans())
    if any(span.begins > moment for span in spans):
        return "scheduled"
    if spans:
        return "past"
    return "approved" if release.approvals() else "draft"


def rolled_back(release: Release, present: Release | None) -> bool:
    """Whether an older release was put into force in the place of this one, and still is."""
    last = release.last("published")
    if last is None or present is None or present.number >= release.number:
        return False
    back = present.last("published")
    return back is not None and back.at > last.at


def hash_of(text: str) -> str:
    """SHA-256 of the text in UTF-8, in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def manifest_of(texts: Mapping[str, str]) -> dict[str, str]:
    """The hash of each text, by path in order."""
    return {path: hash_of(text) for path, text in sorted(texts.items())}


def content_hash(manifest: Mapping[str, str], packs: Mapping[str, str]) -> str:
    """Over all texts and the versions of the packs."""
    return hash_of(json.dumps([dict(manifest), dict(packs)], sort_keys=True))
