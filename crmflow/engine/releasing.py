"""How does a release come into force: drafted, checked, tested, tried, approved, published, rolled back?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crmflow.core.diagnostic import Diagnostic
from crmflow.core.release import (
    BEGINNING,
    Action,
    Release,
    Step,
    content_hash,
    in_force,
    manifest_of,
    standing,
    state_of,
)
from crmflow.core.text import Text
from crmflow.engine.escalation import demanded
from crmflow.engine.files import freeze, rule_files, thaw
from crmflow.engine.listings import WORDS
from crmflow.engine.overriding import Override, outdated
from crmflow.engine.rehearsing import run_tests
from crmflow.engine.release import Releases, compiled
from crmflow.engine.unit_names import unknown_units
from crmflow.errors import SettingsError, StoreError
from crmflow.plugins import Plugins
from crmflow.rules.cases import CaseResult
from crmflow.rules.check import check
from crmflow.rules.feel import nearest
from crmflow.rules.source import RuleFile
from crmflow.settings import Site
from crmflow.store import Connection
from crmflow.store.batch import Batch
from crmflow.store.release_folder import ReleaseFolder
from crmflow.store.releases import Releases as ReleaseStore
from crmflow.store.store import Store

WAITING = ("draft", "approved", "scheduled")


@dataclass(frozen=True, slots=True)
class PackState:
    """The version of a pack in the release in force, and the one that is installed; None: not there."""

    name: str
    in_force: str | None
    installed: str | None


@dataclass(frozen=True, slots=True)
class Health:
    """`release` is the number of the release that this process uses; `problem` says why it is not the one in
    force; `waiting` are the numbers of drafts and of what is scheduled."""

    release: int
    problem: StoreError | None
    packs: tuple[PackState, ...]
    waiting: tuple[int, ...]


class Releasing:
    """The releases of a site: `engine.releases`. Every step is recorded with who, when and why, for good.

    Who acts is what the caller says: nothing is authenticated here. Each call that names a release raises
    StoreError CRM437 for a number that there is not, CRM439 where its texts are not those drafted.
    """

    def __init__(self, site: Site, plugins: Plugins, store: Store, known: Releases) -> None:
        self._site, self._packs, self._store, self._known = site, plugins, store, known

    # from files to a release

    def draft(self, *, actor: str = "host", note: str = "", connection: Connection | None = None) -> Release:
        """Freezes the rule files on disk. The same content again is the draft that is there already.

        Raises RuleFileError CRM090: they cannot be used.
        """
        files = list(rule_files(self._site, self._packs))
        compiled(files)
        with self._store.batch(actor, connection=connection) as batch:
            return batch.releases.draft(freeze(files), packs=self._packs.versions, note=note)

    def check(
        self, number: int, *, actor: str = "host", connection: Connection | None = None
    ) -> tuple[Diagnostic, ...]:
        """What is wrong or doubtful in the texts of a release."""
        with self._store.batch(actor, connection=connection) as batch:
            release = batch.releases.get(number)
            found = check(thaw(batch.releases.texts(release), tuple(release.packs)))
            _record(batch, release, "checked", result={"findings": len(found)})
            return found

    def test(
        self, number: int, *, actor: str = "host", connection: Connection | None = None
    ) -> list[CaseResult]:
        """Runs the tests that stand in the texts of a release."""
        with self._store.batch(actor, connection=connection) as batch:
            return self._test(batch, batch.releases.get(number))

    def attach(
        self,
        number: int,
        result: Mapping[str, object],
        *,
        actor: str = "host",
        note: str = "",
        connection: Connection | None = None,
    ) -> Release:
        """Keeps with a draft what a what-if of it came to, such as {"file": …, "digest": …}."""
        with self._store.batch(actor, connection=connection) as batch:
            return _record(batch, _alive(batch, number), "simulated", note=note, result=result)

    def approve(
        self, number: int, *, actor: str, note: str = "", connection: Connection | None = None
    ) -> Release:
        """Raises StoreError CRM436: by its own drafter, CRM446: it was withdrawn."""
        with self._store.batch(actor, connection=connection) as batch:
            release = _alive(batch, number)
            if actor == release.actor:
                raise StoreError("CRM436", number=number, actor=actor)
            return _record(batch, release, "approved", note=note, result={"hash": release.hash})

    def publish(
        self,
        number: int,
        *,
        actor: str = "host",
        note: str = "",
        begins: datetime | None = None,
        ends: datetime | None = None,
        connection: Connection | None = None,
    ) -> Release:
        """Puts a release into force from `begins` (now; a site's first: always) until `ends` (exclusive),
        when the one before is in force again. One that is in force already stays as it is; earlier today
        means now.

        Raises StoreError CRM435 it needs an approval, CRM438 a test fails, CRM446 it was withdrawn, CRM447
        the dates cannot be; SettingsError CRM833 a param is set for a unit that there is not.
        """
        with self._store.batch(actor, connection=connection) as batch, batch.releases.alone():
            release = _alive(batch, number)
            others = batch.releases.all()
            if begins is None and ends is None and release == in_force(others, batch.now):
                return release
            if begins is not None and self._day(begins)[:10] == self._day(batch.now)[:10]:
                begins = max(begins, batch.now)
            self._demand_dates(begins or batch.now, ends, batch.now)
            texts = thaw(batch.releases.texts(release), tuple(release.packs))
            if (unknown := unknown_units(texts, batch.units.spellings())) is not None:
                raise SettingsError("CRM833", units=unknown)
            before = standing(others, begins or batch.now)
            asks = demanded(batch, self._known, release, before, self._site.approval)
            if asks is not None and not release.approvals():
                base = before[0].number
                raise StoreError("CRM435", number=number, base=base, changes=asks, drafter=release.actor)
            if not _passed(release):
                self._test(batch, release, demand=True)
            first = not any(True for each in others for _ in each.spans())
            return _record(
                batch,
                release,
                "published",
                note=note or release.note,
                begins=begins or (None if first else batch.now),
                ends=ends,
            )

    def publish_files(
        self, *, actor: str = "host", note: str = "", connection: Connection | None = None
    ) -> Release:
        """Drafts the rule files on disk and publishes them; where that is refused, the draft stays.

        Raises RuleFileError CRM090, and as `publish`.
        """
        release = self.draft(actor=actor, note=note, connection=connection)
        return self.publish(release.number, actor=actor, note=note, connection=connection)

    # the way back

    def rollback(
        self,
        number: int | None = None,
        *,
        actor: str = "host",
        note: str = "",
        connection: Connection | None = None,
    ) -> Release:
        """Publishes an older release again: `number`, else the one that was in force before the present one.

        Raises StoreError CRM446: there is none, or this one was never in force.
        """
        with self._store.batch(actor, connection=connection) as batch, batch.releases.alone():
            release = self._before(batch) if number is None else batch.releases.get(number)
            if release is None or not any(span.begins <= batch.now for span in release.spans()):
                raise StoreError("CRM446", number=number or "–", state=WORDS["release.never"])
            _alive(batch, release.number)
            return _record(batch, release, "published", note=note, begins=batch.now)

    def withdraw(
        self, number: int, *, actor: str = "host", note: str = "", connection: Connection | None = None
    ) -> Release:
        """Takes back a draft, or a release that has not begun. Raises StoreError CRM446: it is in force."""
        with self._store.batch(actor, connection=connection) as batch, batch.releases.alone():
            release = _alive(batch, number)
            state = state_of(release, batch.releases.all(), batch.now)
            if state == "in force":
                raise StoreError("CRM446", number=number, state=WORDS[f"release.states.{state}"])
            return _record(batch, release, "withdrawn", note=note)

    # reading, and the other store

    def all(self) -> list[Release]:
        """By number, with their steps."""
        return self.all_now()[0]

    def all_now(self) -> tuple[list[Release], datetime]:
        """The releases, and the store's present moment, as of which their states are told."""
        with self._store.reading() as batch:
            return batch.releases.all(), batch.now

    def get(self, number: int) -> Release:
        with self._store.reading() as batch:
            return batch.releases.get(number)

    def demand_staff(self, code: str) -> None:
        """Raises StoreError CRM449 where staff are known and none of them has this code."""
        with self._store.reading() as batch:
            staff = batch.units.posts(batch.now).staff
            if staff and code not in staff:
                near = nearest(code, staff)
                said = Text("", "") if near is None else WORDS["release.nearest"].filled(nearest=near)
                raise StoreError("CRM449", actor=code, nearest=said)

    def files(self, number: int | None = None) -> list[RuleFile]:
        """The rule files of a release, or of the one in force; none before the first."""
        with self._store.reading() as batch:
            releases = batch.releases
            release = releases.in_force(batch.now) if number is None else releases.get(number)
            return [] if release is None else list(thaw(releases.texts(release), tuple(release.packs)))

    def outdated(self) -> list[Override]:
        """The site's files that replace another version of a pack's file than the one on disk."""
        with self._store.reading() as batch:
            return list(outdated(self.files_on_disk(), batch.releases))

    def files_on_disk(self) -> list[RuleFile]:
        """The rule files of core, packs and site as they lie on disk now."""
        return list(rule_files(self._site, self._packs))

    def is_on_disk(self, release: Release) -> bool:
        """Whether the rule files on disk are those of a release."""
        manifest = manifest_of(freeze(self.files_on_disk()))
        return content_hash(manifest, self._packs.versions) == release.hash

    def unknown_units(self, files: Iterable[RuleFile]) -> Text | None:
        """The units that params in these files are set for and that there are not, with their places."""
        with self._store.reading() as batch:
            return unknown_units(files, batch.units.spellings())

    def health(self) -> Health:
        """Which release counts now, whether this process can use it, and which packs are newer than it.

        Raises StoreError CRM440 when nothing is published.
        """
        with self._store.reading() as batch:
            rules, problem = self._known.chosen(batch, batch.now)
            releases = batch.releases.all()
            present = batch.releases.get(rules.number)
            waiting = [each for each in releases if state_of(each, releases, batch.now) in WAITING]
            installed = self._packs.versions
            names = dict.fromkeys((*installed, *present.packs))
            packs = tuple(PackState(name, present.packs.get(name), installed.get(name)) for name in names)
            return Health(rules.number, problem, packs, tuple(each.number for each in waiting))

    def export(self, folder: Path) -> int:
        """Writes every release with its steps to a folder, as `releases = "FOLDER"` keeps them; returns how
        many were new there. Raises StoreError CRM448."""
        with self._store.reading() as batch:
            return _carry(batch.releases, ReleaseFolder(batch, folder))

    def take_in(self, folder: Path, *, actor: str = "host", connection: Connection | None = None) -> int:
        """Takes every release of such a folder over, with number and steps; returns how many were new.

        Raises StoreError CRM448.
        """
        with self._store.batch(actor, connection=connection) as batch:
            return _carry(ReleaseFolder(batch, folder), batch.releases)

    # inside

    def _test(self, batch: Batch, release: Release, *, demand: bool = False) -> list[CaseResult]:
        results = run_tests(self._known.rules(batch, release).set)
        failed = [result for result in results if not result.passed]
        if failed and demand:
            first = f"{failed[0].file}: {failed[0].name.en}"
            raise StoreError("CRM438", number=release.number, count=len(failed), first=first)
        _record(batch, release, "tested", result={"tests": len(results), "failed": len(failed)})
        return results

    def _demand_dates(self, begins: datetime, ends: datetime | None, now: datetime) -> None:
        if begins < now or (ends is not None and ends <= begins):
            first, present = self._day(begins), self._day(now)
            last = "–" if ends is None else self._day(ends)
            raise StoreError("CRM447", begins=first, ends=last, now=present)

    def _day(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._site.zone):%Y-%m-%d %H:%M}"

    def _before(self, batch: Batch) -> Release | None:
        """What was in force before the present one was so for the first time."""
        releases = batch.releases.all()
        present = in_force(releases, batch.now)
        if present is None:
            return None
        since = min(span.begins for span in present.spans())
        others = [each for each in releases if each is not present]
        return in_force(others, since) if since > BEGINNING else None


def _carry(source: ReleaseStore, target: ReleaseStore) -> int:
    return sum(target.take(release, source.texts(release)) for release in source.all())


def _alive(batch: Batch, number: int) -> Release:
    """Raises StoreError CRM446 where it was withdrawn."""
    release = batch.releases.get(number)
    if release.withdrawn:
        raise StoreError("CRM446", number=number, state=WORDS["release.states.withdrawn"])
    return release


def _passed(release: Release) -> bool:
    tested = release.last("tested")
    return tested is not None and tested.result.get("failed") == 0


def _record(
    batch: Batch,
    release: Release,
    action: Action,
    *,
    note: str = "",
    begins: datetime | None = None,
    ends: datetime | None = None,
    result: Mapping[str, object] | None = None,
) -> Release:
    step = Step(action, batch.actor, batch.now, note, begins, ends, result or {})
    return batch.releases.add_step(release.number, step)
