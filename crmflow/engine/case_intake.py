"""How do cases that were worked on elsewhere come in, with their past?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from crmflow.core.case import Case, CaseEvent, opening_key
from crmflow.core.chart import Chart
from crmflow.core.field import Field
from crmflow.core.intake import CaseRow, Counts
from crmflow.core.moment import shown
from crmflow.core.touchpoint import Touchpoint
from crmflow.engine.casework import About, Casework
from crmflow.engine.intake import opening_fields
from crmflow.engine.naming import chart_called, find_holding, unit_called
from crmflow.engine.running import Work
from crmflow.engine.turned import Turned
from crmflow.errors import CrmflowError, ImportFileError, StoreError, WorkflowError
from crmflow.exchange.importing import Put
from crmflow.exchange.rows import IntakeRow
from crmflow.store.transaction import bucket_of, chunks
from crmflow.workflow.advance import open_case
from crmflow.workflow.form import value_of
from crmflow.workflow.past import Past, Told, Unfit
from crmflow.workflow.step import Step

RulesOfThePast = Literal["mark", "none"]
"""What the chart's own timers do in the past: "mark", they happen and count as having happened; "none", only
what the file tells happens. Either way nothing is sent."""
STATE = "state"
"""The event under which a line lies that only tells of a state."""


class Refused(Exception):
    """A line that keeps its case from coming in."""

    def __init__(self, row: CaseRow, reason: CrmflowError) -> None:
        self.row, self.reason = row, reason


@dataclass(frozen=True, slots=True)
class Brought:
    """A case of the file: its lines in order, its customer, and its key here."""

    rows: Sequence[CaseRow]
    chart: Chart
    customer_id: int
    key: str


@dataclass(slots=True)
class Came:
    """A case that came in, or went on: what is to be written, and the events behind it."""

    turned: Turned
    events: list[CaseEvent]
    new: bool


class CaseIntake:
    """Takes the lines of cases, each case whole or not at all; the same lines again change nothing, and more
    lines of a known case carry it on."""

    def __init__(self, work: Work, past: RulesOfThePast = "mark") -> None:
        self.work, self.batch = work, work.batch
        self.timers = past == "mark"
        self.casework: Casework = work.casework()
        self._fields: dict[str, Mapping[str, Field]] = {}
        self._refused: list[tuple[int | None, CrmflowError]] = []
        self._counts = Counter[str]()

    def put(self, rows: Sequence[IntakeRow]) -> Put:
        """All lines of a file."""
        groups: dict[tuple[str, str, str], list[CaseRow]] = {}
        for row in rows:
            assert isinstance(row, CaseRow)
            groups.setdefault((row.source, row.chart, row.key), []).append(row)
        for chunk in chunks(groups.values()):
            self._chunk(chunk)
        new, changed, same = (self._counts[name] for name in ("new", "changed", "same"))
        return Put(Counts(new, changed, same), self._refused)

    def _chunk(self, groups: Sequence[list[CaseRow]]) -> None:
        ordered = [sorted(rows, key=lambda row: (row.at, row.line or 0)) for rows in groups]
        brought = list(self._brought(ordered))
        known = self.batch.cases.with_keys((bucket_of(each.customer_id), each.key) for each in brought)
        past = self.batch.events.of([case.id for case in known.values()])
        self.work.meet({each.customer_id for each in brought if each.key not in known})
        came = []
        for each in brought:
            case = known.get(each.key)
            try:
                done = self._new(each) if case is None else self._further(each, case, past.get(case.id, ()))
            except Refused as refused:
                self._refuse(each.rows, refused)
            else:
                came += [] if done is None else [done]
        self._write(came)

    def _brought(self, groups: Sequence[Sequence[CaseRow]]) -> Iterator[Brought]:
        """The cases whose chart and customer are known."""
        found = self.batch.intake.customers([(rows[0].source, rows[0].customer) for rows in groups])
        for rows, customer_id in zip(groups, found, strict=True):
            first = rows[0]
            try:
                if customer_id is None:
                    raise StoreError("CRM417", customer=first.customer.value)
                chart = chart_called(self.work.rules, first.chart)
            except Refused as refused:
                self._refuse(rows, refused)
            except CrmflowError as error:
                self._refuse(rows, Refused(first, error))
            else:
                yield Brought(rows, chart, customer_id, f"{chart.id}|import:{first.source}:{first.key}")

    def _refuse(self, rows: Iterable[CaseRow], refused: Refused) -> None:
        """The line that is wrong with its reason, the others of its case because of it."""
        for row in rows:
            reason = refused.reason
            if row is not refused.row:
                reason = ImportFileError("CRM429", line=refused.row.line, key=row.key)
            self._refused.append((row.line, reason))

    # one case

    def _new(self, brought: Brought) -> Came:
        """Raises Refused."""
        first, rows = brought.rows[0], brought.rows
        opens = first.event is None and (first.state is None or len(rows) == 1)
        try:
            opened = self._open(brought, first if opens else None)
            past = self._past(brought.chart, opened)
            if opens and first.state is not None and first.at > opened.case.opened_at:
                past.stood(first.at)
        except CrmflowError as error:
            raise Refused(first, error) from error
        told = rows[1:] if opens else rows
        self._live(brought, past, told)
        turned = Turned(past.case, past.case, past.history, past.children)
        self._counts["new"] += len(rows)
        return Came(turned, self._events(brought, past.case.id, rows), new=True)

    def _open(self, brought: Brought, opening: CaseRow | None) -> Step:
        """In its first state, or in the only one that is told of it."""
        first, bucket = brought.rows[0], bucket_of(brought.customer_id)
        opened_at = next((row.opened for row in brought.rows if row.opened is not None), first.at)
        data = {} if opening is None else self._values(brought.chart, opening)
        if first.level is not None:
            data["level"] = first.level
        state = None if opening is None else state_called(brought.chart, opening.state)
        if state is not None and state not in brought.chart.states:
            raise WorkflowError("CRM524", state=state, known=", ".join(brought.chart.states))
        holding = None
        if first.holding is not None:
            holding = find_holding(self.work.known(brought.customer_id), first.holding)
        return open_case(
            brought.chart,
            id=self.batch.cases.id_of(brought.key, bucket),
            bucket=bucket,
            customer_id=brought.customer_id,
            holding_id=holding,
            key=brought.key,
            at=opened_at,
            actor=first.by or self.batch.actor,
            unit=self._unit(first, brought.customer_id),
            data=data,
            context=self.casework.known(brought.customer_id, holding),
            posts=self.work.posts,
            calendars=self.work.rules.calendars,
            state=state,
        )

    def _unit(self, row: CaseRow, customer_id: int) -> str | None:
        """Raises WorkflowError CRM563."""
        if row.unit is None:
            return self.work.unit_of(customer_id)
        return unit_called(self.work.posts, row.unit).code

    def _further(self, brought: Brought, case: Case, known: Iterable[CaseEvent]) -> Came | None:
        """What the file tells beyond what is known already; None: nothing. Raises Refused."""
        before = list(known)
        seen = Counter(_said(event) for event in before)
        rows = [row for row in brought.rows if not self._is_known(brought, case, row, seen)]
        self._counts["same"] += len(brought.rows) - len(rows)
        if not rows:
            return None
        latest = max([case.entered_at, *(event.at for event in before)])
        if rows[0].at < latest or case.closed_at is not None:
            raise Refused(rows[0], ImportFileError("CRM428", key=rows[0].key, latest=latest.isoformat()))
        past = self._past(self.casework.charts.of(case), Step(case))
        self._live(brought, past, rows)
        self._counts["changed"] += len(rows)
        turned = Turned(case, past.case, past.history, past.children)
        return Came(turned, self._events(brought, case.id, rows), new=False)

    def _is_known(self, brought: Brought, case: Case, row: CaseRow, seen: Counter[object]) -> bool:
        said = _said(self._event(brought, case.id, row))
        seen[said] -= 1
        return seen[said] >= 0

    def _past(self, chart: Chart, opened: Step) -> Past:
        return Past(
            chart,
            opened,
            context=self.casework.known(opened.case.customer_id, opened.case.holding_id),
            posts=self.work.posts,
            calendars=self.work.rules.calendars,
            timers=self.timers,
        )

    def _live(self, brought: Brought, past: Past, rows: Sequence[CaseRow]) -> None:
        """Raises Refused."""
        told = [
            Told(
                row.at,
                row.by or self.batch.actor,
                row.event,
                state_called(brought.chart, row.state),
                self._values(brought.chart, row),
            )
            for row in rows
        ]
        early = next((row for row in rows if row.at > self.work.as_of), None)
        if early is not None:
            raise Refused(early, WorkflowError("CRM598", at=shown(early.at, self.work.zone)))
        try:
            past.live(told, self.work.as_of)
        except Unfit as unfit:
            raise Refused(rows[unfit.place], unfit.reason) from unfit
        except CrmflowError as error:
            raise Refused(rows[-1] if rows else brought.rows[0], error) from error

    # values and events

    def _values(self, chart: Chart, row: CaseRow) -> dict[str, object]:
        """What a line's fields say. Raises Refused CRM427."""
        fields = self._fields.get(chart.id)
        if fields is None:
            fields = self._fields[chart.id] = opening_fields(chart, self.work.rules.set.vocabulary)
        values: dict[str, object] = {}
        zone = self.work.rules.calendar.zone
        for name, text in row.fields.items():
            try:
                values[name] = value_of(fields[name], text, zone) if name in fields else text
            except ValueError:
                raise Refused(row, ImportFileError("CRM427", column=name, value=text)) from None
        return values

    def _events(self, brought: Brought, case_id: int, rows: Iterable[CaseRow]) -> list[CaseEvent]:
        return [self._event(brought, case_id, row) for row in rows]

    def _event(self, brought: Brought, case_id: int, row: CaseRow) -> CaseEvent:
        data: dict[str, object] = dict(row.fields)
        if row.state is not None:
            data[STATE] = row.state
        name = row.event or STATE
        return CaseEvent(0, case_id, name, row.at, row.by or self.batch.actor, data)

    # cases that touchpoints of the file open

    def open_reported(self, import_id: int) -> None:
        """The cases that a run would open for these touchpoints, as they would stand now."""
        rules, batch = self.work.rules, self.batch
        for chart in rules.set.charts.values():
            kind = chart.opens_on
            if kind is not None and kind in rules.set.vocabulary.touchpoints:
                unopened = batch.touchpoints.unopened(
                    kind, chart.id, as_of=self.work.as_of, import_id=import_id
                )
                for chunk in chunks(list(unopened)):
                    self.work.meet({each.customer_id for each in chunk})
                    self._keep([self._silent(self._reported(chart, each)) for each in chunk])

    def _reported(self, chart: Chart, touchpoint: Touchpoint) -> Turned:
        unit = touchpoint.unit or self.work.unit_of(touchpoint.customer_id)
        about = About(touchpoint.customer_id, touchpoint.holding_id, unit)
        key = opening_key(chart.id, touchpoint)
        return self.casework.open(chart, about, key, touchpoint.at, touchpoint.fields)

    # what is written: no incident is looked for, and nobody is told

    def _write(self, came: Sequence[Came]) -> None:
        self._keep([each.turned for each in came if each.new])
        further = [each.turned for each in came if not each.new]
        self.batch.cases.save([each.written for each in further], release=self.work.rules.id)
        self._open_children(further)
        self.batch.events.keep([event for each in came for event in each.events])

    def _keep(self, turned: Sequence[Turned]) -> None:
        self.batch.cases.open([each.written for each in turned], release=self.work.rules.id)
        self._open_children(turned)

    def _open_children(self, turned: Sequence[Turned]) -> None:
        """The cases that they wait for, as these stand by now."""
        children = [self.casework.child(each.case, child) for each in turned for child in each.children]
        if children:
            self._keep([self._silent(each) for each in children])

    def _silent(self, opened: Turned) -> Turned:
        """A case that has lived until now, of which nothing is sent."""
        chart = self.casework.charts.of(opened.case)
        step = Step(opened.case, tuple(opened.history), children=tuple(opened.children))
        past = self._past(chart, step)
        with suppress(CrmflowError):  # the sweep meets it again, and tells
            past.live((), self.work.as_of)
        return Turned(past.case, past.case, past.history, past.children)


def _said(event: CaseEvent) -> object:
    """By what an event is known again; who acted counts only where the file says it."""
    return event.at, event.name, tuple(sorted((name, str(value)) for name, value in event.data.items()))


def state_called(chart: Chart, name: str | None) -> str | None:
    """A state by its id, or by what it is called in either language; another word as it is."""
    if name is None or name in chart.states:
        return name
    called = (id for id, state in chart.states.items() if name in (state.label.en, state.label.zh))
    return next(called, name)
