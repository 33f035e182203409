"""What does a host embed? The Engine of one site: it records, decides, runs, explains, publishes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Self

from crmflow.core.case import Case
from crmflow.core.decision import Decision, Target, Visit
from crmflow.core.diagnostic import Diagnostic
from crmflow.core.explanation import Explanation
from crmflow.core.field import Value
from crmflow.core.intake import Counts, CustomerRef
from crmflow.core.listing import Listing, RunReport
from crmflow.core.moment import in_zone
from crmflow.core.pack import TableKind
from crmflow.core.post import Posts
from crmflow.engine.calls import Calls, last_run
from crmflow.engine.files import freeze, rule_files
from crmflow.engine.handling import case_with, close, open_by_hand, send_event
from crmflow.engine.intake import column_names, mapping_of, unit_zones
from crmflow.engine.listings import WORDS, plugin_listing
from crmflow.engine.naming import find_customer, find_holding, parse_subject, touchpoint_kind
from crmflow.engine.recording import touchpoint_row
from crmflow.engine.release import compiled
from crmflow.engine.report import run_report
from crmflow.engine.running import Progress
from crmflow.exchange.importing import ImportReport, Put, import_table
from crmflow.exchange.mapping import MappingFile
from crmflow.planning.owners import choose
from crmflow.plugins import Plugins
from crmflow.rules.cases import CaseResult, run_cases
from crmflow.rules.load import load
from crmflow.settings import Site
from crmflow.store import Connection, Database
from crmflow.store.releases import Release
from crmflow.store.store import Store
from crmflow.store.touchpoints import Happened
from crmflow.workflow.rehearsal import rehearse


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording a touchpoint did: its id, and the cases that it opened."""

    touchpoint: int
    new: bool
    cases: tuple[Case, ...]


