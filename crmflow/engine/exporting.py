"""What does the journal tell other programs, and what does it keep to itself?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from crmflow.core.case import Case
from crmflow.core.explanation import plain
from crmflow.core.field import Field
from crmflow.core.journal import Entry
from crmflow.core.moment import EPOCH
from crmflow.engine.release import Rules
from crmflow.exchange.eventlog import Happening, Thing, write_lines, write_ocel
from crmflow.rules.vocabulary import bare
from crmflow.rules.wording import HIDDEN
from crmflow.store.batch import Batch
from crmflow.store.transaction import chunks

JournalForm = Literal["jsonl", "ocel"]
ATTRIBUTES = ("state", "to", "move", "level", "message", "code")
"""What of a line of a case's history becomes an attribute of its event."""


@dataclass(frozen=True)
class Exporting:
    """Entries as records and as events. Personal values are "•••" without `show_personal`: those declared so,
    and what somebody wrote in their own words."""

    batch: Batch
    rules: Rules
    show_personal: bool = False
    _met: dict[str, str] = field(default_factory=dict)

    def entries(
        self, *, customer: int | None = None, case: int | None = None, since: datetime | None = None
    ) -> Iterator[Entry]:
        """In the order in which they were recorded; `since` is when they are true."""
        return self.batch.journal.scan(customer=customer, case=case, since=since)

    def write(self, path: Path, form: JournalForm, entries: Iterator[Entry]) -> int:
        """To a file; how many there were."""
        if form == "ocel":
            return write_ocel(path, self.happenings(entries), self.things())
        return write_lines(path, map(self.record, entries))

    def record(self, entry: Entry) -> dict[str, Any]:
        """An entry as a line of JSON says it."""
        return {
            "id": entry.id,
            "at": entry.at.isoformat(),
            "recorded_at": None if entry.recorded_at is None else entry.recorded_at.isoformat(),
            "kind": entry.kind,
            "subject": entry.subject,
            "actor": entry.actor,
            "customer": entry.customer_id,
            "case": entry.case_id,
            "cause": entry.cause,
            "release": entry.release,
            "calendar": entry.calendar,
            "key": entry.key,
            "told": plain(entry.told),
            "payload": plain(self.masked(entry.payload)),
        }

    def masked(self, value: Any, name: str = "") -> Any:
        """A payload as it may be shown."""
        match value:
            case Mapping():
                return {key: self.masked(each, str(key)) for key, each in value.items()}
            case list() | tuple():
                return [self.masked(each, name) for each in value]
        hides = not self.show_personal and value is not None and name in self.personal
        return HIDDEN.en if hides else value

    @cached_property
    def personal(self) -> frozenset[str]:
        """The names of what is personal or written freely, qualified and bare."""
        vocabulary = self.rules.set.vocabulary
        found = {name for name, each in self._fields() if each.personal or each.kind == "string"}
        found |= {name for name, fact in vocabulary.all_facts().items() if fact.personal}
        found |= {name for name, key in vocabulary.keys.items() if key.personal}
        return frozenset(found | {bare(name) for name in found})

    def _fields(self) -> Iterator[tuple[str, Field]]:
        """Every declared field, by its name."""
        vocabulary = self.rules.set.vocabulary
        yield from vocabulary.customer.items()
        for kind in (*vocabulary.touchpoints.values(), *vocabulary.signals.values()):
            yield from kind.fields.items()
        for held in vocabulary.holdings.values():
            yield from held.fields.items()
        for chart in self.rules.set.charts.values():
            for state in chart.states.values():
                yield from ((each.field.name, each.field) for each in state.form)

    # as an object-centric event log

    def happenings(self, entries: Iterator[Entry]) -> Iterator[Happening]:
        """Each entry as an event, with the customer, the case and what it is about, and who took part."""
        for chunk in chunks(entries):
            customers = {entry.customer_id or 0 for entry in chunk if entry.case_id is not None}
            found = self.batch.cases.scan(customers=customers, open_only=False) if customers else ()
            cases = {case.id: case for case in found}
            for entry in chunk:
                told = {name: str(entry.told[name]) for name in ATTRIBUTES if entry.told.get(name)}
                objects = self._objects(entry, cases.get(entry.case_id or 0))
                yield Happening(str(entry.id), entry.kind, entry.at, {"actor": entry.actor, **told}, objects)

    def _objects(self, entry: Entry, case: Case | None) -> Mapping[str, str]:
        """The objects that took part, each with its part."""
        parts: list[tuple[str, object, str]] = [
            ("customer", entry.customer_id, "customer"),
            ("case", entry.case_id, "case"),
            ("staff", self._known(entry.told.get("holder")), "holder"),
            ("staff", self._known(entry.actor), "actor"),
        ]
        if case is not None:
            parts += [("holding", case.holding_id, "about"), ("unit", case.unit, "at")]
        objects = {self._meet(kind, name): part for kind, name, part in parts if name is not None}
        return objects or {self._meet("release", entry.release or entry.subject): "release"}

    def _known(self, code: object) -> object:
        return code if code in self._staff else None

    @cached_property
    def _staff(self) -> frozenset[str]:
        return frozenset(self.batch.units.posts(self.batch.now).staff)

    def _meet(self, kind: str, name: object) -> str:
        id = f"{kind}:{name}"
        self._met[id] = kind
        return id

    def things(self) -> Iterator[Thing]:
        """The objects that the events named, and what the cases among them belong to."""
        for case in self.batch.cases.scan(open_only=False):
            id = f"case:{case.id}"
            if id not in self._met:
                continue
            related = {self._meet("customer", case.customer_id): "of"}
            if case.holding_id is not None:
                related[self._meet("holding", case.holding_id)] = "about"
            if case.unit is not None:
                related[self._meet("unit", case.unit)] = "at"
            if (parent := f"case:{case.parent_id}") in self._met:
                related[parent] = "part of"
            yield Thing(id, "case", case.opened_at, {"chart": case.chart, "state": case.state}, related)
        yield from (Thing(id, kind, EPOCH) for id, kind in self._met.items() if kind != "case")
