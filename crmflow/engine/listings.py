"""Who is in which segment, whom to visit, which cases are open, who owns whom? Listings for a viewer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from crmflow.core.case import Case
from crmflow.core.customer import Customer
from crmflow.core.decision import Visit
from crmflow.core.listing import Column, Listing
from crmflow.core.post import Posts
from crmflow.core.text import Text
from crmflow.engine.release import Rules
from crmflow.planning.coverage import gaps
from crmflow.plugins import installed
from crmflow.store.batch import Batch
from crmflow.store.segments import Segment

LABELS = {
    "id": Text("id", "编号"),
    "customer_id": Text("customer", "客户"),
    "known_as": Text("known as", "客户编号"),
    "segment": Text("segment", "分群"),
    "value": Text("value", "取值"),
    "since": Text("since", "起始"),
    "rule": Text("rule", "规则"),
    "stale": Text("stale", "待复核"),
    "reason": Text("reason", "原因"),
    "channel": Text("channel", "方式"),
    "staff": Text("staff", "员工"),
    "name": Text("name", "姓名"),
    "unit": Text("unit", "单位"),
    "due": Text("due", "期限"),
    "state": Text("state", "状态"),
    "rulebook": Text("rulebook", "规则表"),
    "chart": Text("case", "工单"),
    "step": Text("step", "步骤"),
    "level": Text("level", "层级"),
    "holder": Text("holder", "处理人"),
    "opened": Text("opened", "开立"),
    "escalations": Text("escalated", "升级次数"),
    "blocked": Text("blocked by", "受阻于"),
    "owner": Text("owner", "责任人"),
    "participants": Text("participants", "参与人"),
    "fact": Text("fact", "事实"),
    "label": Text("name", "名称"),
    "distribution": Text("distribution", "发行包"),
    "version": Text("version", "版本"),
    "used": Text("used here", "本站点使用"),
    "count": Text("customers", "客户数"),
    "share": Text("share", "占比"),
}
VISIT_STATES = {
    "open": Text("open", "待办"),
    "done": Text("done", "已完成"),
    "withdrawn": Text("withdrawn", "已撤销"),
}


def listing(name: str, title: Text, columns: str, rows: Iterable[Mapping[str, Any]]) -> Listing:
    """A listing with these columns, by name."""
    return Listing(name, title, tuple(Column(each, LABELS[each]) for each in columns.split()), list(rows))


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

    def segments(self) -> Listing:
        results = self.rules.set.vocabulary.results
        segments = [
            segment
            for segment in self.batch.segments.scan(as_of=self.as_of)
            if segment.name in results and segment.value is not None
        ]
        self._read(None if self.units is None else {segment.customer_id for segment in segments})
        rows = (self._segment(segment) for segment in segments if self._sees(segment.customer_id))
        columns = "customer_id known_as segment value since rule stale"
        return listing("segments", Text("Segments", "客户分群"), columns, rows)

    def visits(self, *, all: bool = False) -> Listing:
        visits = list(self.batch.visits.scan(units=self.units, open_only=not all))
        self._read({visit.customer_id for visit in visits})
        columns = "id customer_id known_as reason channel staff name unit due state rulebook"
        return listing("visits", Text("Visits", "拜访"), columns, map(self._visit, visits))

    def cases(self, *, all: bool = False) -> Listing:
        cases = list(self.batch.cases.scan(units=self.units, open_only=not all))
        self._read({case.customer_id for case in cases})
        columns = "id chart customer_id known_as step level unit holder name since due escalations blocked"
        return listing("cases", Text("Cases", "工单"), columns, map(self._case, cases))

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
        title = (
            Text("Customers without a live owner", "无在岗责任人的客户")
            if missing
            else Text("Owners", "责任人")
        )
        return listing("owners", title, "customer_id known_as owner name participants reason", rows)

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
            "state": VISIT_STATES[visit.state],
            "rulebook": visit.rulebook,
        }

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
            "chart": chart.title if chart else case.chart,
            "step": state.label if state else case.state,
            "level": case.level,
            "unit": case.holder_unit or case.unit,
            "holder": case.holder,
            "name": self._name(case.holder),
            "since": case.entered_at,
            "due": case.late_at,
            "escalations": case.escalations,
            "blocked": Text(", ".join(text.en for text in blocked), "、".join(text.zh for text in blocked)),
        }

    # who

    def _read(self, customers: Iterable[int] | None) -> None:
        """Reads the customers that rows name; None: all."""
        found = self.batch.customers.scan(as_of=self.as_of, customers=customers)
        self._customers.update((customer.id, customer) for customer in found)

    def _who(self, customer_id: int) -> Mapping[str, Any]:
        if customer_id not in self._customers:
            self._read([customer_id])
        customer = self._customers.get(customer_id)
        return {"customer_id": f"C{customer_id}", "known_as": customer.external_id if customer else None}

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
    return listing("plugins", Text("Packs", "行业包"), "name distribution version used", rows)
