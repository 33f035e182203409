"""What is known of those who are to get messages, and of what the messages are about? Read as sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from crmflow.core.case import Case
from crmflow.core.contact import Channel
from crmflow.core.customer import Consent, Customer
from crmflow.core.holding import Holding
from crmflow.core.journal import Entry
from crmflow.core.message import Outgoing
from crmflow.engine.deciding import own
from crmflow.engine.release import Rules
from crmflow.engine.running import HOLDINGS
from crmflow.engine.zones import Zones
from crmflow.rules.context import Context, Contexts
from crmflow.rules.feel import Scope
from crmflow.rules.filling import OF_CASES, Filling
from crmflow.rules.vocabulary import CORE, pack_of, spelled
from crmflow.rules.wording import Wording
from crmflow.store.batch import Batch
from crmflow.store.facts import CustomerFacts

LANGUAGE = "core.language"
"""The field of customers that says in which language they are written to."""


class Receivers:
    """The customers of a few messages as of a moment: addresses, consents, facts and cases.

    `zone` and `language` are the site's, for who has none of their own.
    """

    def __init__(
        self,
        batch: Batch,
        rules: Rules,
        messages: Sequence[Outgoing],
        as_of: datetime,
        zone: ZoneInfo,
        language: str,
    ) -> None:
        ids = sorted({message.customer_id for message in messages})
        self.rules = rules
        self.vocabulary = rules.set.vocabulary
        self.as_of = as_of
        self.language = language
        self.posts = batch.units.posts(as_of)
        self.zones = Zones(self.posts, zone)
        self.customers = {each.id: each for each in batch.customers.scan(customers=ids)} if ids else {}
        self.consents: Mapping[int, list[Consent]] = batch.consents.of(ids, as_of=as_of)
        self.keys = batch.keys.newest(ids)
        self.holdings = dict(batch.holdings.scan(customers=ids))
        self.facts: Mapping[int, CustomerFacts] = {each.customer_id: each for each in batch.facts.scan(ids)}
        self.segments: dict[int, dict[str, str | None]] = {}
        for segment in batch.segments.scan(customers=ids):
            self.segments.setdefault(segment.customer_id, {}).update(own([segment]))
        about = {message.case_id for message in messages} - {None}
        cases = batch.cases.scan(customers=ids, open_only=False) if about else ()
        self.cases: Mapping[int, Case] = {case.id: case for case in cases if case.id in about}
        causes = [message.journal_id for message in messages if message.journal_id is not None]
        self.causes = {entry.id: entry for entry in batch.journal.among(causes)}
        self._contexts: dict[ZoneInfo, Contexts] = {}
        self._scopes: dict[tuple[str, str | None], Scope] = {}

    def address(self, customer: Customer, channel: Channel) -> str | None:
        """Where a channel reaches a customer: the newest key of its kind, or the field that it names."""
        kind = spelled(self.vocabulary.keys, channel.to)
        if kind is not None:
            return self.keys.get(customer.id, {}).get(kind)
        field = self.vocabulary.resolve(self.vocabulary.customer, CORE, channel.to)
        value = customer.fields.get(field) if field else None
        return str(value).strip() or None if value is not None else None

    def speaks(self, customer: Customer) -> str:
        """The language in which a customer is written to."""
        return str(customer.fields.get(LANGUAGE) or self.language)

    def zone(self, unit: str | None) -> ZoneInfo:
        return self.zones.of(unit)

    def unit_of(self, customer: Customer) -> str | None:
        """By the customer's own fields, else the owner's."""
        owned = self.posts.units_of(customer.owner) if customer.owner else ()
        return self.rules.unit_of(customer) or next(iter(owned), None)

    def filling(self, message: Outgoing, language: str) -> Filling:
        """The names that a message's text may have: of the case, of the moment of its cause, of now."""
        customer = self.customers.get(message.customer_id)
        zone = self.zone(None if customer is None else self.unit_of(customer))
        cause = self.causes.get(message.journal_id or 0)
        said: Mapping[str, Any] = {} if cause is None else {**cause.told, **cause.payload}
        case = self.cases.get(message.case_id or 0)
        held = self._held(message, case, cause)
        values = {} if customer is None else self._context(customer, held, zone)
        return Filling(
            self._scope(pack_of(message.message), None if held is None else held.kind),
            {**values, **said.get("facts", {})},
            {} if case is None else self._about(case, message, said, zone),
            Wording(self.vocabulary, zone, self.posts),
            language,
        )

    def _held(self, message: Outgoing, case: Case | None, cause: Entry | None) -> Holding | None:
        """The holding that a message is about."""
        id = case.holding_id if case is not None else None
        if cause is not None and cause.subject.startswith("holding:"):
            id = int(cause.subject.removeprefix("holding:"))
        return next((each for each in self.holdings.get(message.customer_id, ()) if each.id == id), None)

    def _context(self, customer: Customer, held: Holding | None, zone: ZoneInfo) -> Context:
        """What rules would see of a customer (and a holding) now, with the facts of the last run."""
        if zone not in self._contexts:
            self._contexts[zone] = Contexts(self.vocabulary, self.posts, self.as_of, zone)
        contexts, stored = self._contexts[zone], self.facts.get(customer.id)
        facts = {} if stored is None else {name: stored.values[name] for name in stored.values if "." in name}
        context = contexts.customer(customer, self.holdings.get(customer.id, ()), facts)
        contexts.learn(context, self.segments.get(customer.id, {}))
        if held is None:
            return context
        theirs: Any = {} if stored is None else stored.values.get(HOLDINGS, {})
        return contexts.holding(context, held, theirs.get(str(held.id), {}))

    def _about(
        self, case: Case, message: Outgoing, said: Mapping[str, Any], zone: ZoneInfo
    ) -> Mapping[str, object]:
        """The case's own names in each language: what was filled in, and where it stood then."""
        chart = self.rules.set.charts.get(case.chart)
        states = {} if chart is None else chart.states
        state = states.get(str(said.get("state", case.state)))
        level = self.vocabulary.levels.get(str(said.get("level", case.level)))
        code = message.staff or case.holder
        holder = self.posts.staff.get(code or "")
        stood = (
            str(case.id),
            state.label if state else case.state,
            None if case.late_at is None else case.late_at.astimezone(zone),
            holder.name if holder else code,
            level.label if level else case.level,
        )
        told = dict(case.data)
        for form in (state.form for state in states.values()):
            for each in form:
                names = (each.field.label.en, each.field.label.zh, *each.field.aliases)
                told |= dict.fromkeys(names, case.data.get(each.field.name))
        for text, value in zip(OF_CASES, stood, strict=True):
            told |= {text.en: value, text.zh: value}
        return told

    def _scope(self, pack: str, holding: str | None) -> Scope:
        if (pack, holding) not in self._scopes:
            self._scopes[pack, holding] = self.vocabulary.scope(pack, holding)
        return self._scopes[pack, holding]
