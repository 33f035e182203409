"""What is decided for a customer, and what does it cause? The same for one customer and for a whole run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from crmflow.core.calendar import Calendar
from crmflow.core.customer import Customer
from crmflow.core.decision import Conflict, Decision, Hit, Plan, Sending, Subject, Target, Visit
from crmflow.core.journal import Entry
from crmflow.core.post import Posts
from crmflow.engine.effect import (
    Change,
    Effect,
    Opening,
    Owned,
    Segmented,
    Sent,
    TookPart,
    Visited,
    Withdrawn,
)
from crmflow.engine.journaling import Decided, candidates, entry_of, own_params
from crmflow.engine.release import Rules
from crmflow.engine.survey import Known
from crmflow.engine.zones import Zones
from crmflow.planning.owners import choose, participants
from crmflow.planning.visits import plan_visit, visit_key, withdrawn
from crmflow.rules.context import Context, Contexts
from crmflow.rules.outcome import VisitOutcome
from crmflow.rules.rulebook import Change as Reaction
from crmflow.rules.rulebook import Rulebook
from crmflow.store.segments import Segment

Hits = tuple[Hit, ...] | Conflict
Heard = Callable[[Rulebook, str | None, Context, Hits], None]
"""Told of each answer: the rulebook, the unit, what is known of the subject, the hits."""


class Standing(NamedTuple):
    """A customer as deciding finds them: what is known, the `context` of it (which deciding takes over), the
    segments until now by (holding id, or 0 for the customer's own; name), and the open visits.

    Conditions read the owner of before the run, so that a second run at one moment decides the same: where
    the owner `changed` at that very moment, it is `owner_before`.
    """

    known: Known
    context: Context
    owner_changed: bool = False
    owner_before: str | None = None
    segments: Mapping[tuple[int, str], Segment] = MappingProxyType({})
    visits: Sequence[Visit] = ()


class Decider:
    """Decides for customers one after another, as of one moment, and collects what must be written.

    `loads` counts the customers of each staff member and is kept up; `consents` says whether a purpose
    may be pursued with a customer on a channel; `keeps`: the decisions are wanted, and not only what they
    cause; `heard` is told every rulebook's answer.
    """

    def __init__(
        self,
        rules: Rules,
        posts: Posts,
        as_of: datetime,
        zone: ZoneInfo,
        *,
        actor: str,
        calendar: Calendar,
        loads: dict[str, int],
        consents: Callable[[int, str, str], bool],
        keeps: bool,
        heard: Heard | None = None,
    ) -> None:
        self.rules = rules
        self.posts = posts
        self.as_of = as_of
        self.actor = actor
        self.calendar = calendar
        self.loads = loads
        self.consents = consents
        self.keeps = keeps
        self.heard = heard
        self.zones = Zones(posts, zone)
        self._contexts: dict[ZoneInfo, Contexts] = {}
        self._params: dict[tuple[str, str | None], Mapping[str, object]] = {}
        self._own_params: dict[tuple[str, str | None], Mapping[str, object]] = {}
        self.watched = {other for rulebook in rules.set.rulebooks for other in rulebook.yields_to}
        self.while_true = {
            (rulebook.id, rule.id)
            for rulebook in rules.set.rulebooks
            for rule in rulebook.rules
            if isinstance(rule.then, VisitOutcome) and not rule.then.plan.stays
        }

    def contexts(self, unit: str | None) -> Contexts:
        """The contexts by the clock of a unit."""
        zone = self.zones.of(unit)
        if zone not in self._contexts:
            self._contexts[zone] = Contexts(self.rules.set.vocabulary, self.posts, self.as_of, zone)
        return self._contexts[zone]

    def contexts_of(self, customer: Customer) -> Contexts:
        """The contexts by the clock of a customer's unit."""
        return self.contexts(self.unit_of(customer))

    def context(self, known: Known) -> Context:
        """What the rules see of a customer before anything is decided."""
        return self.contexts_of(known.customer).customer(known.customer, known.holdings, known.values)

    def unit_of(self, customer: Customer) -> str | None:
        """The unit a customer belongs to: by its own fields, else its owner's."""
        unit = self.rules.unit_of(customer)
        if unit is None and customer.owner is not None:
            return next(iter(self.posts.units_of(customer.owner)), None)
        return unit

    def decide(self, standing: Standing) -> Deciding:
        """One customer's way through the rulebooks: its `effects`, and the `decisions` behind them."""
        return Deciding(self, standing)

    def params(self, rulebook: Rulebook, unit: str | None) -> Mapping[str, object]:
        key = rulebook.id, unit
        if key not in self._params:
            path = [name for above in self.posts.upward(unit) for name in (above.code, above.name)]
            self._params[key] = rulebook.params(path)
        return self._params[key]

    def own_params(self, rulebook: Rulebook, unit: str | None) -> Mapping[str, object]:
        """The params that a unit has otherwise than all."""
        key = rulebook.id, unit
        if key not in self._own_params:
            self._own_params[key] = own_params(rulebook, self.params(rulebook, unit))
        return self._own_params[key]


class Deciding:
    """One customer's way through the rulebooks: the effects, the cases to open, and what is behind them."""

    def __init__(self, decider: Decider, standing: Standing) -> None:
        self.decider = decider
        self.standing = standing
        self.customer = standing.known.customer
        self.subject = Subject("customer", self.customer.id)
        self.unit = decider.unit_of(self.customer)
        self.contexts = decider.contexts(self.unit)
        self.context = standing.context
        if standing.segments:
            self.contexts.learn(self.context, own(standing.segments.values()))
        if standing.owner_changed:
            self.context["owner"] = self.contexts.staff(standing.owner_before)
        self.changes: list[Change] = []
        self.taking_part: list[Decided] = []
        self.firing: set[str] = set()
        self.fired: set[tuple[str, Subject]] = set()
        self.judged: dict[tuple[str, Subject], Decided] = {}  # by rulebooks of visits and messages
        self.decisions: list[Decision] = []
        self.effects: list[Effect] = []
        for rulebook in decider.rules.set.rulebooks:  # in the order of what they read
            for subject, context in self._about(rulebook.about):
                self.effects += self._decide(rulebook, subject, context)
        self.effects += self._participants()
        self.effects += self._withdrawn()
        self.openings = list(self._openings())

    def _about(self, kind: str | None) -> Iterable[tuple[Subject, Context]]:
        """The customer; or each of its holdings of a kind."""
        return ((self.subject, self.context),) if kind is None else self._held(kind)

    def _held(self, kind: str) -> Iterator[tuple[Subject, Context]]:
        """Each of the customer's holdings of a kind."""
        known = self.standing.known
        for holding in known.holdings:
            if holding.kind == kind:
                facts = known.holding_values.get(holding.id, {})
                yield Subject("holding", holding.id), self.contexts.holding(self.context, holding, facts)

    def _decide(self, rulebook: Rulebook, subject: Subject, context: Context) -> Iterable[Effect]:
        if rulebook.on is not None and not any(_meets(rulebook.on, change) for change in self.changes):
            return ()
        if rulebook.yields_to and any((other, subject) in self.fired for other in rulebook.yields_to):
            return ()
        params = self.decider.params(rulebook, self.unit)
        seen = self.contexts.with_params(context, params)
        hits = rulebook.decide(seen, params)
        if self.decider.heard is not None:
            self.decider.heard(rulebook, self.unit, context, hits)
        if isinstance(hits, Conflict):
            return self._conflict(Decided(rulebook, subject, hits.hits, seen, self.unit))
        decided = Decided(rulebook, subject, hits, seen, self.unit)
        if hits and rulebook.id in self.decider.watched:
            self.fired.add((rulebook.id, subject))
        if self.decider.keeps:
            self.decisions.append(self._decision(decided))
        match rulebook.decides:
            case "segment":
                return self._segment(decided)
            case "owner":
                return self._owner(decided)
            case "participant":
                self.taking_part.append(decided)
                return ()
            case "visit" | "send":
                self.judged[rulebook.id, subject] = decided
                if not hits and self._before(subject, rulebook.id) is None:
                    return ()
                return self._occasions(decided)

    def _decision(self, decided: Decided) -> Decision:
        """With only the facts that the rulebook reads."""
        rulebook, subject, hits, seen, unit = decided
        facts = {name: seen[name] for name in rulebook.recorded if name in seen}
        params = self.decider.own_params(rulebook, unit)
        release = self.decider.rules.id
        return Decision(rulebook.id, rulebook.hash, subject, self.decider.as_of, release, hits, facts, params)

    # segments

    def _segment(self, decided: Decided) -> Iterable[Effect]:
        """A segment that changed; what stays is not written again."""
        assert decided.rulebook.gives is not None
        name, value = decided.rulebook.gives.name, decided.value
        assert value is None or isinstance(value, str)
        effects = []
        if change := self._changed(decided, name, value):
            said = {"name": name, "value": value, "previous": change.previous}
            effects.append(Segmented(self._entry("segment", self._decision(decided), **said), change))
        self.context[name] = value
        return effects

    def _changed(self, decided: Decided, name: str, value: str | None) -> Change | None:
        before = self._before(decided.subject, name)
        previous = before.value if before else None
        if value == previous and not (before and before.stale):
            return None
        holding, at = _holding(decided.subject), self.decider.as_of
        change = Change(self.customer.id, holding, name, value, previous, decided.rule, at)
        self.changes.append(change)
        return change

    def _before(self, subject: Subject, name: str) -> Segment | None:
        return self.standing.segments.get((_holding(subject), name))

    def _conflict(self, decided: Decided) -> Iterator[Effect]:
        """Rules that contradict each other decide nothing: a segment stays as it was, marked stale."""
        gives = decided.rulebook.gives
        name = gives.name if gives else decided.rulebook.id
        before = self._before(decided.subject, name)
        if before is not None and before.stale:
            return
        value = before.value if before else None
        holding, at = _holding(decided.subject), self.decider.as_of
        change = Change(self.customer.id, holding, name, value, value, None, at, stale=True)
        rules = [hit.rule for hit in decided.hits]
        yield Segmented(self._entry("conflict", self._decision(decided), rules=rules), change)

    # owners

    def _owner(self, decided: Decided) -> Iterator[Effect]:
        """The owner, where the rule names somebody else; where nobody fits nothing changes."""
        target = decided.value
        before = self.customer.owner
        loads = self.decider.loads
        if not isinstance(target, Target):
            return
        staff = choose(target, before, self.decider.posts, loads).staff
        if staff is None or staff == before:
            return
        choice = candidates(target, self.decider.posts, loads)
        if before is not None:
            loads[before] = loads.get(before, 0) - 1
        loads[staff] = loads.get(staff, 0) + 1
        self.customer = replace(self.customer, owner=staff)
        self.unit = self.decider.unit_of(self.customer)
        said = {"staff": staff, "previous": before, **choice}
        entry = self._entry("owner", self._decision(decided), None, **said)
        yield Owned(entry, self.customer.id, staff)

    def _participants(self) -> Iterator[Effect]:
        before, posts, loads = self.customer.participants, self.decider.posts, self.decider.loads
        targets = [target for each in self.taking_part for target in each.targets]
        if not targets and not before:
            return
        after = participants(targets, before, posts, loads)
        for staff in (*after, *before):
            if (staff in after) != (staff in before):
                decision = self._because(staff)
                entry = self._entry("participant", decision, staff=staff, held=staff in after)
                yield TookPart(entry, self.customer.id, staff, staff in after)

    def _because(self, staff: str) -> Decision:
        """What made somebody take part; of who no longer does, what does not name them any more."""
        posts, loads = self.decider.posts, self.decider.loads
        for each in self.taking_part:
            for hit in each.hits:
                if isinstance(hit.value, Target) and choose(hit.value, staff, posts, loads).staff == staff:
                    return self._decision(each._replace(hits=(hit,)))
        if self.taking_part:
            return self._decision(self.taking_part[0]._replace(hits=()))
        return Decision("", "", self.subject, self.decider.as_of, self.decider.rules.id, ())

    # visits and messages

    def _occasions(self, decided: Decided) -> Iterator[Effect]:
        """Every hit with its occasion; a rule without `once per` has one each time it begins to fire."""
        name = decided.rulebook.id
        before = self._before(decided.subject, name)
        fired = ", ".join(hit.rule for hit in decided.hits if hit.occasion is None) or None
        change = self._changed(decided, name, fired)
        if change:
            yield Segmented(None, change)
        decision = self._decision(decided)
        since = before.since if before and not change else decision.at
        for hit in decision.hits:
            key = visit_key(decision, hit, since)
            self.firing.add(key)
            if isinstance(hit.value, Plan):
                yield self._visit(decision, hit, since, key)
            elif isinstance(hit.value, Sending):
                yield from self._send(decision, hit, hit.value, key)

    def _visit(self, decision: Decision, hit: Hit, since: datetime, key: str) -> Effect:
        decider = self.decider
        visit = plan_visit(
            decision, hit, id=0, customer=self.customer, unit=self.unit, since=since,
            posts=decider.posts, loads=decider.loads, calendar=decider.calendar,
        )  # fmt: skip
        said = {"rule": hit.rule, "reason": visit.reason, "staff": visit.staff}
        by = hit.value.by if isinstance(hit.value, Plan) else ""
        choice = candidates(by, decider.posts, decider.loads)
        return Visited(self._entry("visit", decision, key, **said, **choice), visit)

    def _send(self, decision: Decision, hit: Hit, sending: Sending, key: str) -> Iterator[Effect]:
        """A message; where its purpose needs consent, only to who gave it. (C14, F8)"""
        message = self.decider.rules.set.vocabulary.messages[sending.message]
        if self.decider.consents(self.customer.id, message.purpose, sending.channel):
            said = {"rule": hit.rule, "message": sending.message, "channel": sending.channel}
            yield Sent(self._entry("send", decision, key, **said), self.customer.id, sending)

    def _withdrawn(self) -> Iterator[Effect]:
        for visit in withdrawn(self.standing.visits, self.firing, self.decider.while_true):
            held = visit.holding_id
            subject = self.subject if held is None else Subject("holding", held)
            judged = self.judged.get((visit.rulebook, subject))
            nothing = Decision(visit.rulebook, "", subject, self.decider.as_of, self.decider.rules.id, ())
            decision = nothing if judged is None else self._decision(judged)
            yield Withdrawn(self._entry("withdrawn", decision, visit=visit.id, reason=visit.reason), visit)

    def _openings(self) -> Iterator[Opening]:
        """The charts whose condition to open a case holds."""
        for chart in self.decider.rules.set.charts.values():
            if chart.opens_when is not None:
                for subject, context in self._about(chart.holding):
                    if chart.opens_when.evaluate({**context, **chart.params}) is True:
                        yield Opening(chart.id, subject, self.customer.id, self.unit)

    def _entry(self, kind: str, decision: Decision, key: str | None = None, **said: object) -> Entry:
        return entry_of(kind, decision, self.customer, self.decider.actor, key, said)


def _meets(reaction: Reaction, change: Change) -> bool:
    """Whether a rulebook that reacts to a result's value reacts to this change."""
    value = change.value if reaction.event == "entered" else change.previous
    return change.name == reaction.result and value == reaction.value


def own(segments: Iterable[Segment]) -> dict[str, str | None]:
    """The values of the segments that are the customer's own, by name."""
    return {segment.name: segment.value for segment in segments if segment.holding_id is None}


def _holding(subject: Subject) -> int:
    return subject.id if subject.kind == "holding" else 0
