"""How does a chart's file become a chart?"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from crmflow.core.chart import Chart, FormField, Gate, Line, Move, State, Term, Trigger
from crmflow.core.field import Field
from crmflow.core.text import Text
from crmflow.rules import feel, spoken, vocabulary
from crmflow.rules.condition import condition, conditions
from crmflow.rules.declare import form_fields
from crmflow.rules.feel import Enumeration, Expression, Name, Scope, nearest
from crmflow.rules.params import Param, values_of
from crmflow.rules.rulebook_file import content_hash, held
from crmflow.rules.shape import ChartShape, StateShape, as_text
from crmflow.rules.source import Document, Findings, Path
from crmflow.rules.vocabulary import STAFF, Vocabulary, type_of
from crmflow.rules.window import Window

_AFTER = re.compile(r"after +(\S+)")
_PERCENT = re.compile(r"(\d{1,3})%")
TRIGGERS: Mapping[str, Trigger] = {"enter": "enter", "done": "done", "change": "change"}
COLUMNS = ("id", "from", "on", "when", "to", "and")
ANY = "-"


class ChartReader:
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
        self.document, self.shape, self.names, self.findings = document, shape, names, findings
        self.params = params
        self.opens_on = self.opening()
        self.forms = {
            state: form_fields(document, ("states", state, "form"), each.form, findings)
            for state, each in shape.states.items()
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
        states = {id: self.state(id, each) for id, each in shape.states.items()}
        gates = {id: self.gate(id) for id in shape.gates}
        if case.start not in states:
            self.complain("CRM135", ("case", "start"), case.start, states)
        opens_when = None
        if case.opens.when is not None:
            opens_when = condition(self.document, ("case", "opens", "when"), self.scope, self.findings)
        params = values_of(self.params.values())
        about = case.about == "holding"
        moves, late = self.moves(gates), self.late()
        if len(self.findings.errors) > before:
            return None
        return Chart(
            id=self.document.file.id,
            title=shape.title.text,
            source=shape.source or "",
            hash=self.hash(params),
            case=kind or case.kind,
            about=case.about,
            start=case.start,
            states=states,
            moves=moves,
            opens_on=self.opens_on,
            opens_when=opens_when,
            once_per=case.once_per,
            facts={name: fact for name, fact in facts.items() if fact is not None},
            labels=self.labels(),
            params=params,
            levels=tuple(self.names.levels),
            late_at=late,
            holding=held(self.document, case.holding, self.names) if about else None,
        )

    def hash(self, params: Mapping[str, object]) -> str:
        """Over the parsed form with the params in force."""
        text = content_hash(self.document.data) + repr(sorted(params.items(), key=lambda each: each[0]))
        return hashlib.sha256(text.encode()).hexdigest()

    def opening(self) -> str | None:
        """The qualified kind of touchpoint or signal that opens a case."""
        on = self.shape.case.opens.on
        if on is None:
            return None
        kinds = {**self.names.touchpoints, **self.names.signals}
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
        for form in self.forms.values():
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
            **{name: param.label for name, param in self.params.items()},
            **{name: fact.label(name) for name, fact in self.shape.facts.items()},
            **{name: message.text for name, message in self.names.messages.items()},
        }

    def facts(self) -> dict[str, Expression | None]:
        """The named conditions, in order; later ones may read earlier ones."""
        found: dict[str, Expression | None] = {}
        scope = self.scope
        for name, shape in self.shape.facts.items():
            found[name] = condition(self.document, ("facts", name, "is"), scope, self.findings)
            scope = scope.child({name: Name(name, feel.boolean, shape.spellings())})
        return found

    def state(self, id: str, shape: StateShape) -> State:
        path = ("states", id)
        by, send = shape.by, shape.send
        if by is not None and by in self.params:
            by = str(self.params[by].value)
        if by is not None:
            role = vocabulary.spelled(self.names.roles, by)
            if role is None:
                self.refuse_word("CRM131", self.document, (*path, "by"), by, self.names.roles)
            by = role
        if send is not None:
            message = self.names.resolve(self.names.messages, self.document.pack, send)
            if message is None:
                known = [vocabulary.bare(name) for name in self.names.messages]
                self.complain("CRM133", (*path, "send"), send, known)
            send = message
        return State(
            id=id,
            label=shape.label(id),
            by=by,
            not_by=tuple(self.not_by((*path, "not by"), shape)),
            within={} if shape.within is None else self.within((*path, "within"), shape.within),
            form=tuple(self.form(id, shape)),
            send=send,
            end=shape.end,
            needs=tuple(self.needs((*path, "needs"), shape)),
        )

    def needs(self, path: Path, shape: StateShape) -> Iterator[str]:
        for n, state in enumerate(shape.needs):
            if state in self.shape.states:
                yield state
            else:
                at = (*path, n) if (*path, n) in self.document.places else path
                self.complain("CRM135", at, state, self.shape.states)

    def not_by(self, path: Path, shape: StateShape) -> list[str]:
        staff = {name: each for name, each in self.case_names.items() if each.type == STAFF}
        found = []
        for n, spelling in enumerate(shape.not_by):
            at = (*path, n) if (*path, n) in self.document.places else path
            name = self.scope.resolve(spelling)
            if name is None or name.canonical not in staff:
                self.complain("CRM151", at, spelling, staff)
            else:
                found.append(name.canonical)
        return found

    def form(self, id: str, shape: StateShape) -> list[FormField]:
        fields = []
        for name, each in shape.form.items():
            required: bool | Expression | None = each.required == "true"
            if each.required not in ("true", "false"):
                required = condition(
                    self.document, ("states", id, "form", name, "required"), self.scope, self.findings
                )
            fields.append(FormField(self.forms[id][name], True if required is None else required))
        return fields

    def within(self, path: Path, text: str) -> dict[str | None, Term]:
        """The term: a duration, or a param that holds one for all or one by level."""
        param = self.params.get(text) or next(
            (each for each in self.params.values() if text in each.spellings), None
        )
        value = text if param is None else param.value
        document, at = (self.document, path) if param is None or param.place is None else param.place
        by_level: Mapping[str | None, Any] = value if isinstance(value, dict) else {None: value}
        terms: dict[str | None, Term] = {}
        spelled = dict[str | None, str | None]()
        for said, length in by_level.items():
            here = at if said is None else (*at, said)
            level = None if said is None else vocabulary.spelled(self.names.levels, said)
            if said is not None and level is None:
                if not self.names.declares_level(said):
                    self.refuse_word("CRM132", document, here, said, self.names.levels)
                continue
            other = spelled.setdefault(level, said) if here in document.places else said
            if other != said:
                parts = {"name": said, "other": other}
                self.findings.errors.append(document.diagnostic("CRM124", here, parts, key=True))
            term = _term(length)
            if term is None:
                self.complain("CRM068", here, str(as_text(length)), self.params, document)
            else:
                terms[level] = term
        return terms

    def gate(self, id: str) -> Gate:
        shapes = self.shape.gates[id]
        paths: list[Path] = [("gates", id, name, "when") for name in shapes]
        whens = conditions(self.document, paths, self.scope, self.findings)
        lines = [
            Line(name, shape.label(name), when)
            for (name, shape), when in zip(shapes.items(), whens, strict=True)
            if when is not None
        ]
        return Gate(id, tuple(lines))

    def moves(self, gates: Mapping[str, Gate]) -> tuple[Move, ...]:
        found, seen = [], set()
        for n, row in enumerate(self.shape.moves):
            path = ("moves", n)
            if len(row) not in (5, 6):
                parts = {
                    "name": str(row[0]) if row else "",
                    "found": len(row),
                    "expected": "5–6",
                    "known": ", ".join(COLUMNS),
                }
                self.findings.errors.append(self.document.diagnostic("CRM070", path, parts))
                continue
            if row[0] in seen:
                self.complain("CRM148", (*path, 0), str(row[0]), ())
            seen.add(row[0])
            found.append(self.move(path, row, gates))
        return tuple(found)

    def move(self, path: Path, row: list[Any], gates: Mapping[str, Gate]) -> Move:
        sources = row[1] if isinstance(row[1], list) else [row[1]]
        for n, state in enumerate(sources):
            if state not in self.shape.states:
                at = (*path, 1, n) if isinstance(row[1], list) else (*path, 1)
                self.complain("CRM135", at, str(as_text(state)), self.shape.states)
        if row[4] not in self.shape.states:
            self.complain("CRM135", (*path, 4), str(as_text(row[4])), self.shape.states)
        if len(row) == 6 and row[5] != "up":
            parts = {"name": as_text(row[5]), "key": "and", "expected": "up"}
            self.findings.errors.append(
                self.document.diagnostic("CRM067", (*path, 5), parts, suggestion="up")
            )
        when = None
        passed: tuple[Gate, ...] = ()
        if row[3] in gates:
            passed = (gates[row[3]],)
        elif row[3] != ANY:
            when = condition(self.document, (*path, 3), self.scope, self.findings)
        on = str(as_text(row[2]))
        after = _AFTER.fullmatch(on)
        move = Move(
            id=str(as_text(row[0])),
            sources=tuple(str(as_text(state)) for state in sources),
            trigger="after" if after else TRIGGERS.get(on, "event"),
            to=str(as_text(row[4])),
            when=when,
            gates=passed,
            event=None if after or on in TRIGGERS else on,
            up=len(row) == 6,
        )
        return move if after is None else replace(move, after=self.elapsed((*path, 2), after[1]))

    def elapsed(self, path: Path, text: str) -> timedelta | None:
        term = _term(text)
        if term is None:
            self.complain("CRM068", path, text, ())
            return None
        return timedelta(days=term.days) + term.time

    def late(self) -> float | None:
        if self.shape.late is None:
            return None
        percent = _PERCENT.fullmatch(self.shape.late.at)
        if percent is None:
            self.complain("CRM072", ("late", "at"), self.shape.late.at, ())
            return None
        return int(percent[1]) / 100

    def complain(
        self, code: str, path: Path, name: str, known: Iterable[str], document: Document | None = None
    ) -> None:
        """A word that is wrong, with the known ones; in this file, or where a param is set."""
        known = list(known)
        document = document or self.document
        parts = {"name": name, "known": ", ".join(known)}
        suggestion = nearest(name, known)
        if code == "CRM068" and (length := spoken.length(name)) is not None:
            suggestion = str(document.value(path)).replace(name, length)  # behind `after `, too
        self.findings.errors.append(document.diagnostic(code, path, parts, suggestion=suggestion))

    def refuse_word(
        self, code: str, document: Document, path: Path, name: str, words: Mapping[str, vocabulary.Word]
    ) -> None:
        """A role or level that nobody declares, with those that there are."""
        parts = {"name": name, "known": vocabulary.called(words)}
        near = vocabulary.nearest_word(words, name)
        key = code == "CRM132"
        self.findings.errors.append(document.diagnostic(code, path, parts, key=key, suggestion=near))


_COUNTERS = {
    "entries": Name("entries", feel.number, ("进入次数",), nullable=False),
    "channels used": Name("channels used", feel.number, ("已用渠道数",), nullable=False),
    "escalations": Name("escalations", feel.number, ("升级次数",), nullable=False),
    "next day works": Name("next day works", feel.boolean, ("次日工作",), nullable=False),
}


def _term(text: object) -> Term | None:
    """Working days and working time from ISO 8601; None for anything else, months included."""
    if isinstance(text, timedelta):
        return Term(text.days, text - timedelta(days=text.days))
    try:
        window = Window.parse(str(text))
    except ValueError:
        return None
    return None if window.months else Term(window.days, window.time)
