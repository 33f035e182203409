"""How does a state of a chart's file become a state: who works there, with which form, how long?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from crmflow.core.chart import FormField, Opens, State, Term
from crmflow.core.field import Field
from crmflow.rules import vocabulary
from crmflow.rules.chart.shape import StateShape
from crmflow.rules.chart.states import Written
from crmflow.rules.chart.words import ChartWords, term
from crmflow.rules.condition import condition
from crmflow.rules.feel import Expression, Name
from crmflow.rules.shape import as_text
from crmflow.rules.source import Path
from crmflow.rules.vocabulary import STAFF

ALONE = {"join": "parallel", "start": "states", "history": "states"}
"""Keys that say something only beside another."""
_WHO_DID = re.compile(r"who did +(.+)")


class StepReader:
    """Reads the states. `forms` are the fields of each state's form, `gives` those that a sub-case brings
    back; `case_names` are what a case knows."""

    def __init__(
        self,
        words: ChartWords,
        states: Mapping[str, Written],
        forms: Mapping[str, Mapping[str, Field]],
        gives: Mapping[str, Mapping[str, Field]],
        case_names: Mapping[str, Name],
    ) -> None:
        self.words, self.states, self.forms, self.gives = words, states, forms, gives
        self.case_names = case_names

    def state(self, place: Written) -> State:
        id, path, shape, words = place.id, place.path, place.shape, self.words
        self.refuse_mixture(path, shape)
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
        not_by, not_who_did = self.not_by((*path, "not by"), shape)
        return State(
            id=id,
            label=shape.label(id),
            by=by,
            not_by=not_by,
            not_who_did=not_who_did,
            within={} if shape.within is None else self.within((*path, "within"), shape.within),
            form=tuple(self.form(place)),
            send=send,
            end=shape.end,
            needs=tuple(self.needs((*path, "needs"), shape)),
            around=place.around,
            branches=tuple(shape.parallel),
            join=self.join((*path, "join"), shape) if shape.parallel else 0,
            branch_of=place.branch_of,
            opens=self.opens(id, shape),
            undo=self.undo((*path, "undo"), shape),
        )

    def refuse_mixture(self, path: Path, shape: StateShape) -> None:
        """A state that waits for checks or for another case has no work of its own; and what says how it
        begins or ends is of use only there."""
        for key, belongs in ALONE.items():
            if key in shape.model_fields_set and not getattr(shape, belongs):
                found = self.words.document.diagnostic("CRM061", (*path, key), {"name": belongs}, key=True)
                self.words.findings.errors.append(found)
        waits = "parallel" if shape.parallel else "opens" if shape.opens else None
        for key in ("by", "form", "end", "opens") if waits else ():
            if key != waits and getattr(shape, key):
                parts = {"name": key, "key": waits}
                found = self.words.document.diagnostic("CRM186", (*path, key), parts, key=True)
                self.words.findings.errors.append(found)

    def join(self, path: Path, shape: StateShape) -> int:
        """How many branches must have ended."""
        count = {"all": len(shape.parallel), "any": 1}.get(shape.join)
        if count is None and shape.join.isdigit():
            count = int(shape.join)
        if count is None or not 1 <= count <= len(shape.parallel):
            self.words.complain("CRM184", path, shape.join, ("all", "any", f"1–{len(shape.parallel)}"))
            return len(shape.parallel)
        return count

    def opens(self, id: str, shape: StateShape) -> Opens | None:
        if shape.opens is None:
            return None
        return Opens(shape.opens.chart, shape.opens.wait, tuple(self.gives[id].values()))

    def undo(self, path: Path, shape: StateShape) -> str | None:
        """The step, or the message, that undoes the step: not itself, not an end, not a branch."""
        others = (each for each in self.states.values() if each.id != path[-2])
        steps = [each.id for each in others if each.branch_of is None and not each.shape.end]
        if shape.undo is None or shape.undo in steps:
            return shape.undo
        messages = self.words.names.messages
        message = self.words.names.resolve(messages, self.words.document.pack, shape.undo)
        if message is None:
            known = [*steps, *(vocabulary.bare(name) for name in messages)]
            self.words.complain("CRM177", path, shape.undo, known)
        return message

    def needs(self, path: Path, shape: StateShape) -> Iterator[str]:
        for n, state in enumerate(shape.needs):
            if state in self.states:
                yield state
            else:
                at = (*path, n) if (*path, n) in self.words.document.places else path
                self.words.complain("CRM135", at, state, self.states)

    def not_by(self, path: Path, shape: StateShape) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names of staff, and the steps behind `who did`."""
        staff = {name: each for name, each in self.case_names.items() if each.type == STAFF}
        found, steps = [], []
        for n, spelling in enumerate(shape.not_by):
            at = (*path, n) if (*path, n) in self.words.document.places else path
            if step := _WHO_DID.fullmatch(spelling):
                steps.append(step[1])
                if step[1] not in self.states:
                    self.words.complain("CRM135", at, step[1], self.states)
                continue
            name = self.words.scope.resolve(spelling)
            if name is None or name.canonical not in staff:
                self.words.complain("CRM151", at, spelling, staff)
            else:
                found.append(name.canonical)
        return tuple(found), tuple(steps)

    def form(self, place: Written) -> list[FormField]:
        fields, words = [], self.words
        for name, each in place.shape.form.items():
            required: bool | Expression | None = each.required == "true"
            if each.required not in ("true", "false"):
                required = condition(
                    words.document,
                    (*place.path, "form", name, "required"),
                    words.scope,
                    words.findings,
                )
            fields.append(FormField(self.forms[place.id][name], True if required is None else required))
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
