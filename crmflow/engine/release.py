"""Which rules are in force? A release, frozen in the store and compiled here."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from threading import Lock
from time import monotonic
from typing import ClassVar

from crmflow.core.calendar import Calendar
from crmflow.core.calendars import Calendars
from crmflow.core.customer import Customer
from crmflow.core.release import Release
from crmflow.engine.codec import VocabularyCodec
from crmflow.engine.files import thaw
from crmflow.errors import CrmflowError, RuleFileError, StoreError
from crmflow.rules.fact import DERIVED, Fact
from crmflow.rules.load import load
from crmflow.rules.ruleset import Ruleset
from crmflow.rules.source import RuleFile
from crmflow.store.batch import Batch

log = logging.getLogger("crmflow.release")
RETRY = 60.0
"""Seconds after which a release that failed is tried again."""


@dataclass(frozen=True)
class Rules:
    """A compiled release. `id` is what the journal cites: its content hash."""

    set: Ruleset
    id: str
    number: int

    @cached_property
    def codec(self) -> VocabularyCodec:
        return VocabularyCodec(self.set.vocabulary)

    @property
    def calendar(self) -> Calendar:
        """The site's working time: its calendars/default.yaml, else around the clock."""
        return self.set.calendars.default

    @property
    def calendars(self) -> Calendars:
        """The working time of each unit, role and person."""
        return self.set.calendars

    @cached_property
    def unit_fields(self) -> tuple[str, ...]:
        """The customers' fields that name a unit, a pack's before the core's."""
        named = [name for name, field in self.set.vocabulary.customer.items() if field.kind == "unit"]
        return tuple(sorted(named, key=lambda name: name.startswith("core.")))

    @cached_property
    def reads(self) -> frozenset[str]:
        """Every name that a rulebook reads, and what these are computed from."""
        opening = (chart.opens_when for chart in self.set.charts.values())
        asked = (
            *(rulebook.reads for rulebook in self.set.rulebooks),
            *(condition.names for condition in opening if condition is not None),
        )
        named = frozenset().union(*asked)
        return named | self.set.vocabulary.behind(named)

    @cached_property
    def derived(self) -> tuple[Fact, ...]:
        """The facts that follow the day and that a rulebook reads, those of holdings included."""
        facts = self.set.vocabulary.all_facts().values()
        return tuple(fact for fact in facts if fact.aggregate in DERIVED and fact.name in self.reads)

    def unit_of(self, customer: Customer) -> str | None:
        """The unit that a customer belongs to by its own fields."""
        for name in self.unit_fields:
            if code := customer.fields.get(name):
                return str(code)
        return None


class Releases:
    """Compiles each release once; engines of one process share what one has compiled, and what failed."""

    _compiled: ClassVar[dict[str, Ruleset]] = {}
    _failed: ClassVar[dict[str, tuple[float, CrmflowError]]] = {}
    _lock = Lock()

    def in_force(self, batch: Batch, at: datetime) -> Rules:
        """The release in force at a moment; while this process cannot use it, the one that counted before.

        Raises StoreError CRM440 when nothing is published, else what keeps the release from being used when
        there is no other.
        """
        return self.chosen(batch, at)[0]

    def chosen(self, batch: Batch, at: datetime) -> tuple[Rules, StoreError | None]:
        """The rules to use, and CRM445 where they are not those of the release in force."""
        standing = batch.releases.standing(at)
        if not standing:
            raise StoreError("CRM440")
        failures: list[CrmflowError] = []
        for release in standing:
            try:
                rules = self._tried(batch, release)
            except CrmflowError as error:
                failures.append(error)
                continue
            if not failures:
                return rules, None
            wanted = standing[0].number
            return rules, StoreError("CRM445", number=wanted, kept=release.number, reason=failures[0])
        raise failures[0]

    def _tried(self, batch: Batch, release: Release) -> Rules:
        """What failed is tried again after a while: a missing text may come, an upgrade may follow."""
        since, error = self._failed.get(release.hash, (0.0, None))
        if error is not None and monotonic() - since < RETRY:
            raise error
        try:
            rules = self.rules(batch, release)
        except CrmflowError as error:
            self._failed[release.hash] = monotonic(), error
            log.error("release %s cannot be used here: %s", release.number, error)
            raise
        self._failed.pop(release.hash, None)
        return rules

    def rules(self, batch: Batch, release: Release) -> Rules:
        """A release of the store, compiled. Raises RuleFileError CRM090, StoreError CRM439."""
        with self._lock:
            if release.hash not in self._compiled:
                texts = batch.releases.texts(release)
                self._compiled[release.hash] = compiled(thaw(texts, tuple(release.packs)))
            return Rules(self._compiled[release.hash], release.hash, release.number)


def compiled(files: Iterable[RuleFile]) -> Ruleset:
    """The rules of these files. Raises RuleFileError CRM090, with `diagnostics`: they cannot be used."""
    loaded = load(files)
    if loaded.ruleset is None:
        first = min(loaded.errors, key=lambda error: (error.file, error.start.line, error.start.column))
        raise RuleFileError(
            "CRM090",
            count=len(loaded.errors),
            place=f"{first.file}:{first.start.line}:{first.start.column}",
            first=first.message(),
            diagnostics=loaded.diagnostics,
        )
    return loaded.ruleset
