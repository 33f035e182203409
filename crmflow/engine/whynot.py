"""Why does a rule not fire for a customer, why does nothing come of one, and why is no case opened?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from crmflow.core.case import Case
from crmflow.core.chart import Chart
from crmflow.core.customer import Customer
from crmflow.core.decision import Conflict, Hit, Plan, Sending, Subject, Target
from crmflow.core.explanation import Explanation
from crmflow.core.text import Text, listed
from crmflow.engine.ahead import Ahead
from crmflow.engine.explaining import ROWS, Explaining
from crmflow.engine.listings import WORDS
from crmflow.planning.candidates import explain_choice
from crmflow.rules.context import Context
from crmflow.rules.counterfactual.explain import Would
from crmflow.rules.explain import explain_condition, why_not
from crmflow.rules.feel import Expression
from crmflow.rules.origin import Origins
from crmflow.rules.rulebook import Rulebook
from crmflow.workflow.branching import joined_key, waits_for
from crmflow.workflow.gates import View

SLOT = "|"


@dataclass(frozen=True)
class WhyNot:
    """Asks all rules about one customer, as things stand now."""

    explaining: Explaining
    customer_id: int

    def explain(self, rulebook: str | None = None, rule: str | None = None) -> Explanation:
        """For each rule that does not decide now, the first condition that is not true, with its values and
        where they come from, and what would make it fire; of those that do, why nothing comes of it; and why
        no case opens. Of one rulebook or chart, or of all.

        Raises RuleFileError CRM137 for an unknown rulebook, CRM258 for an unknown rule.
        """
        ruleset = self.explaining.rules.set
        charts = [] if rulebook else list(ruleset.charts.values())
        rulebooks = list(ruleset.rulebooks)
        if rulebook in ruleset.charts:
            charts, rulebooks = [ruleset.chart(str(rulebook))], []
        elif rulebook is not None:
            rulebooks = [ruleset.rulebook(rulebook)]
        parts = [
            *(part for each in rulebooks for part in self._rulebook(each, rule)),
            *(part for each in charts for part in self._chart(each)),
        ]
        work = self.explaining.work
        says = WORDS["explained.why-not"].filled(
            id=self.customer_id,
            known_as=work.known(self.customer_id).customer.external_id,
            at=self.explaining.wording.moment(self.explaining.batch.now),
            number=self.explaining.rules.number,
        )
        return Explanation(says, because=tuple(parts))

    def _rulebook(self, rulebook: Rulebook, rule: str | None) -> Iterator[Explanation]:
        work, wording = self.explaining.work, self.explaining.wording
        params = work.decider.params(rulebook, work.unit_of(self.customer_id))
        for subject, context in self._contexts(rulebook.about):
            seen = work.decider.contexts_of(self._customer).with_params(context, params)
            would = Would(rulebook, seen, wording.of(rulebook.declares), params, self._ahead(subject))
            origins = self._origins(subject)
            told = why_not(rulebook, seen, wording, rule=rule, params=params, origins=origins, would=would)
            hits = rulebook.decide(seen, params)
            came = () if isinstance(hits, Conflict) else tuple(self._came_of(rulebook, subject, hits))
            yield replace(told, because=(*told.because, *came))

    # what comes of a rule that fires

    def _came_of(self, rulebook: Rulebook, subject: Subject, hits: tuple[Hit, ...]) -> Iterator[Explanation]:
        """Of each hit that has no effect now, the reason."""
        titles = {rule.id: rule.title for rule in rulebook.rules}
        for hit in hits:
            reason = next(self._reasons(rulebook, subject, hit), None)
            if reason is not None:
                title = titles.get(hit.rule, Text(hit.rule, hit.rule))
                says = WORDS["explained.nothing-came"].filled(rule=title)
                yield Explanation(says, holds=True, because=(reason,))

    def _reasons(self, rulebook: Rulebook, subject: Subject, hit: Hit) -> Iterator[Explanation]:
        for other in rulebook.yields_to:
            title = self._title_of_one_that_fires(other, subject)
            if title is not None:
                yield Explanation(WORDS["explained.yields"].filled(rulebook=title))
        if rulebook.on is not None:
            said = {
                "result": self._label(rulebook.on.result),
                "value": self.explaining.rules.set.vocabulary.word(rulebook.on.value, rulebook.pack),
            }
            yield Explanation(WORDS[f"explained.{rulebook.on.event}"].filled(**said))
        match hit.value:
            case Plan(by=by):
                yield from self._happened(rulebook, subject, hit, "explained.planned")
                if isinstance(by, Target):
                    yield from self._nobody(by)
            case Sending():
                yield from self._no_consent(hit.value)
                yield from self._happened(rulebook, subject, hit, "explained.sent")
            case Target():
                yield from self._nobody(hit.value)

    def _title_of_one_that_fires(self, id: str, subject: Subject) -> Text | None:
        work = self.explaining.work
        rulebook = self.explaining.rules.set.rulebook(id)
        params = work.decider.params(rulebook, work.unit_of(self.customer_id))
        for other, context in self._contexts(rulebook.about):
            if other == subject and rulebook.decide(context, params):
                return rulebook.title
        return None

    def _happened(
        self, rulebook: Rulebook, subject: Subject, hit: Hit, sentence: str
    ) -> Iterator[Explanation]:
        """Once per its period, each thing happens once: when it already did."""
        key = SLOT.join([str(subject), rulebook.id, hit.rule, hit.occasion or ""])
        for entry in self.explaining.batch.journal.of(customer=self.customer_id):
            mine = entry.key is not None and (
                entry.key == key if hit.occasion is not None else entry.key.startswith(key)
            )
            if mine:
                per = self._occasion(hit)
                at = self.explaining.wording.moment(entry.at)
                says = WORDS[sentence].filled(per=per, at=at)
                yield Explanation(says, since=entry.at, source={"decision": entry.id})

    def _occasion(self, hit: Hit) -> Text:
        """What "once per" came to: a period as it is written, an instant by the clock of the zone."""
        if hit.occasion is None:
            return WORDS["explained.each-time"]
        try:
            return self.explaining.wording.moment(datetime.fromisoformat(hit.occasion))
        except ValueError:
            return Text(hit.occasion, hit.occasion)

    def _no_consent(self, sending: Sending) -> Iterator[Explanation]:
        vocabulary = self.explaining.rules.set.vocabulary
        purpose = vocabulary.messages[sending.message].purpose
        if self._forbids(purpose, sending.channel):
            called = vocabulary.purpose(purpose).label
            parts = {"purpose": called, "channel": vocabulary.word(sending.channel)}
            yield Explanation(WORDS["explained.no-consent"].filled(**parts), holds=False)

    def _nobody(self, target: Target) -> Iterator[Explanation]:
        """Why nobody fits; nothing where somebody does."""
        work = self.explaining.work
        choice = explain_choice(
            target, self._customer.owner, work.posts, self.explaining.batch.owners.loads()
        )
        yield from (each for each in choice if each.holds is False and each.name is None)

    # cases

    def _chart(self, chart: Chart) -> Iterator[Explanation]:
        """Why no case of a kind opens for this customer, and why an open one does not go on."""
        wording, batch = self.explaining.wording, self.explaining.batch
        cases = list(batch.cases.scan(charts=[chart.id], customers=[self.customer_id]))
        yield from map(self._case, cases)
        if isinstance(chart.opens_when, Expression):
            held = {case.holding_id for case in cases}
            for subject, context in self._contexts(chart.holding):
                if (subject.id if subject.kind == "holding" else None) in held:
                    continue
                names = {**context, **chart.params}
                holds = chart.opens_when.evaluate(names) is True
                because = explain_condition(chart.opens_when, names, wording, self._origins(subject))
                says = WORDS["explained.opens-now" if holds else "explained.opens-not"].filled(
                    chart=chart.title
                )
                yield Explanation(says, holds=holds, because=tuple(because))
        elif chart.opens_on is not None and not cases:
            kind = self.explaining.rules.set.vocabulary.touchpoints.get(chart.opens_on)
            label = Text.of(chart.opens_on) if kind is None else kind.label
            yield Explanation(WORDS["explained.opens-on"].filled(chart=chart.title, kind=label), holds=False)

    def _case(self, case: Case) -> Explanation:
        """What keeps an open case where it is: the gate lines that are not met, and what it waits for."""
        work, wording = self.explaining.work, self.explaining.wording
        chart = work.casework().charts.of(case)
        context = work.context(case.customer_id, case.holding_id)
        names = View(chart, case, context, work.as_of, work.calendar)
        lines = {line.id: line for move in chart.moves for gate in move.gates for line in gate.lines}
        parts: list[Explanation] = []
        for line in (lines[id] for id in case.blocked if id in lines):
            says = WORDS["explained.not-met"].filled(line=line.label)
            values = explain_condition(line.when, names, wording) if isinstance(line.when, Expression) else ()
            parts.append(Explanation(says, holds=False, because=tuple(values)))
        return replace(
            self.explaining.case(case.id, brief=True), because=(*parts, *self._awaited(chart, case))
        )

    def _awaited(self, chart: Chart, case: Case) -> Iterator[Explanation]:
        state = chart.states[case.state]
        if chart.moves_from(case.state, "done"):
            holder = (
                WORDS["explained.nobody"]
                if case.holder is None
                else self.explaining.wording.staff(case.holder)
            )
            yield Explanation(WORDS["explained.waits-done"].filled(holder=holder, state=state.label))
        for move in chart.moves_from(case.state, "event"):
            event = chart.labels.get(move.event or "", Text.of(move.event or ""))
            yield Explanation(WORDS["explained.waits-event"].filled(event=event))
        if chart.moves_from(case.state, "joined"):
            running = [branch for branch in waits_for(state) if joined_key(branch) not in case.fired]
            branches = listed(chart.states[branch].label for branch in running)
            yield Explanation(WORDS["explained.waits-joined"].filled(state=state.label, branches=branches))
        if chart.moves_from(case.state, "after") or chart.moves_from(case.state, "at"):
            timers = self.explaining.timer(case.id)
            yield Explanation(WORDS["explained.waits-time"], because=timers.because)

    # what they need

    @property
    def _customer(self) -> Customer:
        return self.explaining.work.known(self.customer_id).customer

    def _label(self, result: str) -> Text:
        return self.explaining.wording.label(result)

    def _contexts(self, about: str | None) -> Iterator[tuple[Subject, Context]]:
        """The customer's context; or one for each of its holdings of a kind."""
        work = self.explaining.work
        if about is None:
            yield Subject("customer", self.customer_id), work.context(self.customer_id, None)
        for holding in work.known(self.customer_id).holdings:
            if about == holding.kind:
                yield Subject("holding", holding.id), work.context(self.customer_id, holding.id)

    def _origins(self, subject: Subject) -> Origins:
        provenances, at = self.explaining.batch.provenances, self.explaining.work.as_of
        origins = self.explaining.work.origins(self.customer_id)
        return replace(
            origins,
            provenances=provenances.rows(self.customer_id, at),
            fields=provenances.fields(self.customer_id, at),
            shown=ROWS,
        )

    def _ahead(self, subject: Subject) -> Ahead:
        """What the windows of the subject's facts hold on later days."""
        work, batch = self.explaining.work, self.explaining.batch
        known, touchpoints = work.known(self.customer_id), batch.touchpoints.of(self.customer_id)
        zone = work.decider.contexts_of(known.customer).zone
        for holding in known.holdings:
            if subject == Subject("holding", holding.id) and holding.kind in work.survey.holding_folds:
                own = [each for each in touchpoints if each.holding_id == holding.id]
                return Ahead(work.survey.holding_folds[holding.kind], own, (), work.as_of, zone)
        return Ahead(work.survey.folds, touchpoints, known.holdings, work.as_of, zone)

    def _forbids(self, purpose: str, channel: str) -> str | None:
        """The code of what the customer's words have against a purpose on a channel."""
        consents = self.explaining.batch.consents.of([self.customer_id], as_of=self.explaining.work.as_of)
        said = consents.get(self.customer_id, ())
        return self.explaining.rules.set.vocabulary.forbids(said, purpose, channel)
