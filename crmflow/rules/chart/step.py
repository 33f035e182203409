"""How does a state of a chart's file become a state: who works there, with which form, how long?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crmflow.core.chart import FormField, State, Term
from crmflow.core.field import Field
from crmflow.rules import vocabulary
from crmflow.rules.chart.shape import StateShape
from crmflow.rules.chart.words import ChartWords, term
from crmflow.rules.condition import condition
from crmflow.rules.feel import Expression, Name
from crmflow.rules.shape import as_text
from crmflow.rules.source import Path
from crmflow.rules.vocabulary import STAFF


class StepReader:
    """Reads the states. `forms` are the fields of each state's form; `case_names` are what a case knows."""

    def __init__(
        self,
        words: ChartWords,
        forms: Mapping[str, Mapping[str, Field]],
        case_names: Mapping[str, Name],
    ) -> None:
        self.words, self.forms, self.case_names = words, forms, case_names

    def state(self, id: str, shape: StateShape) -> State:
        path, words = ("states", id), self.words
        by, send = shape.by, shape.send
        if by is not None and by in words.params:
            by = str(words.params[by].value)
        if by is not None:
            role = vocabulary.spelled(words.names.roles, by)
            if role is None:
                words.refuse_word("CRM131", words.document, (*path, "by"), by, words.names.roles)
            by = role
        if send is not None:
            message = words.names.resolve(words.names.messages, words.document.pack, send)
            if message is None:
                known = [vocabulary.bare(name) for name in words.names.messages]
                words.complain("CRM133", (*path, "send"), send, known)
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
            if state in self.words.shape.states:
                yield state
            else:
                at = (*path, n) if (*path, n) in self.words.document.places else path
                self.words.complain("CRM135", at, state, self.words.shape.states)

    def not_by(self, path: Path, shape: StateShape) -> list[str]:
        staff = {name: each for name, each in self.case_names.items() if each.type == STAFF}
        found = []
        for n, spelling in enumerate(shape.not_by):
            at = (*path, n) if (*path, n) in self.words.document.places else path
            name = self.words.scope.resolve(spelling)
            if name is None or name.canonical not in staff:
                self.words.complain("CRM151", at, spelling, staff)
            else:
                found.append(name.canonical)
        return found

    def form(self, id: str, shape: StateShape) -> list[FormField]:
        fields, words = [], self.words
        for name, each in shape.form.items():
            required: bool | Expression | None = each.required == "true"
            if each.required not in ("true", "false"):
                required = condition(
                    words.document,
                    ("states", id, "form", name, "required"),
                    words.scope,
                    words.findings,
                )
            fields.append(FormField(self.forms[id][name], True if required is None else required))
        return fields

    def within(self, path: Path, text: str) -> dict[str | None, Term]:
        """The term: a duration, or a param that holds one for all or one by level."""
        param = self.words.params.get(text) or next(
            (each for each in self.words.params.values() if text in each.spellings), None
        )
        value = text if param is None else param.value
        document, at = (self.words.document, path) if param is None or param.place is None else param.place
        by_level: Mapping[str | None, Any] = value if isinstance(value, dict) else {None: value}
        terms: dict[str | None, Term] = {}
        spelled = dict[str | None, str | None]()
        for said, length in by_level.items():
            here = at if said is None else (*at, said)
            level = None if said is None else vocabulary.spelled(self.words.names.levels, said)
            if said is not None and level is None:
                if not self.words.names.declares_level(said):
                    self.words.refuse_word("CRM132", document, here, said, self.words.names.levels)
                continue
            other = spelled.setdefault(level, said) if here in document.places else said
            if other != said:
                parts = {"name": said, "other": other}
                self.words.findings.errors.append(document.diagnostic("CRM124", here, parts, key=True))
            allowed = term(length)
            if allowed is None:
                self.words.complain("CRM068", here, str(as_text(length)), self.words.params, document)
            else:
                terms[level] = allowed
        return terms
