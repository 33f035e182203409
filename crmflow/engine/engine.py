"""What does a host embed? The Engine of one site: it records, decides, runs, explains, publishes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b, file_digest
from pathlib import Path

from crmflow.core.case import Case
from crmflow.core.decision import Decision, Visit
from crmflow.core.field import Value
from crmflow.core.intake import Counts, CustomerRef
from crmflow.core.listing import RunReport
from crmflow.core.migration import Migration
from crmflow.core.pack import TableKind
from crmflow.core.seal import Seal
from crmflow.engine.authoring import Authoring
from crmflow.engine.calls import last_run
from crmflow.engine.case_intake import CaseIntake, RulesOfThePast
from crmflow.engine.casework import Swept
from crmflow.engine.handling import (
    case_with,
    close,
    open_about_unit,
    open_by_hand,
    send_event,
    send_events,
)
from crmflow.engine.intake import column_names, mapping_of, unit_zones
from crmflow.engine.listings import WORDS
from crmflow.engine.migrating import migrate_cases
from crmflow.engine.naming import chart_called, find_customer, find_holding, touchpoint_kind, unit_called
from crmflow.engine.reading import Reading
from crmflow.engine.recomputing import Recomputed, recompute
from crmflow.engine.recording import touchpoint_row
from crmflow.engine.release import Rules
from crmflow.engine.report import run_report
from crmflow.engine.results import Results
from crmflow.engine.running import Progress
from crmflow.engine.sending import Sending
from crmflow.engine.telling import Telling
from crmflow.exchange.importing import ImportReport, Put, Sink, import_table
from crmflow.exchange.mapping import MappingFile
from crmflow.store import Connection
from crmflow.store.batch import Batch
from crmflow.store.touchpoints import Happened


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording a touchpoint did: its id, and the cases that it opened."""

    touchpoint: int
    new: bool
    cases: tuple[Case, ...]


