"""How does a call get its transaction, the rules in force, and its moment?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from crmflow.core.moment import as_instant
from crmflow.engine.explaining import Explaining
from crmflow.engine.exporting import Exporting
from crmflow.engine.files import rule_files
from crmflow.engine.listings import Listings
from crmflow.engine.naming import staff_called
from crmflow.engine.release import Releases, Rules, compiled
from crmflow.engine.releasing import Releasing
from crmflow.engine.relief import Relief
from crmflow.engine.replaying import Replaying
from crmflow.engine.running import Progress, Work
from crmflow.errors import StoreError
from crmflow.plugins import Plugins
from crmflow.settings import Site
from crmflow.store import Connection
from crmflow.store.batch import Batch
from crmflow.store.store import Store

LAST = datetime.max.replace(tzinfo=UTC)


class Calls:
    """What every call of an Engine needs of its site, packs and store."""

    def __init__(self, site: Site, plugins: Plugins, store: Store) -> None:
        self.site = site
        self.packs = plugins
        self.store = store
        self._releases = Releases()
        self.relief = Relief()
        self.releasing = Releasing(site, plugins, store, self._releases)

    @contextmanager
    def writing(
        self,
        actor: str,
        connection: Connection | None,
        *,
        at: datetime | None = None,
        release: int | None = None,
    ) -> Iterator[tuple[Batch, Rules]]:
        """One transaction that writes, with the rules of a release, or those in force at a moment (now)."""
        with self.store.reading(connection=connection) as looking:
            rules = self._in_force(looking, at) if release is None else self._published(looking, release)
        with self.store.batch(actor, connection=connection, codec=rules.codec) as batch:
            yield batch, rules

    @contextmanager
    def importing(self, actor: str, connection: Connection | None) -> Iterator[tuple[Batch, Rules]]:
        """The same before anything is published: the vocabulary on disk is enough to import by."""
        with self.store.reading(connection=connection) as looking:
            if looking.releases.standing(looking.now):
                rules = self._in_force(looking)
            else:
                rules = Rules(compiled(rule_files(self.site, self.packs)), "", 0)
        with self.store.batch(actor, connection=connection, codec=rules.codec) as batch:
            yield batch, rules

    def _in_force(self, batch: Batch, at: datetime | None = None) -> Rules:
        """Raises StoreError CRM440 when nothing is published."""
        return self._releases.in_force(batch, at or batch.now)

    def _published(self, batch: Batch, number: int) -> Rules:
        """Raises StoreError CRM437 unknown number, CRM422 never published."""
        release = batch.releases.get(number)
        if not any(release.spans()):
            raise StoreError("CRM422", number=number)
        return self._releases.rules(batch, release)

    def at(self, batch: Batch, moment: datetime | None) -> datetime:
        """The moment meant, in UTC: a naive one is in the site's zone, none is now. Raises as `moment`."""
        return self.moment(moment) or batch.now

    def moment(self, given: datetime | None) -> datetime | None:
        """The same, but none stays none. Raises WorkflowError CRM575: it is no moment."""
        return None if given is None else as_instant(given, self.site.zone)

    def work(
        self,
        batch: Batch,
        rules: Rules,
        as_of: datetime,
        customers: Sequence[int] | None = None,
        progress: Progress | None = None,
    ) -> Work:
        return Work(batch, rules, as_of, self.site.zone, customers, progress)

    @contextmanager
    def _reading(self) -> Iterator[tuple[Batch, Rules]]:
        with self.store.reading() as looking:
            rules = self._in_force(looking)
        with self.store.reading(codec=rules.codec) as batch:
            yield batch, rules

    @contextmanager
    def lists(self, viewer: str | None, as_of: datetime | None = None) -> Iterator[Listings]:
        """Raises StoreError CRM444: nobody has the viewer's code."""
        with self._reading() as (batch, rules):
            at = self.moment(as_of)
            posts = batch.units.posts(at or last_run(batch) or batch.now)
            if viewer is not None:
                staff_called(posts, viewer)
            yield Listings(batch, rules, posts, viewer, at)

    @contextmanager
    def replaying(self) -> Iterator[Replaying]:
        with self._reading() as (batch, rules):
            yield Replaying(batch, rules)

    @contextmanager
    def exporting(self, show_personal: bool) -> Iterator[Exporting]:
        with self._reading() as (batch, rules):
            yield Exporting(batch, rules, show_personal)

    @contextmanager
    def explaining(self, show_personal: bool) -> Iterator[Explaining]:
        with self._reading() as (batch, rules):
            work = self.work(batch, rules, last_run(batch) or batch.now, [])
            yield Explaining(batch, rules, self.site.zone, work, show_personal)


def last_run(batch: Batch) -> datetime | None:
    """As of when the latest run was."""
    last = batch.snapshots.last(LAST)
    return last.at if last is not None else None
