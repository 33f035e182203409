"""What, why and since when? Joins what rules, planning and workflow explain of a customer, visit or case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from crmflow.core.case import Case
from crmflow.core.explanation import Explanation
from crmflow.core.journal import Entry
from crmflow.core.listing import Listing
from crmflow.core.text import Text
from crmflow.engine.inferring import explain_inferred
from crmflow.engine.listings import WORDS, listing
from crmflow.engine.release import Releases, Rules
from crmflow.engine.running import Work
from crmflow.errors import WorkflowError
from crmflow.planning.explain import explain_visit
from crmflow.rules.explain import explain_decision, why_not
from crmflow.rules.feel import Expression
from crmflow.rules.origin import explain_facts, explain_name
from crmflow.rules.phrase import Phrase
from crmflow.rules.rulebook import Rulebook
from crmflow.rules.vocabulary import pack_of
from crmflow.rules.wording import Wording
from crmflow.store.batch import Batch
from crmflow.workflow.explain import explain_case


@dataclass(frozen=True)
class Explaining:
    """Explains from what was recorded: the facts of the decision, and the rules that decided."""

    batch: Batch
    rules: Rules
    zone: ZoneInfo
    work: Work
    show_personal: bool = False

    @property
    def wording(self) -> Wording:
        return Wording(
            self.rules.set.vocabulary, self.zone, self.work.posts, show_personal=self.show_personal
        )

    def customer(self, customer_id: int) -> Explanation:
        """Segments with their rules, the owner, open visits and cases, and the facts."""
        known = self.work.known(customer_id)
        segments = [
            segment
            for segment in self.batch.segments.of(customer_id)
            if segment.name in self.rules.set.vocabulary.results and segment.holding_id is None
        ]
        parts = [
            *(
                self._segment(segment.name, segment.value, segment.since, segment.journal_id)
                for segment in segments
            ),
            self._owner(customer_id),
            *(self.visit(visit.id) for visit in self.batch.visits.scan(customers=[customer_id])),
            *(self._case(case.id, brief=True) for case in self.batch.cases.scan(customers=[customer_id])),
            *explain_inferred(self.rules.set.inferences, known, self.wording, self._called),
            self._facts(customer_id),
        ]
        called = WORDS["explained.customer"].filled(id=customer_id, known_as=known.customer.external_id)
        return Explanation(called, since=known.customer.at, because=tuple(parts))

    def visit(self, visit_id: int) -> Explanation:
        """Who is to go, by when, by which rule and on which facts. Raises WorkflowError CRM521."""
        visit = self.batch.visits.get(visit_id)
        if visit is None:
            raise WorkflowError("CRM521", id=visit_id)
        entry = next(
            (each for each in self.batch.journal.of(customer=visit.customer_id) if each.key == visit.key),
            None,
        )
        return explain_visit(
            visit,
            self.work.known(visit.customer_id).customer,
            reason=self._word(visit.reason, visit.rulebook),
            channel=self._word(visit.channel, visit.rulebook),
            posts=self.work.posts,
            as_of=self.work.as_of,
            zone=self.zone,
            why=self._decided(entry) if entry else None,
        )

    def case(self, case_id: int) -> Explanation:
        """Where it stands, who holds it and why them, what comes next, and its history. Raises CRM522."""
        return self._case(case_id, brief=False)

    def why_not(self, customer_id: int, rulebook: str | None) -> Explanation:
        """For each rule that does not fire now, the first condition that is not true, with its values.

        Raises RuleFileError CRM137 for an unknown rulebook.
        """
        chosen = [self.rules.set.rulebook(rulebook)] if rulebook else self.rules.set.rulebooks
        unit, origins = self.work.unit_of(customer_id), self.work.origins(customer_id)
        parts = [
            why_not(each, context, self.wording, params=self.work.decider.params(each, unit), origins=origins)
            for each in chosen
            for context in self._contexts(customer_id, each)
        ]
        called = WORDS["explained.why-not"].filled(id=customer_id)
        return Explanation(called, because=tuple(parts))

    def facts_listing(self, customer_id: int) -> Listing:
        """Every field and fact of a customer by name."""
        context = self.work.context(customer_id, None)
        vocabulary = self.rules.set.vocabulary
        rows = [
            {
                "fact": name,
                "label": self.wording.label(name),
                "value": self.wording.value(context[name], self.wording.described(name)),
            }
            for name in (*vocabulary.customer, *vocabulary.facts, *vocabulary.inferred, *vocabulary.results)
            if name in context
        ]
        return listing("facts", "fact label value", rows)

    # parts

    def _segment(self, name: str, value: str | None, since: datetime, journal_id: int | None) -> Explanation:
        entry = self.batch.journal.get(journal_id) if journal_id is not None else None
        said = self.rules.set.vocabulary.word(value, pack_of(name)) if value else "–"
        says = WORDS["explained.segment"].filled(segment=self.wording.label(name), value=said)
        return Explanation(says, since=since, because=(self._decided(entry),) if entry else ())

    def _owner(self, customer_id: int) -> Explanation:
        history = [each for each in self.batch.owners.of(customer_id) if each.part == "owner"]
        last = history[-1] if history else None
        if last is None or last.staff is None:
            return Explanation(WORDS["explained.no-owner"], holds=False)
        staff = self.wording.staff(last.staff)
        entry = self.batch.journal.get(last.journal_id) if last.journal_id is not None else None
        told = Explanation(WORDS["explained.imported"])
        says = WORDS["explained.owner"].filled(staff=staff)
        return Explanation(says, since=last.at, because=(self._decided(entry) if entry else told,))

    def _case(self, case_id: int, *, brief: bool) -> Explanation:
        case = self.batch.cases.get(case_id)
        if case is None:
            raise WorkflowError("CRM522", id=case_id)
        explanation = explain_case(
            self.work.casework().charts.of(case),
            case,
            self.batch.cases.history(case_id),
            posts=self.work.posts,
            as_of=self.work.as_of,
            zone=self.zone,
            show_personal=self.show_personal,
        )
        if brief:
            return replace(explanation, because=())
        known_as = self.work.known(case.customer_id).customer.external_id
        about = Explanation(WORDS["explained.customer"].filled(id=case.customer_id, known_as=known_as))
        return replace(explanation, because=(about, *self._opening(case), *explanation.because))

    def _opening(self, case: Case) -> Iterator[Explanation]:
        """The condition that opens such a case, with the values that it reads now."""
        opens = self.work.casework().charts.of(case).opens_when
        if isinstance(opens, Expression):
            context = self.work.context(case.customer_id, case.holding_id)
            names = sorted(opens.names)
            because = tuple(explain_name(name, context, self.wording) for name in names)
            condition = Phrase(opens, self.wording).text()
            yield Explanation(WORDS["explained.opens"].filled(condition=condition), because=because)

    def _word(self, value: str, rulebook: str) -> Text:
        """A value as the rulebook's pack calls it."""
        return self.rules.set.vocabulary.word(value, rulebook.partition("/")[0])

    def _called(self, customer_id: int) -> str:
        """Another customer by number and the source's own number, without a name."""
        return f"C{customer_id} ({self.work.known(customer_id).customer.external_id})"

    def _facts(self, customer_id: int) -> Explanation:
        context = self.work.context(customer_id, None)
        names = [name for name in self.rules.set.vocabulary.facts if name in context]
        return explain_facts(names, context, self.wording, self.work.origins(customer_id))

    def _decided(self, entry: Entry) -> Explanation:
        """The decision of a journal entry, from the facts that were recorded with it."""
        rulebook = self._rulebook(entry)
        facts = entry.payload.get("facts")
        if rulebook is None or not isinstance(facts, Mapping):
            return Explanation(WORDS["explained.not-kept"])
        unit = self.work.unit_of(entry.customer_id) if entry.customer_id is not None else None
        params = self.work.decider.params(rulebook, unit)
        return explain_decision(rulebook, facts, self.wording, params=params, since=entry.at)

    def _rulebook(self, entry: Entry) -> Rulebook | None:
        """The rulebook that decided, by id and hash: of the present release, else of the one of then."""
        id, hash = entry.payload.get("rulebook"), entry.payload.get("hash")
        for rules in self._releases(entry.release):
            for rulebook in rules.set.rulebooks:
                if rulebook.id == id and rulebook.hash == hash:
                    return rulebook
        return None

    def _releases(self, cited: str | None) -> Iterator[Rules]:
        yield self.rules
        for release in self.batch.releases.all():
            if release.hash == cited and release.hash != self.rules.id:
                yield Releases().rules(self.batch, release)

    def _contexts(self, customer_id: int, rulebook: Rulebook) -> Iterator[Mapping[str, object]]:
        """The customer's context; or one for each of its holdings that the rulebook is about."""
        if rulebook.about is None:
            yield self.work.context(customer_id, None)
        for holding in self.work.known(customer_id).holdings:
            if rulebook.about == holding.kind:
                yield self.work.context(customer_id, holding.id)
