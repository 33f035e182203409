"""What does the form of a visit or of a case's step ask, and how is either known again when answers come?"""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b

from crmflow.core.case import Case
from crmflow.core.decision import Visit
from crmflow.core.field import Field
from crmflow.core.listing import Asked, Question
from crmflow.core.moment import to_micros
from crmflow.core.text import Text
from crmflow.engine.release import Rules
from crmflow.rules.outcome import VisitOutcome
from crmflow.rules.vocabulary import Vocabulary


def visit_asks(rules: Rules, visit: Visit) -> Asked:
    """The fields of a visit's form; a field that the rules in force have no more is a text."""
    known = _form(rules, visit.rulebook, visit.rule)
    fields = (known.get(name) or Field(name, "string", Text(name, name)) for name in visit.form)
    return Asked(visit_key(visit), tuple(_question(field, rules.set.vocabulary) for field in fields))


def case_asks(rules: Rules, case: Case, step: str | None = None) -> Asked:
    """The fields of the form at a step of a case: its present one."""
    chart = rules.set.charts.get(case.chart)
    state = chart.states.get(step or case.state) if chart else None
    fields = (each.field for each in state.form) if state else ()
    return Asked(case_key(case), tuple(_question(field, rules.set.vocabulary) for field in fields))


def visit_key(visit: Visit) -> str:
    """ "visit:17:3f9a1c…": its id, and a mark that no other visit of this site or of another has."""
    return f"visit:{visit.id}:{_mark(visit.rulebook, visit.key, visit.customer_id)}"


def case_key(case: Case) -> str:
    """ "case:9:3f9a1c…:accept@…": its id, its mark, and its present step with the moment it was entered."""
    return f"{case_mark(case)}:{case.state}@{to_micros(case.entered_at)}"


def case_mark(case: Case) -> str:
    """The part of a case's key that stays when it moves on."""
    return f"case:{case.id}:{_mark(case.chart, case.key, case.customer_id)}"


def state_of(key: str) -> str:
    """The step that a case's key names."""
    return key.partition(":")[2].partition(":")[2].partition(":")[2].rpartition("@")[0]


def _mark(*parts: object) -> str:
    return blake2b(repr(parts).encode(), digest_size=6).hexdigest()


def _form(rules: Rules, rulebook_id: str, rule_id: str) -> dict[str, Field]:
    """The form of a rule, as the release in force has it."""
    for rulebook in rules.set.rulebooks:
        if rulebook.id == rulebook_id:
            then = next((rule.then for rule in rulebook.rules if rule.id == rule_id), rulebook.default)
            return dict(then.form) if isinstance(then, VisitOutcome) else {}
    return {}


def _question(field: Field, names: Vocabulary) -> Question:
    words = {value: names.word(value) for value in field.values}
    called = {word: value for value, text in words.items() for word in (text.en, text.zh) if word != value}
    return Question(replace(field, called=called), words)
