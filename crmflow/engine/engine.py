"""What does a host embed? The Engine of one site: it records, decides, runs, explains, publishes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b, file_digest
from pathlib import Path

from crmflow.core.case import Case
from crmflow.core.decision import Decision, Visit
from crmflow.core.field import Value
from crmflow.core.intake import Counts, CustomerRef
from crmflow.core.listing import RunReport
from crmflow.core.moment import in_zone
from crmflow.core.pack import TableKind
from crmflow.engine.authoring import Authoring
from crmflow.engine.calls import last_run
from crmflow.engine.handling import case_with, close, open_by_hand, send_event
from crmflow.engine.intake import column_names, mapping_of, unit_zones
from crmflow.engine.listings import WORDS
from crmflow.engine.naming import find_customer, find_holding, touchpoint_kind
from crmflow.engine.reading import Reading
from crmflow.engine.recording import touchpoint_row
from crmflow.engine.report import run_report
from crmflow.engine.results import Results
from crmflow.engine.running import Progress
from crmflow.exchange.importing import ImportReport, Put, import_table
from crmflow.exchange.mapping import MappingFile
from crmflow.store import Connection
from crmflow.store.touchpoints import Happened


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording a touchpoint did: its id, and the cases that it opened."""

    touchpoint: int
    new: bool
    cases: tuple[Case, ...]


class Engine(Reading, Authoring):
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
        actor: str = "host",
        language: str | None = None,
        progress: Progress | None = None,
        connection: Connection | None = None,
    ) -> ImportReport:
        """Imports a CSV, XLSX or Parquet file, all in one transaction; bad rows go to a rejects file.

        `mapping` is a mapping file or its content, such as {"touchpoints": "fill"}; `sheet` is a workbook's.
        Raises ImportFileError CRM450–463, CRM469, CRM491, CRM496, CRM497 before anything is written.
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
                sheet=sheet,
                language=language or self.site.language,
                progress=progress,
            )
            batch.imports.finish(import_id, Counts(report.new, report.changed, report.same), report.rejected)
            seen = batch.customers.count() - before
            if kind != "customers" and seen:
                note = WORDS["imported.first-seen"].filled(count=seen)
                report = replace(report, notes=(*report.notes, note))
            return report

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
        at = in_zone(as_of, self.site.zone) if as_of else None
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


class _DryRun(Exception):
    """Undoes the batch of a run that must not write, and carries its report out."""

    def __init__(self, report: RunReport) -> None:
        self.report = report


def _digest(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return file_digest(file, lambda: blake2b(digest_size=16)).hexdigest()