class Engine(Reading, Authoring, Telling, Sending):
    """The engine of one site (one tenant). Synchronous, safe for threads, without globals.

    Every call that writes takes the host's `connection` and then commits or rolls back with it. Names of
    customers are "C17" (the id), "SOURCE/ID", or the value of a key that one customer has.
    """

    # what comes in

    def import_file(
        self,
        kind: TableKind,
        path: Path,
        *,
        mapping: Path | Mapping[str, object] | MappingFile | None = None,
        sheet: str | None = None,
        past: RulesOfThePast | None = None,
        actor: str = "host",
        language: str | None = None,
        progress: Progress | None = None,
        connection: Connection | None = None,
    ) -> ImportReport:
        """Imports a CSV, XLSX or Parquet file, all in one transaction; bad rows go to a rejects file.

        `mapping` is a mapping file or its content, such as {"touchpoints": "fill"}; `sheet` is a workbook's.
        Cases come in with their past, of which nothing is sent; `past` says what rules do in it: "mark", the
        timers of their charts count as having happened, "none", only what the file tells happened. Cases of
        touchpoints open at the next run; with "mark" at once, as they would stand by now, with "none" never.
        Raises ImportFileError CRM450–463, CRM469, CRM491, CRM496, CRM497 before anything is written.
        """
        meant = mapping_of(mapping)
        with self._calls.importing(actor, connection) as (batch, rules):
            import_id = batch.imports.begin(kind, path.name, _digest(path), past)
            before = batch.customers.count()
            report = import_table(
                kind,
                path,
                names=column_names(rules.set),
                put=self._sink(kind, batch, rules, import_id, past),
                zone=self.site.zone,
                zones=unit_zones(batch.units.posts(batch.now), self.site.zone),
                mapping=meant,
                sheet=sheet,
                language=language or self.site.language,
                progress=progress,
            )
            if kind == "touchpoints" and past == "mark":
                CaseIntake(self._calls.work(batch, rules, batch.now, [])).open_reported(import_id)
            batch.imports.finish(import_id, Counts(report.new, report.changed, report.same), report.rejected)
            seen = batch.customers.count() - before
            if kind != "customers" and seen:
                note = WORDS["imported.first-seen"].filled(count=seen)
                report = replace(report, notes=(*report.notes, note))
            return report

    def _sink(
        self, kind: TableKind, batch: Batch, rules: Rules, import_id: int, past: RulesOfThePast | None
    ) -> Sink:
        if kind == "cases":
            return CaseIntake(self._calls.work(batch, rules, batch.now, []), past or "mark").put
        return lambda rows: Put(*batch.intake.put(rows, import_id=import_id))

    def import_results(
        self,
        path: Path,
        *,
        actor: str = "host",
        language: str | None = None,
        progress: Progress | None = None,
        connection: Connection | None = None,
    ) -> ImportReport:
        """Takes back the sheets of `visits` and `cases`: rows that are filled in close visits and steps.

        The same answers again change nothing; rows that are refused go to a rejects file. Raises
        ImportFileError CRM450–453, CRM469, CRM497, CRM498 before anything is written.
        """
        with self._calls.writing(actor, connection) as (batch, rules):
            results = Results(
                batch, rules, self.site.zone, lambda at, id: self._calls.work(batch, rules, at, [id])
            )
            return results.take(path, language or self.site.language, progress)

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
        StoreError CRM441 unknown kind, CRM442 wrong field, CRM443 unknown customer, CRM418 unknown holding,
        WorkflowError CRM563 unknown unit.
        """
        with self._calls.writing(actor, connection) as (batch, rules):
            customer_id = find_customer(batch, rules.set.vocabulary, customer)
            known = batch.customers.get(customer_id)
            assert known is not None
            when = self._calls.at(batch, at)
            row = touchpoint_row(
                touchpoint_kind(rules.set.vocabulary, kind),
                fields or {},
                self.site.zone,
                at=when,
                customer=CustomerRef(None, known.external_id),
                source=source,
                external_id=external_id,
                holding=holding,
                unit=None if unit is None else unit_called(batch.units.posts(when), unit).code,
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
        release: int | None = None,
        actor: str = "host",
        progress: Progress | None = None,
        connection: Connection | None = None,
    ) -> RunReport:
        """Facts, segments, owners, visits, messages and cases of all customers as of a moment (default: now).

        A second run at the same moment changes nothing. It uses the release in force at that moment, or the
        one with the number `release`; as of before the latest run it computes everything and writes nothing.
        Raises StoreError CRM440: nothing is published, CRM437 and CRM422: no such release is.
        """
        at = self._calls.moment(as_of)
        try:
            with self._calls.writing(actor, connection, at=at, release=release) as (batch, rules):
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
        Where the chart is about units, `customer` is the code or name of one.

        The same `key` again opens nothing and gives the case that is there. Raises RuleFileError CRM137,
        StoreError CRM443, CRM418, CRM442 wrong field, WorkflowError CRM504, CRM563.
        """
        with self._calls.writing(actor, connection) as (batch, rules):
            meant = chart_called(rules, chart)
            if meant.about == "unit":
                work = self._calls.work(batch, rules, self._calls.at(batch, at), [])
                key = key or f"{actor}:{work.as_of.isoformat()}"
                return open_about_unit(work, meant, customer, data=data or {}, key=key, zone=self.site.zone)
            customer_id = find_customer(batch, rules.set.vocabulary, customer)
            work = self._calls.work(batch, rules, self._calls.at(batch, at), [customer_id])
            key = key or f"{actor}:{work.as_of.isoformat()}"
            return open_by_hand(
                work,
                chart,
                customer_id,
                holding=holding,
                unit=unit,
                data=data or {},
                key=key,
                zone=self.site.zone,
            )

    def send(
        self,
        case_id: int,
        event: str,
        data: Mapping[str, object] | None = None,
        *,
        at: datetime | None = None,
        step: str | None = None,
        actor: str = "host",
        connection: Connection | None = None,
    ) -> Case:
        """Sends an event to a case ("done" with the form's fields, or one that its chart names). `step` is
        the state that the sender saw: where the case has gone on since, it refuses.

        Timers that were due before happen first. Raises WorkflowError CRM522 unknown case; CRM510–517 and
        CRM553–557 where the case refuses, which the journal keeps all the same.
        """
        with self._calls.writing(actor, connection) as (batch, rules):
            case = case_with(batch, case_id)
            work = self._calls.work(batch, rules, self._calls.at(batch, at), [case.customer_id])
            moved, refusal = send_event(work, case, event, data or {}, step)
        if refusal is not None:
            raise refusal
        return moved

    def send_all(
        self,
        sent: Iterable[tuple[int, str, Mapping[str, object]]],
        *,
        at: datetime | None = None,
        actor: str = "host",
        connection: Connection | None = None,
    ) -> Swept:
        """Sends many events in one transaction: case, event and data of each. A refusal stops none of the
        others; the history of its case says why. Raises WorkflowError CRM522: a case is unknown."""
        with self._calls.writing(actor, connection) as (batch, rules):
            return send_events(self._calls.work(batch, rules, self._calls.at(batch, at), []), sent)

    def due(
        self,
        as_of: datetime | None = None,
        *,
        limit: int = 5_000,
        actor: str = "worker",
        connection: Connection | None = None,
    ) -> Swept:
        """Moves what is due by a moment (default: now): timers, and one event a case. One batch of at most
        `limit` cases in one transaction; call it again until nothing is claimed.

        Raises StoreError CRM440 nothing is published, CRM408 this machine's clock is behind the journal.
        """
        at = self._calls.moment(as_of)
        with self._calls.writing(actor, connection, at=at) as (batch, rules):
            casework = self._calls.work(batch, rules, at or batch.now, []).casework()
            gone = self._calls.relief.look(casework)
            swept = casework.round(limit)
        self._calls.relief.seen = gone
        return swept

    def recompute(self, *, actor: str = "worker", connection: Connection | None = None) -> Recomputed:
        """Counts the clocks of open cases anew where their calendar is another one by now: of a new release,
        or with newer holiday or time zone data. What changes is in the case's history ("recomputed").

        One small query where nothing has changed. Raises StoreError CRM440 nothing is published.
        """
        return recompute(self._calls, actor, connection)

    def migrate_cases(
        self,
        chart: str,
        *,
        dry_run: bool = False,
        actor: str = "host",
        connection: Connection | None = None,
    ) -> Migration:
        """Moves the open cases of a chart (its id, or the kind of case) to the version in force, as its
        `migrates` says, all in one transaction. Those that cannot come stay, each with the reason.

        Raises RuleFileError CRM137 unknown chart, StoreError CRM437 a migration names a release that there
        is not.
        """
        with self._calls.writing(actor, connection) as (batch, rules):
            return migrate_cases(self._calls.work(batch, rules, batch.now, []), chart, dry=dry_run)

    def seal(self, *, actor: str = "worker", connection: Connection | None = None) -> tuple[Seal, ...]:
        """Seals what the journal says up to a moment into which nobody can still write; () where there is
        nothing new. Raises StoreError CRM408 this machine's clock is behind the journal."""
        with self.store.batch(actor, connection=connection) as batch:
            return batch.seals.close()

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


class _DryRun(Exception):
    """Undoes the batch of a run that must not write, and carries its report out."""

    def __init__(self, report: RunReport) -> None:
        self.report = report


def _digest(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return file_digest(file, lambda: blake2b(digest_size=16)).hexdigest()
