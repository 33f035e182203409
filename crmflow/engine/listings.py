"""Who is in which segment, whom to visit, which cases are open, who owns whom? Listings for a viewer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from crmflow.core.case import Case
from crmflow.core.customer import Customer
from crmflow.core.decision import Visit
from crmflow.core.incident import NOBODY
from crmflow.core.listing import Asked, Column, Listing
from crmflow.core.message import Outgoing, State
from crmflow.core.post import Posts
from crmflow.core.text import Text, listed, phrases
from crmflow.engine.forms import case_asks, visit_asks
from crmflow.engine.outbox.explaining import reason
from crmflow.engine.release import Rules
from crmflow.planning.coverage import gaps
from crmflow.plugins import installed
from crmflow.rules.vocabulary import Vocabulary, bare
from crmflow.store.batch import Batch
from crmflow.store.segments import Segment

WORDS = phrases(__package__)


Labels = Mapping[str, Mapping[str, Text]]
"""How values are called, by column."""


def listing(
    name: str, columns: str, rows: Iterable[Mapping[str, Any]], labels: Labels | None = None
) -> Listing:
    """The listing of this name with these columns."""
    labels = labels or {}
    labelled = (
        Column(each, WORDS[f"columns.{each}"], labels=labels.get(each, {})) for each in columns.split()
    )
    return Listing(name, WORDS[f"titles.{name}"], tuple(labelled), list(rows))


def labels_of(vocabulary: Vocabulary, posts: Posts) -> Labels:
    """How segment values, reasons, channels, levels and units are called."""
    words = {bare(name): text for name, text in vocabulary.values.items()}
    return {
        "value": words,
        "reason": words,
        "channel": words,
        "level": {name: level.label for name, level in vocabulary.levels.items()},
        "unit": {code: Text(unit.name, unit.name) for code, unit in posts.units.items()},
    }


@dataclass(frozen=True)
class Listings:
    """What a viewer sees: the customers, visits and cases of the units under their posts; all without one."""

    batch: Batch
    rules: Rules
    posts: Posts
    viewer: str | None = None
    as_of: datetime | None = None
    _customers: dict[int, Customer] = field(default_factory=dict)

    @cached_property
    def units(self) -> frozenset[str] | None:
        return self.posts.view(self.viewer)

    @cached_property
    def labels(self) -> Labels:
        return labels_of(self.rules.set.vocabulary, self.posts)

    def segments(self) -> Listing:
        results = self.rules.set.vocabulary.results
        segments = [
            segment
            for segment in self.batch.segments.scan(as_of=self.as_of)
            if segment.name in results and segment.value is not None
        ]
        self._read(None if self.units is None else {segment.customer_id for segment in segments})
        rows = (self._segment(segment) for segment in segments if self._sees(segment.customer_id))
        columns = "customer known_as segment value since rule stale"
        return self._listing("segments", columns, rows)

    def visits(self, *, all: bool = False) -> Listing:
        visits = list(self.batch.visits.scan(units=self.units, open_only=not all))
        self._read({visit.customer_id for visit in visits})
        columns = "id customer known_as reason channel staff name unit due state rulebook"
        asks = [visit_asks(self.rules, visit) for visit in visits]
        return self._listing("visits", columns, map(self._visit, visits), asks)

    def cases(self, *, all: bool = False, unassigned: bool = False) -> Listing:
        """With `unassigned` only those whose step a role does, and nobody fills it now."""
        cases = list(self.batch.cases.scan(units=self.units, open_only=unassigned or not all))
        if unassigned:
            cases = [case for case in cases if case.holder is None and self._needs_holder(case)]
        self._read({case.customer_id for case in cases})
        columns = "id case customer known_as step level unit holder name since due escalations blocked"
        asks = [case_asks(self.rules, case) for case in cases]
        return self._listing("cases", columns, map(self._case, cases), asks)

    def outbox(self, states: Iterable[State]) -> Listing:
        """The messages in these states, with the reason where there is one."""
        messages = list(self.batch.outbox.scan(states=states))
        self._read({message.customer_id for message in messages})
        seen = (message for message in messages if self._sees(message.customer_id))
        columns = "id customer known_as message channel state since due attempts reason"
        return self._listing("outbox", columns, map(self._message, seen))

    def owners(self, *, missing: bool = False) -> Listing:
        """With `missing` only the customers without a live owner, each with the reason. (F19)"""
        self._read(None)
        seen = [customer for id, customer in self._customers.items() if self._sees(id)]
        without = {gap.customer.id: gap.says for gap in gaps(seen, self.posts)}
        rows = (
            {
                **self._who(customer.id),
                "owner": customer.owner,
                "name": self._name(customer.owner),
                "participants": ", ".join(customer.participants),
                "reason": without.get(customer.id),
            }
            for customer in seen
            if not missing or customer.id in without
        )
        columns = "customer known_as owner name participants reason"
        return self._listing("without-owner" if missing else "owners", columns, rows)

    def _listing(
        self, name: str, columns: str, rows: Iterable[Mapping[str, Any]], asks: Sequence[Asked] = ()
    ) -> Listing:
        shown = listing(name, columns, rows, self.labels)
        as_of = self.as_of or self.batch.now
        return replace(shown, asks=asks, release=str(self.rules.number), as_of=as_of)

    # rows

    def _segment(self, segment: Segment) -> Mapping[str, Any]:
        return {
            **self._who(segment.customer_id),
            "segment": self.rules.set.vocabulary.results[segment.name].label,
            "value": segment.value,
            "since": segment.since,
            "rule": segment.rule,
            "stale": segment.stale or None,
        }

    def _visit(self, visit: Visit) -> Mapping[str, Any]:
        return {
            **self._who(visit.customer_id),
            "id": visit.id,
            "reason": visit.reason,
            "channel": visit.channel,
            "staff": visit.staff,
            "name": self._name(visit.staff),
            "unit": visit.unit,
            "due": visit.due_at,
            "state": WORDS[f"states.{visit.state}"],
            "rulebook": visit.rulebook,
        }

    def _message(self, message: Outgoing) -> Mapping[str, Any]:
        return {
            **self._who(message.customer_id),
            "id": message.id,
            "message": message.message,
            "channel": message.channel,
            "state": WORDS[f"states.{message.state}"],
            "since": message.at,
            "due": message.due_at,
            "attempts": message.attempts,
            "reason": reason(message, self.rules.set.vocabulary),
        }

    def _needs_holder(self, case: Case) -> bool:
        chart = self.rules.set.charts.get(case.chart)
        state = chart.states.get(case.state) if chart else None
        return state is not None and state.by is not None

    def _case(self, case: Case) -> Mapping[str, Any]:
        chart = self.rules.set.charts.get(case.chart)
        state = chart.states.get(case.state) if chart else None
        lines = {
            line.id: line.label
            for move in (chart.moves if chart else ())
            for gate in move.gates
            for line in gate.lines
        }
        blocked = [lines.get(line, Text(line, line)) for line in case.blocked]
        return {
            **self._who(case.customer_id),
            "id": case.id,
            "case": chart.title if chart else case.chart,
            "step": state.label if state else case.state,
            "level": case.level,
            "unit": case.holder_unit or case.unit,
            "holder": case.holder,
            "name": self._name(case.holder),
            "since": case.entered_at,
            "due": case.late_at,
            "escalations": case.escalations,
            "blocked": listed(blocked),
        }

    # who

    def _read(self, customers: Iterable[int] | None) -> None:
        """Reads the customers that rows name; None: all."""
        found = self.batch.customers.scan(as_of=self.as_of, customers=customers)
        self._customers.update((customer.id, customer) for customer in found)

    def _who(self, customer_id: int) -> Mapping[str, Any]:
        if customer_id == NOBODY:
            return {"customer": None, "known_as": None}
        if customer_id not in self._customers:
            self._read([customer_id])
        customer = self._customers.get(customer_id)
        return {"customer": f"C{customer_id}", "known_as": customer.external_id if customer else None}

    def _sees(self, customer_id: int) -> bool:
        """Whether one of the units that a customer's fields or owner name is in view."""
        if self.units is None:
            return True
        customer = self._customers.get(customer_id)
        if customer is None:
            return False
        own = {customer.fields.get(name) for name in self.rules.unit_fields}
        return bool(self.units & (own | set(self.posts.units_of(customer.owner or ""))))

    def _name(self, code: str | None) -> str | None:
        person = self.posts.staff.get(code) if code else None
        return person.name if person else None


def plugin_listing(used: Mapping[str, str]) -> Listing:
    """The installed packs; `used` are the versions of those that the site uses."""
    rows = (
        {
            "name": plugin.name,
            "distribution": plugin.distribution,
            "version": plugin.version,
            "used": plugin.name in used,
        }
        for plugin in installed()
    )
    return listing("plugins", "name distribution version used", rows)
