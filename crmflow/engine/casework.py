"""Which cases open, and how do running ones move on? One path for timers and events, a set at a time."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from crmflow.core.calendars import Calendars
from crmflow.core.case import Case, CaseEvent, Moved, opening_key
from crmflow.core.chart import Chart
from crmflow.core.incident import NOBODY
from crmflow.core.post import Posts
from crmflow.engine.chart_versions import ChartVersions
from crmflow.engine.incidents import Incidents
from crmflow.engine.on_demand import OnDemand
from crmflow.engine.release import Rules
from crmflow.engine.turned import Turned
from crmflow.errors import CrmflowError, WorkflowError
from crmflow.rules.context import Context
from crmflow.store.batch import Batch
from crmflow.store.cases import Claim
from crmflow.store.transaction import bucket_of, bucket_of_unit
from crmflow.workflow.advance import advance, open_case, open_child, recounted
from crmflow.workflow.step import Child, Send, Step

log = logging.getLogger("crmflow.casework")

CLOCK = "worker"
"""Who acts when time or facts move a case, and nobody sent anything."""
ROUND = 5_000
"""Cases claimed in one round."""
FOLLOWED = 100
"""What goes to more cases than these, as the end of an incident does, waits for a worker."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one batch did: cases claimed, events taken, moves made (levels gone up included), cases opened,
    messages sent, events refused, and cases that could not be moved. Nothing was due where nothing was
    `claimed`."""

    claimed: int = 0
    events: int = 0
    moved: int = 0
    opened: int = 0
    sent: int = 0
    refused: int = 0
    errors: int = 0

    def __add__(self, other: Swept) -> Swept:
        return Swept(*map(sum, zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class About:
    """What a case is about: the customer, perhaps a holding, and the unit it belongs to; or nobody, and the
    unit itself."""

    customer_id: int
    holding_id: int | None = None
    unit: str | None = None

    @property
    def bucket(self) -> int:
        return bucket_of(self.customer_id) if self.customer_id else bucket_of_unit(self.unit or "")


class Casework:
    """Opens and moves cases in one batch, as of one moment.

    `context` gives what the charts' conditions read of a customer and perhaps a holding; `meet` reads many
    customers at once, of whom `context` will be asked.
    """

    def __init__(
        self,
        batch: Batch,
        rules: Rules,
        posts: Posts,
        calendars: Calendars,
        as_of: datetime,
        context: Callable[[int, int | None], Context],
        meet: Callable[[Collection[int]], None],
    ) -> None:
        self.batch = batch
        self.rules = rules
        self.posts = posts
        self.calendars = calendars
        self.as_of = as_of
        self.context = context
        self.meet = meet
        self.charts = ChartVersions(batch, rules)
        self.incidents = Incidents(self)
        self.history: list[tuple[Case, Moved]] = []
        self.opened = 0
        self.sent_to: list[int] = []
        self._meeting: set[int] = set()

    # opening

    def open(self, chart: Chart, about: About, key: str, at: datetime, data: Mapping[str, object]) -> Turned:
        """A new case, not yet written."""
        step = open_case(
            chart,
            id=self.batch.cases.id_of(key, about.bucket),
            bucket=about.bucket,
            customer_id=about.customer_id,
            holding_id=about.holding_id,
            key=key,
            at=at,
            actor=self.batch.actor,
            unit=about.unit,
            data=data,
            context=self.known(about.customer_id, about.holding_id),
            posts=self.posts,
            calendars=self.calendars,
        )
        return Turned.opened(step)

    def keep(self, opened: Iterable[Turned]) -> list[Case]:
        """Writes new cases and those that they open; one whose key was there before is not opened again."""
        waiting, kept = list(opened), []
        self.incidents.take_in(waiting)
        while waiting:
            ids = self.batch.cases.open([each.written for each in waiting], release=self.rules.id)
            new = [each for each in waiting if each.case.id in ids]
            kept += [each.case for each in new]
            self._note(new)
            self._send(new)
            waiting = [self.child(each.case, child) for each in new for child in each.children]
        self.opened += len(kept)
        self.incidents.look(kept)
        return kept

    def open_about(
        self, chart: Chart, unit: str, key: str, at: datetime, data: Mapping[str, object]
    ) -> Turned:
        """A new case about a unit, not yet written."""
        return self.open(chart, About(NOBODY, None, unit), key, at, data)

    def child(self, parent: Case, child: Child) -> Turned:
        """A branch runs on its parent's chart, a sub-case on one that is in force. One that never comes to
        rest stays where it begins, and stops nobody else."""
        try:
            return Turned.opened(self._opened(parent, child))
        except CrmflowError as error:
            turned = Turned.opened(self._opened(parent, child, settles=False))
            turned.fail(error, self.as_of, CLOCK)
            return turned

    def _opened(self, parent: Case, child: Child, *, settles: bool = True) -> Step:
        return open_child(
            self.charts.of(parent) if child.state is not None else self.charts.for_child(child.chart, parent),
            child,
            parent,
            id=self.batch.cases.id_of(child.key, parent.bucket),
            actor=self.batch.actor,
            context=self.known(parent.customer_id, parent.holding_id),
            posts=self.posts,
            calendars=self.calendars,
            settles=settles,
        )

    def open_reported(
        self, unit_of: Callable[[int], str | None], customers: Container[int] | None = None
    ) -> list[Case]:
        """A case for each touchpoint (of these customers) that opens one and has none yet. (C29)"""
        opened = []
        for chart in self.rules.set.charts.values():
            if chart.opens_on in self.rules.set.vocabulary.touchpoints:
                for touchpoint in self.batch.touchpoints.unopened(
                    str(chart.opens_on), chart.id, as_of=self.as_of
                ):
                    if customers is not None and touchpoint.customer_id not in customers:
                        continue
                    unit = touchpoint.unit or unit_of(touchpoint.customer_id)
                    about = About(touchpoint.customer_id, touchpoint.holding_id, unit)
                    key = opening_key(chart.id, touchpoint)
                    opened.append(self.open(chart, about, key, touchpoint.at, touchpoint.fields))
        return self.keep(opened)

    # moving

    def sweep(self) -> None:
        """Everything that is due, round after round, until nothing is."""
        while self.round(ROUND).claimed:
            pass

    def round(self, limit: int) -> Swept:
        """At most `limit` cases that are due or for which an event waits: the timers of each, one event."""
        return self._round(self.batch.cases.claim(self.as_of, limit))

    def follow(self) -> Swept:
        """Takes at once what was sent to cases; what another worker holds waits for the next turn of one."""
        swept = Swept()
        while claims := self.batch.cases.claim_of(self.sent_to, self.as_of) if self.sent_to else ():
            self.sent_to = list(dict.fromkeys(self.sent_to))
            swept += self._round(claims)
        return swept

    def _round(self, claims: Sequence[Claim]) -> Swept:
        self._meeting = {claim.case.customer_id for claim in claims}
        turned = [self._claimed(claim) for claim in claims]
        opened = self.opened
        self.save(turned)
        kinds = Counter(moved.kind for each in turned for moved in each.history)
        return Swept(
            claimed=len(claims),
            events=sum(each.taken is not None for each in turned),
            moved=kinds["moved"] + kinds["late"],
            opened=self.opened - opened,
            sent=kinds["sent"],
            refused=kinds["refused"],
            errors=kinds["error"],
        )

    def facts_changed(self, cases: Iterable[Case]) -> None:
        """Looks again at open cases: their facts may have changed."""
        changed = []
        for case in cases:
            turned = self._tried(case, CaseEvent(0, case.id, "change", self.as_of, CLOCK))
            turned.taken = None
            if turned.history or turned.case != case:
                changed.append(turned)
        self.save(changed)

    def recount(self, cases: Iterable[Case]) -> list[tuple[Case, Moved]]:
        """Counts the clocks of open cases anew where another calendar counts. Returns the history that this
        adds."""
        turned = [Turned.of(case) for case in cases]
        for each in turned:
            try:
                self._recount(each)
            except CrmflowError as error:
                each.fail(error, self.as_of, CLOCK)
        changed = [each for each in turned if each.case != each.before]
        self.save(changed)
        return [(each.case, moved) for each in changed for moved in each.history]

    def _recount(self, turned: Turned) -> None:
        case = turned.case
        step = recounted(
            self.charts.of(case),
            case,
            at=self.as_of,
            context=self.known(case.customer_id, case.holding_id),
            posts=self.posts,
            calendars=self.calendars,
            actor=CLOCK,
        )
        if step is not None:
            turned.add(step)

    def move(self, case: Case, event: CaseEvent | None) -> Turned:
        """A case after the timers that are due up to its event, and after that event; all that are due, if it
        has none. Raises WorkflowError as `advance`."""
        turned = Turned.of(case)
        self._move(turned, event)
        return turned

    def _claimed(self, claim: Claim) -> Turned:
        """A claimed case after what comes before anything of the rest of its family."""

        def goes_on(step: Step) -> bool:
            moments = (step.case.due_at, claim.event.at if claim.event else None)
            next_at = min((at for at in moments if at is not None), default=None)
            alone = claim.until is None or (next_at is not None and next_at < claim.until)
            return alone and not step.children and not step.sends

        return self._tried(claim.case, claim.event, goes_on)

    def _tried(
        self, case: Case, event: CaseEvent | None, goes_on: Callable[[Step], bool] = lambda step: True
    ) -> Turned:
        """The same; a case that cannot go on stops nobody else, and is tried again later."""
        turned = Turned.of(case)
        try:
            self._move(turned, event, goes_on)
        except CrmflowError as error:
            turned.fail(error, self.as_of, CLOCK)
        except Exception as error:
            log.exception("case %s cannot be moved", case.id)
            kind = type(error).__name__
            turned.fail(WorkflowError("CRM569", case=case.id, kind=kind, reason=error), self.as_of, CLOCK)
        return turned

    def _move(
        self, turned: Turned, event: CaseEvent | None, goes_on: Callable[[Step], bool] = lambda step: True
    ) -> None:
        chart = self.charts.of(turned.case)
        context = self.known(turned.case.customer_id, turned.case.holding_id)
        while step := advance(
            chart,
            turned.case,
            as_of=self.as_of,
            context=context,
            posts=self.posts,
            calendars=self.calendars,
            event=event,
            actor=CLOCK,
        ):
            turned.add(step)
            if step.took_event:
                turned.taken = event
                break
            if event is None and (step.case.due_at is None or step.case.due_at > self.as_of):
                break
            if not goes_on(step):
                break
        turned.settle()

    def save(self, turned: Sequence[Turned]) -> None:
        """Writes moved cases with their history, the cases that they open, and what they send."""
        self.batch.cases.save([each.written for each in turned], release=self.rules.id)
        self.batch.events.take(each.taken for each in turned if each.taken is not None)
        self._note(turned)
        self.keep(self.child(each.case, child) for each in turned for child in each.children)
        self._send(turned)

    def _send(self, turned: Iterable[Turned]) -> None:
        """Puts what cases send to others into their inboxes."""
        waiting = [(each.case, send) for each in turned for send in each.sends]
        below = {case.id for case, send in waiting if send.branches is not None}
        children = self.batch.cases.children(below) if below else {}
        sent = [
            (id, send.name, send.data, send.at)
            for case, send in waiting
            for id in _receivers(case, send, children.get(case.id, ()))
        ]
        self.batch.events.add_all(sent)
        if len(sent) <= FOLLOWED:
            self.sent_to += [id for id, _, _, _ in sent]

    def known(self, customer_id: int, holding_id: int | None) -> OnDemand:
        """What conditions read of a customer; all of a round are read together when one is asked for."""

        def context() -> Context:
            self.meet(self._meeting)
            self._meeting = set()
            return self.context(customer_id, holding_id)

        return OnDemand(context)

    def _note(self, turned: Iterable[Turned]) -> None:
        self.history += [(each.case, moved) for each in turned for moved in each.history]


def _receivers(case: Case, send: Send, children: Iterable[tuple[int, str | None]]) -> Iterable[int]:
    """The ids of the cases that are to get an event."""
    if send.branches is None:
        return () if case.parent_id is None else (case.parent_id,)
    return (id for id, branch in children if not send.branches or branch in send.branches)
