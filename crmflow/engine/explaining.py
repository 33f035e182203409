"""What, why and since when? Joins what rules, planning and workflow explain of a customer, visit or case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from crmflow.core.case import Case
from crmflow.core.decision import Target
from crmflow.core.explanation import Explanation
from crmflow.core.incident import NOBODY
from crmflow.core.journal import Entry
from crmflow.core.listing import Listing
from crmflow.core.text import Text
from crmflow.engine.inferring import explain_inferred
from crmflow.engine.listings import WORDS, listing
from crmflow.engine.outbox.explaining import explain_message
from crmflow.engine.release import Releases, Rules
from crmflow.engine.running import Work
from crmflow.engine.survey import Survey
from crmflow.engine.zones import Zones
from crmflow.errors import StoreError, WorkflowError
from crmflow.planning.candidates import explain_choice
from crmflow.planning.explain import explain_visit
from crmflow.rules.explain import explain_decision
from crmflow.rules.feel import Expression
from crmflow.rules.origin import Origins, explain_facts, explain_name
from crmflow.rules.phrase import Phrase
from crmflow.rules.rulebook import Rulebook
from crmflow.rules.vocabulary import pack_of
from crmflow.rules.wording import Wording
from crmflow.store.batch import Batch
from crmflow.workflow.course import Course
from crmflow.workflow.explain import explain_case, explain_timers
from crmflow.workflow.explain_due import explain_due
from crmflow.workflow.words import Words

ROWS = 3
"""So many touchpoints are told one by one behind each fact of a decision."""


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

    def case(self, case_id: int, *, brief: bool = False) -> Explanation:
        """Where it stands, who holds it and why them, what comes next, and its history. Raises CRM522."""
        return self._case(case_id, brief=brief)

    def message(self, id: int) -> Explanation:
        """Where a message of the outbox stands, and why. Raises WorkflowError CRM589."""
        message = self.batch.outbox.get(id)
        if message is None:
            raise WorkflowError("CRM589", id=id)
        return explain_message(self.batch, message, self.wording)

    def decision(self, journal_id: int) -> Explanation:
        """One entry of the journal: what was decided, from which values, and where each of them came from.

        Raises StoreError CRM421.
        """
        entry = self.batch.journal.get(journal_id)
        if entry is None:
            raise StoreError("CRM421", id=journal_id)
        cited = next((each for each in self.batch.releases.all() if each.hash == entry.release), None)
        says = WORDS["explained.decision"].filled(
            id=entry.id,
            kind=WORDS.get(f"entries.{entry.kind}", Text(entry.kind, entry.kind)),
            at=self.wording.moment(entry.at),
            release="–" if cited is None else cited.number,
            actor=entry.actor,
        )
        source = {"decision": entry.id, "release": entry.release, "hash": entry.payload.get("hash")}
        return Explanation(says, since=entry.at, because=tuple(self._told(entry)), source=source)

    def timer(self, case_id: int) -> Explanation:
        """Which timers of a case run, and when each fires. Raises WorkflowError CRM522."""
        case = self.batch.cases.get(case_id)
        if case is None:
            raise WorkflowError("CRM522", id=case_id)
        chart = self.work.casework().charts.of(case)
        return explain_timers(
            chart,
            case,
            posts=self.work.posts,
            calendars=self.rules.calendars,
            as_of=self.work.as_of,
            zone=self.zone,
            context=self.work.context(case.customer_id, case.holding_id),
        )

    def due(self, case_id: int) -> Explanation:
        """When a case is due by each of its clocks, and which time counted. Raises WorkflowError CRM522."""
        case = self.batch.cases.get(case_id)
        if case is None:
            raise WorkflowError("CRM522", id=case_id)
        chart, posts = self.work.casework().charts.of(case), self.work.posts
        course = Course(chart, case, {}, posts, self.rules.calendars, actor="")
        return explain_due(Words(chart, posts, self.zone), course, self.work.as_of)

    def owner(self, customer_id: int) -> Explanation:
        """Why this owner, who else stood to be chosen, and who owned the customer before."""
        history = [each for each in self.batch.owners.of(customer_id) if each.part == "owner"]
        before = tuple(
            Explanation(WORDS["explained.owned"].filled(staff=self._staff(each.staff)), since=each.at)
            for each in reversed(history[:-1])
        )
        found = self._owner(customer_id, choice=True)
        earlier = (Explanation(WORDS["explained.earlier"], because=before),) if before else ()
        return replace(found, because=(*found.because, *earlier))

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

    def _owner(self, customer_id: int, *, choice: bool = False) -> Explanation:
        history = [each for each in self.batch.owners.of(customer_id) if each.part == "owner"]
        last = history[-1] if history else None
        if last is None or last.staff is None:
            return Explanation(WORDS["explained.no-owner"], holds=False)
        entry = self.batch.journal.get(last.journal_id) if last.journal_id is not None else None
        says = WORDS["explained.owner"].filled(staff=self._staff(last.staff))
        if entry is None:
            return Explanation(says, since=last.at, because=(Explanation(WORDS["explained.imported"]),))
        because = (self._decided(entry), *(self._chosen(entry) if choice else ()))
        return Explanation(says, since=last.at, because=because)

    def _chosen(self, entry: Entry) -> Iterator[Explanation]:
        """Everybody among whom an owner was chosen, with the customers they had then."""
        decided = self._rules_of(entry)
        facts, loads = entry.payload.get("facts"), entry.payload.get("candidates")
        if decided is None or not isinstance(facts, Mapping) or entry.recorded_at is None:
            return
        rulebook = decided[1]
        answer = rulebook.decide(facts, params_of(entry, rulebook))
        value = answer[0].value if isinstance(answer, tuple) and answer else None
        if isinstance(value, Target):
            previous = entry.payload.get("previous")
            posts = self.batch.units.posts(entry.at, entry.recorded_at)
            given = loads if isinstance(loads, Mapping) else {}
            because = explain_choice(value, None if previous is None else str(previous), posts, given)
            yield Explanation(WORDS["explained.candidates"], because=tuple(because))

    def _staff(self, code: str | None) -> Text:
        return WORDS["explained.nobody"] if code is None else self.wording.staff(code)

    def _case(self, case_id: int, *, brief: bool) -> Explanation:
        case = self.batch.cases.get(case_id)
        if case is None:
            raise WorkflowError("CRM522", id=case_id)
        explanation = explain_case(
            self.work.casework().charts.of(case),
            case,
            self.batch.cases.history(case_id),
            posts=self.work.posts,
            calendars=self.rules.calendars,
            as_of=self.work.as_of,
            zone=self.zone,
            show_personal=self.show_personal,
            context=self.work.context(case.customer_id, case.holding_id),
        )
        if brief:
            return replace(explanation, because=())
        return replace(explanation, because=(self._about(case), *self._opening(case), *explanation.because))

    def _about(self, case: Case) -> Explanation:
        """The customer; or the unit, and how many cases are grouped under it."""
        if case.customer_id != NOBODY:
            known_as = self.work.known(case.customer_id).customer.external_id
            return Explanation(WORDS["explained.customer"].filled(id=case.customer_id, known_as=known_as))
        unit = self.work.posts.units.get(case.unit or "")
        grouped = len(self.batch.cases.children([case.id]).get(case.id, ()))
        called = unit.name if unit is not None else case.unit
        return Explanation(WORDS["explained.unit"].filled(unit=called, count=grouped))

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

    def _told(self, entry: Entry) -> Iterator[Explanation]:
        """What an entry says besides: the decision behind it, what it caused, or what it recorded."""
        if entry.case_id is not None:
            yield self._case(entry.case_id, brief=True)
        if entry.payload.get("rulebook"):
            yield self._decided(entry)
            if entry.kind == "owner":
                yield from self._chosen(entry)
        elif not entry.payload:
            yield Explanation(WORDS["explained.erased"])
        for name in ("value", "previous", "staff", "reason", "message", "to", "move", "lines"):
            if (value := entry.payload.get(name)) is not None:
                shown = ", ".join(map(str, value)) if isinstance(value, list) else self.wording.value(value)
                says = WORDS["explained.said"].filled(name=WORDS.get(f"columns.{name}", name), value=shown)
                yield Explanation(says, name=name, value=value)

    def _decided(self, entry: Entry) -> Explanation:
        """The decision of a journal entry, from the facts and params that were recorded with it."""
        decided, facts = self._rules_of(entry), entry.payload.get("facts")
        if decided is None or not isinstance(facts, Mapping):
            return Explanation(WORDS["explained.not-kept"])
        rules, rulebook = decided
        return explain_decision(
            rulebook,
            facts,
            replace(self.wording, vocabulary=rules.set.vocabulary),
            params=params_of(entry, rulebook),
            origins=self._origins(entry, rules),
            since=entry.at,
        )

    def _origins(self, entry: Entry, rules: Rules) -> Origins | None:
        """The rows behind the facts of an entry, as they were known then."""
        if entry.customer_id is None or entry.subject.startswith("holding:"):
            return None
        at, known_at, customer_id = entry.at, entry.recorded_at, entry.customer_id
        customer = self.batch.customers.get(customer_id, as_of=at, known_at=known_at)
        if customer is None:
            return None
        zones = Zones(self.batch.units.posts(at, known_at), self.zone)
        provenances = self.batch.provenances
        return Origins(
            Survey(rules, at, zones.of).folds_for(customer),
            self.batch.touchpoints.of(customer_id, as_of=at, known_at=known_at),
            [
                each
                for _, held in self.batch.holdings.scan(as_of=at, customers=[customer_id])
                for each in held
            ],
            provenances.rows(customer_id, at),
            provenances.fields(customer_id, at),
            ROWS,
        )

    def _rules_of(self, entry: Entry) -> tuple[Rules, Rulebook] | None:
        """The rulebook that decided, by id and hash: of the release that the entry cites, else of another."""
        id, hash = entry.payload.get("rulebook"), entry.payload.get("hash")
        for rules in self._releases(entry.release):
            for rulebook in rules.set.rulebooks:
                if rulebook.id == id and rulebook.hash == hash:
                    return rules, rulebook
        return None

    def _releases(self, cited: str | None) -> Iterator[Rules]:
        for release in self.batch.releases.all():
            if release.hash == cited:
                yield self.rules if cited == self.rules.id else Releases().rules(self.batch, release)
        if cited != self.rules.id:
            yield self.rules


def params_of(entry: Entry, rulebook: Rulebook) -> dict[str, object]:
    """The params with which a rulebook decided: those of its release, and the unit's own."""
    own = entry.payload.get("params")
    return {**rulebook.defaults, **(own if isinstance(own, Mapping) else {})}
