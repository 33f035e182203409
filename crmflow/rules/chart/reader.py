"""How does a chart's file become a chart?"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

from crmflow.core.chart import Chart
from crmflow.core.field import Field
from crmflow.core.text import Text
from crmflow.rules import feel, vocabulary
from crmflow.rules.chart.clock import ClockReader
from crmflow.rules.chart.dated import dated
from crmflow.rules.chart.escalation import EscalationReader
from crmflow.rules.chart.incident import grouping, refuse_keys, surge
from crmflow.rules.chart.migration import MigrationReader
from crmflow.rules.chart.move import MoveReader
from crmflow.rules.chart.shape import ChartShape
from crmflow.rules.chart.states import OUTER_KEYS, Written, outer_states, outers, written
from crmflow.rules.chart.step import StepReader
from crmflow.rules.chart.words import ChartWords
from crmflow.rules.condition import condition
from crmflow.rules.declare import form_fields
from crmflow.rules.feel import Enumeration, Expression, Name, Scope
from crmflow.rules.params import Param, values_of
from crmflow.rules.rulebook_file import content_hash, held
from crmflow.rules.source import Document, Findings, Path
from crmflow.rules.vocabulary import Vocabulary, type_of

_PERCENT = re.compile(r"(\d{1,3})%")


class ChartReader(ChartWords):
    """Reads one chart with the `params` in force. `scope` is first the names of the customer or holding that
    the case is about, then with those of the case."""

    def __init__(
        self,
        document: Document,
        shape: ChartShape,
        names: Vocabulary,
        scope: Scope,
        params: Mapping[str, Param],
        findings: Findings,
    ) -> None:
        super().__init__(document, shape, names, scope, params, findings)
        self.opens_on = self.opening()
        self.states = self.written()
        self.forms = {
            id: form_fields(document, (*each.path, "form"), each.shape.form, findings)
            for id, each in self.states.items()
        }
        self.gives = {
            id: form_fields(document, (*each.path, "opens", "gives"), each.shape.opens.gives, findings)
            for id, each in self.states.items()
            if each.shape.opens is not None
        }
        self.case_names = self.of_the_case()
        self.scope = scope.child({name: param.as_name for name, param in params.items()} | self.case_names)

    def read(self) -> Chart | None:
        """The chart; None when it has an error."""
        shape, case, before = self.shape, self.shape.case, len(self.findings.errors)
        kind = self.names.resolve(self.names.cases, self.document.pack, case.kind)
        if kind is None:
            known = [vocabulary.bare(name) for name in self.names.cases]
            self.complain("CRM150", ("case", "kind"), case.kind, known)
        facts = self.facts()
        self.scope = self.scope.child(
            {name: Name(name, feel.boolean, shape.facts[name].spellings()) for name in shape.facts}
        )
        around = outers(shape, self.states)
        steps = StepReader(self, self.states, self.forms, self.gives, self.case_names)
        clocks = ClockReader(self, steps, around).clocks()
        rows = MoveReader(self, self.states, around, shape.clocks)
        states = {id: steps.state(each) for id, each in self.states.items()}
        gates = {id: rows.gate(id) for id in shape.gates}
        rows.leaves(("case", "start"), case.start)
        opens_when = None
        if case.opens.when is not None:
            opens_when = condition(self.document, ("case", "opens", "when"), self.scope, self.findings)
        params = values_of(self.params.values())
        about = case.about == "holding"
        moves, late = rows.moves(gates), self.late()
        escalations = EscalationReader(self, shape.clocks).escalations()
        group, many = grouping(self, shape.group_under), surge(self, case.opens)
        migrates = MigrationReader(self, states, self.forms).all()
        refuse_keys(self)
        if len(self.findings.errors) > before:
            return None
        return Chart(
            id=self.document.file.id,
            title=shape.title.text,
            source=shape.source or "",
            hash=self.hash(params),
            case=kind or case.kind,
            about=case.about,
            start=around[case.start].start if case.start in around else case.start,
            states=states,
            moves=moves,
            outers=around,
            dated=dated(moves, facts, self.names),
            opens_on=self.opens_on,
            opens_when=opens_when,
            once_per=case.once_per,
            facts={name: fact for name, fact in facts.items() if fact is not None},
            labels=self.labels(),
            params=params,
            levels=tuple(self.names.levels),
            late_at=late,
            escalations=escalations,
            hand_back=shape.hand_back,
            group_under=group,
            opens_at=many,
            clocks=clocks,
            holding=held(self.document, case.holding, self.names) if about else None,
            migrates=migrates,
        )

    def written(self) -> dict[str, Written]:
        """The states by id; one id for two is an error, and so is work of a state that has others inside."""
        found: dict[str, Written] = {}
        around = outer_states(self.shape)
        for each in written(self.shape):
            if each.id in found or each.id in around:
                self.complain("CRM176", each.path, each.id, ())
            found[each.id] = each
        for path, outer in around.values():
            if outer.start is not None and outer.start not in outer.states:
                self.complain("CRM135", (*path, "start"), outer.start, outer.states)
            for key in sorted(self.document.value(path).keys() - OUTER_KEYS):
                parts = {"name": key, "key": "states"}
                self.findings.errors.append(self.document.diagnostic("CRM186", (*path, key), parts, key=True))
        return found

    def hash(self, params: Mapping[str, object]) -> str:
        """Over the parsed form with the params in force."""
        text = content_hash(self.document.data) + repr(sorted(params.items(), key=lambda each: each[0]))
        return hashlib.sha256(text.encode()).hexdigest()

    def opening(self) -> str | None:
        """The qualified kind of touchpoint or signal that opens a case."""
        on = self.shape.case.opens.on
        if on is None:
            return None
        signals = self.shape.case.about == "unit"
        kinds = self.names.signals if signals else self.names.touchpoints
        kind = self.names.resolve(kinds, self.document.pack, on)
        if kind is None:
            self.complain("CRM130", ("case", "opens", "on"), on, [vocabulary.bare(name) for name in kinds])
        return kind

    @property
    def opening_fields(self) -> Mapping[str, Field]:
        """The fields of the touchpoint or signal that opens a case."""
        kinds = {**self.names.touchpoints, **self.names.signals}
        return {} if self.opens_on is None else kinds[self.opens_on].fields

    def of_the_case(self) -> dict[str, Name]:
        """What a case itself knows: its counters, what opened it, and what its forms brought."""
        fields = dict(self.opening_fields)
        for form in (*self.forms.values(), *self.gives.values()):
            fields |= form
        known = {
            name: Name(name, type_of(each), (each.label.en, each.label.zh, *each.aliases))
            for name, each in fields.items()
        }
        return {
            **_COUNTERS,
            "level": Name("level", Enumeration(tuple(self.names.levels)), ("层级",)),
            **known,
        }

    def labels(self) -> dict[str, Text]:
        """How levels, roles, the fields of the opening, params and facts are called."""
        words = {**self.names.levels, **self.names.roles}
        return {
            **{name: word.label for name, word in words.items()},
            **{name: field.label for name, field in self.opening_fields.items()},
            **{name: field.label for each in self.gives.values() for name, field in each.items()},
            **{name: param.label for name, param in self.params.items()},
            **{name: fact.label(name) for name, fact in self.shape.facts.items()},
            **{name: message.text for name, message in self.names.messages.items()},
            **{name: clock.label(name) for name, clock in self.shape.clocks.items()},
        }

    def facts(self) -> dict[str, Expression | None]:
        """The named conditions, in order; later ones may read earlier ones."""
        found: dict[str, Expression | None] = {}
        scope = self.scope
        for name, shape in self.shape.facts.items():
            self.refuse_clash(name, shape.spellings(), scope)
            found[name] = condition(self.document, ("facts", name, "is"), scope, self.findings)
            scope = scope.child({name: Name(name, feel.boolean, shape.spellings())})
        return found

    def refuse_clash(self, fact: str, spellings: Iterable[str], scope: Scope) -> None:
        """A fact that is written like another name would silently stand in its place."""
        for spelling in dict.fromkeys((fact, *spellings)):
            other = scope.resolve(spelling)
            if other is not None:
                place = self.declared(other, fact)
                parts = {"name": spelling, "fact": fact, "other": other.canonical, "place": place}
                found = self.document.diagnostic("CRM175", ("facts", fact), parts, key=True)
                self.findings.errors.append(found)
                return

    def declared(self, name: Name, fact: str) -> Text:
        """Where a name other than the fact comes from; one of this file by its line."""
        known = name.canonical
        inside = (("form", known), ("opens", "gives", known))
        paths: list[Path] = [("params", known)] if known == fact else [("facts", known), ("params", known)]
        paths += [(*each.path, *path) for each in self.states.values() for path in inside]
        path = next((each for each in paths if each in self.document.places), None)
        if path is not None:
            start = self.document.diagnostic("CRM175", path, key=True).start
            return Text(f"line {start.line}", f"第 {start.line} 行")
        if known in _COUNTERS or known == "level":
            return Text("every case has it", "每个工单都有")
        if known in self.opening_fields:
            return Text(f"of {self.opens_on}", f"属于 {self.opens_on}")
        return Text("in the vocabulary", "在词汇表中")

    def late(self) -> float | None:
        if self.shape.late is None:
            return None
        percent = _PERCENT.fullmatch(self.shape.late.at)
        if percent is None:
            self.complain("CRM072", ("late", "at"), self.shape.late.at, ())
            return None
        return int(percent[1]) / 100


_COUNTERS = {
    "entries": Name("entries", feel.number, ("进入次数",), nullable=False),
    "channels used": Name("channels used", feel.number, ("已用渠道数",), nullable=False),
    "escalations": Name("escalations", feel.number, ("升级次数",), nullable=False),
    "next day works": Name("next day works", feel.boolean, ("次日工作",), nullable=False),
}