class Engine:
    """The engine of one site (one tenant). Synchronous, safe for threads, without globals.

    Every call that writes takes the host's `connection` and then commits or rolls back with it. Names of
    customers are "C17" (the id), "SOURCE/ID", or the value of a key that one customer has.
    """

    def __init__(self, site: Site, plugins: Plugins, store: Store) -> None:
        self.site = site
        self.packs = plugins
        self.store = store
        self._calls = Calls(site, plugins, store)

    # opening and closing

    @classmethod
    def open(
        cls,
        site: Site | Path | str,
        *,
        database: Database | None = None,
        schema: str | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> Self:
        """The engine of a site, on the site's database or on a host's SQLAlchemy engine; never migrates.

        Raises SettingsError CRM80x, PluginError CRM70x, StoreError CRM401–407.
        """
        site = _site(site)
        plugins = Plugins(site.packs)
        return cls(site, plugins, Store.open(database or site.url, schema=schema, clock=clock))

    @staticmethod
    def migrate(
        site: Site | Path | str, *, database: Database | None = None, schema: str | None = None
    ) -> str:
        """Creates or upgrades the tables of a site's database; returns the revision."""
        return Store.migrate(database or _site(site).url, schema=schema)

    @classmethod
    def create(cls, site: Site | Path | str) -> Self:
        """Migrates and opens."""
        cls.migrate(site)
        return cls.open(site)

    def close(self) -> None:
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # what comes in

    def import_file(
        self,
        kind: TableKind,
        path: Path,
        *,
        mapping: Path | Mapping[str, object] | MappingFile | None = None,
        actor: str = "host",
        language: str | None = None,
        progress: Progress | None = None,
        connection: Connection | None = None,
    ) -> ImportReport:
        """Imports a CSV file, all in one transaction; rows that cannot be read go to a rejects file.

        `mapping` is a mapping file or its content, such as {"touchpoints": "fill"}.
        Raises ImportFileError CRM450–463 before anything is written.
        """
        meant = mapping_of(mapping)
        with self._calls.importing(actor, connection) as (batch, rules):
            import_id = batch.imports.begin(kind, path.name, _digest(path))
            before = batch.customers.count()
            report = import_table(
                kind,
                path,
                names=column_names(rules.set.vocabulary),
                put=lambda rows: Put(*batch.intake.put(rows, import_id=import_id)),
                zone=self.site.zone,
                zones=unit_zones(batch.units.posts(batch.now), self.site.zone),
                mapping=meant,
                language=language or self.site.language,
                progress=progress,
            )
            batch.imports.finish(import_id, Counts(report.new, report.changed, report.same), report.rejected)
            seen = batch.customers.count() - before
            if kind != "customers" and seen:
                note = WORDS["imported.first-seen"].filled(count=seen)
                report = replace(report, notes=(*report.notes, note))
            return report

    def record(
        self,
        kind: str,
        customer: str,
        *,
        at: datetime | None = None,
        fields: Mapping[str, Value] | None = None,
        unit: str | None = None,
        staff: str | None = None,
        channel: str | None = None,
        holding: str | None = None,
        source: str = "host",
        external_id: str | None = None,
        actor: str = "host",
        connection: Connection | None = None,
    ) -> Recorded:
        """Records what happened with a customer, and opens the cases that it asks for.

        `kind` and the names of `fields` may be spelled in any language; a naive `at` is in the site's zone,
        none is now. The same `external_id` (else the same content) again records nothing. Raises
        StoreError CRM441 unknown kind, CRM442 wrong field, CRM443 unknown customer, CRM418 unknown holding.
        """
        with self._calls.writing(actor, connection) as (batch, rules):
            customer_id = find_customer(batch, rules.set.vocabulary, customer)
            known = batch.customers.get(customer_id)
            assert known is not None
            row = touchpoint_row(
                touchpoint_kind(rules.set.vocabulary, kind),
                fields or {},
                self.site.zone,
                at=self._calls.at(batch, at),
                customer=CustomerRef(None, known.external_id),
                source=source,
                external_id=external_id,
                holding=holding,
                unit=unit,
                staff=staff,
                channel=channel,
            )
            batch.customers.begin([(customer_id, row.at)])
            work = self._calls.work(batch, rules, row.at, [customer_id])
            held = find_holding(work.known(customer_id), holding)
            written = batch.touchpoints.add([Happened(row, customer_id, held)])
            opened = work.casework().open_reported(work.unit_of, [customer_id])
            return Recorded(written.ids[0], written.outcomes[0] == "new", tuple(opened))

    # deciding

    def run(
        self,
        as_of: datetime | None = None,
        *,
        actor: str = "host",
        progress: Progress | None = None,
        connection: Connection | None = None,
    ) -> RunReport:
        """Facts, segments, owners, visits, messages and cases of all customers as of a moment (default: now).

        A second run at the same moment changes nothing. A run as of before the latest one uses the release in
        force then, computes everything and writes nothing. Raises StoreError CRM440: nothing is published.
        """
        at = in_zone(as_of, self.site.zone) if as_of else None
        try:
            with self._calls.writing(actor, connection, at=at) as (batch, rules):
                moment = at or batch.now
                last = last_run(batch)
                dry = last is not None and last > moment
                work = self._calls.work(batch, rules, moment, progress=progress)
                work.facts()
                work.cases(work.decisions())
                report = run_report(work, self.site.zone, dry=dry)
                if dry:
                    raise _DryRun(report)
                return report
        except _DryRun as done:
            return done.report

    def decide(
        self,
        customer: str,
        as_of: datetime | None = None,
        *,
        actor: str = "host",
        connection: Connection | None = None,
    ) -> tuple[Decision, ...]:
        """Every rulebook's decision for one customer; what changes is written. The path of a run, for one.

        Facts of the population stay those of the last run. Raises StoreError CRM443 unknown customer.
        """
        with self._calls.writing(actor, connection) as (batch, rules):
            customer_id = find_customer(batch, rules.set.vocabulary, customer)
            work = self._calls.work(batch, rules, self._calls.at(batch, as_of), [customer_id])
            work.facts()
            work.cases(work.decisions())
            return tuple(work.outcome.decisions)

    # cases and visits

    def open_case(
        self,
        chart: str,
        customer: str,
        *,
        holding: str | None = None,
        unit: str | None = None,
        data: Mapping[str, Value] | None = None,
        key: str | None = None,
        at: datetime | None = None,
        actor: str = "host",
        connection: Connection | None = None,
    ) -> Case:
        """Opens a case by hand. `chart` is its id, or the kind of case; `data` are the fields of its opening.

        The same `key` again opens nothing and gives the case that is there. Raises RuleFileError CRM137,
        StoreError CRM443, CRM418, WorkflowError CRM504.
        """
        with self._calls.writing(actor, connection) as (batch, rules):
            customer_id = find_customer(batch, rules.set.vocabulary, customer)
            work = self._calls.work(batch, rules, self._calls.at(batch, at), [customer_id])
            key = key or f"{actor}:{work.as_of.isoformat()}"
            return open_by_hand(
                work, chart, customer_id, holding=holding, unit=unit, data=data or {}, key=key
            )

    def send(
        self,
        case_id: int,
        event: str,
        data: Mapping[str, object] | None = None,
        *,
        at: datetime | None = None,
        actor: str = "host",
        connection: Connection | None = None,
    ) -> Case:
        """Sends an event to a case ("done" with the form's fields, or one that its chart names).

        Timers that were due before happen first. Raises WorkflowError CRM522 unknown case; CRM510–517 where
        the case refuses, which the journal keeps all the same.
        """
        with self._calls.writing(actor, connection) as (batch, rules):
            case = case_with(batch, case_id)
            work = self._calls.work(batch, rules, self._calls.at(batch, at), [case.customer_id])
            moved, refusal = send_event(work, case, event, data or {})
        if refusal is not None:
            raise refusal
        return moved

    def close_visit(
        self,
        visit_id: int,
        outcome: Mapping[str, Value] | None = None,
        *,
        at: datetime | None = None,
        actor: str = "host",
        connection: Connection | None = None,
    ) -> Visit:
        """Records that a visit was made, with the fields of its form. Raises WorkflowError CRM521, CRM523."""
        with self._calls.writing(actor, connection) as (batch, _):
            return close(batch, visit_id, outcome or {}, self._calls.at(batch, at))

    # reading

    def segments(self, viewer: str | None = None, as_of: datetime | None = None) -> Listing:
        """Which customers are in which segment, since when and by which rule."""
        with self._calls.lists(viewer, as_of) as lists:
            return lists.segments()

    def visits(self, viewer: str | None = None, *, all: bool = False) -> Listing:
        """The open visits, or all, that a viewer sees."""
        with self._calls.lists(viewer) as lists:
            return lists.visits(all=all)

    def cases(self, viewer: str | None = None, *, all: bool = False) -> Listing:
        """The open cases, or all, that a viewer sees."""
        with self._calls.lists(viewer) as lists:
            return lists.cases(all=all)

    def owners(self, viewer: str | None = None, *, missing: bool = False) -> Listing:
        """Who owns whom; with `missing` the customers without a live owner. (F19)"""
        with self._calls.lists(viewer) as lists:
            return lists.owners(missing=missing)

    def facts(self, customer: str, *, show_personal: bool = False) -> Listing:
        """What is known of a customer as of the last run."""
        with self._calls.explaining(show_personal) as explaining:
            id = find_customer(explaining.batch, explaining.rules.set.vocabulary, customer)
            return explaining.facts_listing(id)

    def explain(self, what: str, *, show_personal: bool = False) -> Explanation:
        """What, why and since when: of a customer, "visit:7" or "case:9"."""
        kind, name = parse_subject(what)
        with self._calls.explaining(show_personal) as explaining:
            if kind == "visit":
                return explaining.visit(int(name))
            if kind == "case":
                return explaining.case(int(name))
            return explaining.customer(find_customer(explaining.batch, explaining.rules.set.vocabulary, name))

    def why_not(
        self, customer: str, rulebook: str | None = None, *, show_personal: bool = False
    ) -> Explanation:
        """Why rules do not fire for a customer: of one rulebook, or of all."""
        with self._calls.explaining(show_personal) as explaining:
            id = find_customer(explaining.batch, explaining.rules.set.vocabulary, customer)
            return explaining.why_not(id, rulebook)

    # the rules

    def check(self) -> tuple[Diagnostic, ...]:
        """What is wrong or doubtful in the rule files as they lie on disk now."""
        return load(rule_files(self.site, self.packs)).diagnostics

    def test(self) -> list[CaseResult]:
        """Runs the tests that stand in the rule files on disk. Raises RuleFileError CRM090."""
        rules = compiled(rule_files(self.site, self.packs))
        return list(run_cases(rules.cases, rules.documents, choose=_choose, rehearse=rehearse))

    def publish(
        self, *, actor: str = "host", note: str = "", connection: Connection | None = None
    ) -> Release:
        """Freezes the rule files on disk as a release and puts it into force.

        The first is in force from the beginning of time. Raises RuleFileError CRM090: they cannot be used.
        """
        files = list(rule_files(self.site, self.packs))
        compiled(files)
        with self.store.batch(actor, connection=connection) as batch:
            return batch.releases.add(freeze(files), packs=self.packs.versions, note=note)

    def plugins(self) -> Listing:
        """The installed packs, and which of them this site uses."""
        return plugin_listing(self.packs.versions)


class _DryRun(Exception):
    """Undoes the batch of a run that must not write, and carries its report out."""

    def __init__(self, report: RunReport) -> None:
        self.report = report


def _site(site: Site | Path | str) -> Site:
    return site if isinstance(site, Site) else Site.find(Path(site))


def _digest(path: Path) -> str:
    return blake2b(path.read_bytes(), digest_size=16).hexdigest() if path.is_file() else ""


def _choose(target: Target, current: str | None, posts: Posts, loads: Mapping[str, int]) -> str | None:
    return choose(target, current, posts, loads).staff
