"""Does a stored decision come out again, from the release, the facts and the params of then?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from crmflow.core.customer import Customer
from crmflow.core.decision import Conflict, Decision, Hit, Plan, Sending, Subject, Target, Visit
from crmflow.core.journal import Entry
from crmflow.core.post import Posts
from crmflow.core.replay import Difference, Replay
from crmflow.core.text import Text
from crmflow.engine.explaining import params_of
from crmflow.engine.listings import WORDS
from crmflow.engine.release import Releases, Rules
from crmflow.errors import CrmflowError, StoreError
from crmflow.planning.owners import choose
from crmflow.planning.visits import plan_visit, visit_key
from crmflow.rules.feel.language import fixes_since
from crmflow.rules.rulebook import Rulebook
from crmflow.store.batch import Batch

DECISIONS = frozenset({"segment", "conflict", "owner", "participant", "visit", "send", "withdrawn"})
Outcome = Mapping[str, object]


class Replaying:
    """Decides entries of the journal again, with nothing but what was known when they were written."""

    def __init__(self, batch: Batch, rules: Rules) -> None:
        self.batch, self.rules = batch, rules
        self._posts: tuple[tuple[datetime, datetime | None], Posts] | None = None
        self._releases = {release.hash: release for release in batch.releases.all()}

    def decision(self, id: int) -> Replay:
        """One entry. Raises StoreError CRM421."""
        entry = self.batch.journal.get(id)
        if entry is None:
            raise StoreError("CRM421", id=id)
        return self._replay(entry)

    def all(self, *, customer: int | None = None, since: datetime | None = None) -> Iterator[Replay]:
        """Every decision, of a customer or since a moment, oldest first."""
        yield from map(self._replay, self.batch.journal.scan(kinds=DECISIONS, customer=customer, since=since))

    def posts(self, entry: Entry) -> Posts:
        """Who held which post when an entry was written; those of one run are read once."""
        moment = entry.at, entry.recorded_at
        if self._posts is None or self._posts[0] != moment:
            self._posts = moment, self.batch.units.posts(*moment)
        return self._posts[1]

    def _replay(self, entry: Entry) -> Replay:
        known = Replay(
            entry.id,
            entry.kind,
            entry.subject,
            entry.at,
            "same",
            entry.release,
            _text(entry.payload.get("rulebook")),
        )
        if entry.kind not in DECISIONS:
            return replace(
                known, verdict="unknown", reason=WORDS["replay.no-decision"].filled(kind=entry.kind)
            )
        facts = entry.payload.get("facts")
        if not isinstance(facts, Mapping):
            return replace(known, verdict="erased", reason=WORDS["replay.erased"])
        if not entry.payload.get("hash"):
            return replace(known, verdict="unknown", reason=WORDS["replay.no-rule"])
        try:
            rules = self._rules(entry)
        except CrmflowError as error:
            reason = Text(error.text("en"), error.text("zh"))
            return replace(known, verdict="unknown", reason=WORDS["replay.unreadable"].filled(reason=reason))
        rulebook = None if rules is None else _rulebook(rules, entry)
        if rules is None or rulebook is None:
            return replace(known, verdict="unknown", reason=WORDS["replay.not-kept"])
        again = _Again(self, entry, rules, rulebook, facts)
        outcome, recorded = again.outcome(), again.recorded()
        differences = tuple(
            Difference(name, recorded.get(name), value)
            for name, value in outcome.items()
            if recorded.get(name) != value
        )
        fixes = fixes_since(int(str(entry.payload.get("language", 1)))) if differences else ()
        return replace(
            known,
            verdict="different" if differences else "same",
            differences=differences,
            fixes=tuple(Text(fix.en, fix.zh) for fix in fixes),
            outcome=outcome,
        )

    def _rules(self, entry: Entry) -> Rules | None:
        """The release that the entry cites. Raises CrmflowError where it cannot be read any more."""
        release = self._releases.get(entry.release or "")
        return None if release is None else Releases().rules(self.batch, release)


@dataclass(frozen=True)
class _Again:
    """One entry's decision, made again."""

    replaying: Replaying
    entry: Entry
    rules: Rules
    rulebook: Rulebook
    facts: Mapping[str, Any]

    def outcome(self) -> Outcome:
        """What the entry's payload says of the outcome, as it comes out now."""
        answer = self.rulebook.decide(self.facts, params_of(self.entry, self.rulebook))
        hits = answer.hits if isinstance(answer, Conflict) else answer
        if isinstance(answer, Conflict) or self.entry.kind == "conflict":
            return {"rules": [hit.rule for hit in hits] if isinstance(answer, Conflict) else []}
        first = hits[0] if hits else None
        match self.entry.kind:
            case "segment":
                return {"rule": first and first.rule, "value": first and first.value}
            case "owner":
                return {"rule": first and first.rule, **self._owner(first)}
            case "participant":
                return self._participant(hits)
            case "visit" | "send":
                return self._occasion(hits)
        return {"rule": first and first.rule}  # a visit was withdrawn: what fires now, if anything

    def _owner(self, hit: Hit | None) -> Outcome:
        previous = _text(self.entry.payload.get("previous"))
        if hit is None or not isinstance(hit.value, Target):
            return {"staff": None}
        return {"staff": choose(hit.value, previous, self._posts, self._loads).staff}

    def _participant(self, hits: Iterable[Hit]) -> Outcome:
        """Whether a rule makes the recorded person take part."""
        staff = _text(self.entry.payload.get("staff"))
        for hit in hits:
            if isinstance(hit.value, Target) and choose(hit.value, staff, self._posts, {}).staff == staff:
                return {"rule": hit.rule, "held": True}
        return {"rule": None, "held": False}

    def _occasion(self, hits: Iterable[Hit]) -> Outcome:
        """The visit or message of the recorded rule: who goes or what is sent, and the key."""
        rule = self.entry.payload.get("rule")
        for hit in hits:
            if isinstance(hit.value, Plan) and hit.rule == rule:
                return self._visit(hit)
            if isinstance(hit.value, Sending) and self._key(hit) == self.entry.key:
                said = {"message": hit.value.message, "channel": hit.value.channel}
                return {"rule": hit.rule, **said, "key": self._key(hit)}
        return {"rule": None}

    def _visit(self, hit: Hit) -> Outcome:
        customer = self._customer
        if customer is None:
            return {"rule": hit.rule, "key": self._key(hit)}
        visit = plan_visit(
            self._decision(hit),
            hit,
            id=0,
            customer=customer,
            unit=self._unit(customer),
            since=self.entry.at,
            posts=self._posts,
            loads=self._loads,
            calendar=self.rules.calendar,
        )
        due = {} if self._stored is None else {"due_at": visit.due_at}
        return {"rule": hit.rule, "reason": visit.reason, "staff": visit.staff, "key": visit.key, **due}

    def recorded(self) -> Outcome:
        """What was recorded of the outcome."""
        stored = self._stored
        due = {} if stored is None else {"due_at": stored.due_at}
        return {**self.entry.payload, "key": self.entry.key, **due}

    @property
    def _stored(self) -> Visit | None:
        """The visit that an entry planned."""
        if self.entry.kind != "visit" or self.entry.customer_id is None:
            return None
        visits = self.replaying.batch.visits.scan(customers=[self.entry.customer_id], open_only=False)
        return next((each for each in visits if each.key == self.entry.key), None)

    def _key(self, hit: Hit) -> str:
        return visit_key(self._decision(hit), hit, self.entry.at)

    def _decision(self, hit: Hit) -> Decision:
        kind, _, number = self.entry.subject.partition(":")
        subject = Subject("holding" if kind == "holding" else "customer", int(number))
        return Decision(self.rulebook.id, self.rulebook.hash, subject, self.entry.at, self.rules.id, (hit,))

    def _unit(self, customer: Customer) -> str | None:
        own = self.rules.unit_of(customer)
        if own is None and customer.owner is not None:
            return next(iter(self._posts.units_of(customer.owner)), None)
        return own

    @property
    def _posts(self) -> Posts:
        return self.replaying.posts(self.entry)

    @property
    def _loads(self) -> Mapping[str, int]:
        """The customers of each candidate, as the choice saw them."""
        loads = self.entry.payload.get("candidates")
        return (
            {str(code): int(str(load)) for code, load in loads.items()} if isinstance(loads, Mapping) else {}
        )

    @property
    def _customer(self) -> Customer | None:
        if self.entry.customer_id is None:
            return None
        return self.replaying.batch.customers.get(
            self.entry.customer_id, as_of=self.entry.at, known_at=self.entry.recorded_at
        )


def _rulebook(rules: Rules, entry: Entry) -> Rulebook | None:
    id, hash = entry.payload.get("rulebook"), entry.payload.get("hash")
    return next((each for each in rules.set.rulebooks if each.id == id and each.hash == hash), None)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
