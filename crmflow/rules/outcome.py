"""What does the `then` of a rule give: a segment, a person, a visit, a message?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from crmflow.core.decision import Hit, Plan, Sending, Target
from crmflow.core.field import Field
from crmflow.rules import spoken, vocabulary
from crmflow.rules.condition import empty, expression
from crmflow.rules.declare import form_fields
from crmflow.rules.feel import Expression, Scope, Type, any_, nearest, null
from crmflow.rules.fit import shaped
from crmflow.rules.params import duration
from crmflow.rules.shape import ChooseShape, OwnerShape, ParticipantShape, SendShape, VisitShape, as_text
from crmflow.rules.source import Document, Findings, Path
from crmflow.rules.vocabulary import Vocabulary

Names = Mapping[str, object]
Value = str | Target | Plan | Sending | None

PERIODS: Mapping[str, Callable[[date], str]] = {
    "year": lambda day: f"{day.year:04}",
    "quarter": lambda day: f"{day.year:04}-Q{(day.month + 2) // 3}",
    "month": lambda day: f"{day.year:04}-{day.month:02}",
    "week": lambda day: day.strftime("%G-W%V"),
    "day": lambda day: day.isoformat(),
}
"""`once per` a period of the calendar, by `today`; `ever` and `visit` are words too."""


class Outcome(Protocol):
    """What a rule gives when it fires."""

    @property
    def reads(self) -> frozenset[str]: ...
    def hit(self, rule: str, names: Names) -> Hit: ...


@dataclass(frozen=True, slots=True)
class SegmentOutcome:
    """A value of the rulebook's `gives`."""

    value: str
    reads: frozenset[str] = frozenset()

    def hit(self, rule: str, names: Names) -> Hit:
        return Hit(rule, self.value)


@dataclass(frozen=True, slots=True)
class PersonOutcome:
    """A staff member by an expression, or a role to choose from in a unit."""

    staff: Expression | None = None
    role: str | None = None
    unit: Expression | None = None
    level: str | None = None
    choose: str = "least loaded"

    @property
    def reads(self) -> frozenset[str]:
        return frozenset().union(*(each.names for each in (self.staff, self.unit) if each is not None))

    def target(self, names: Names) -> Target | None:
        """Who it is for one customer; None where the staff member or the unit is unknown."""
        if self.staff is not None:
            staff = _id(self.staff.evaluate(names))
            return None if staff is None else Target(staff=staff)
        unit = None if self.unit is None else _id(self.unit.evaluate(names))
        if unit is None and self.unit is not None:
            return None
        return Target(role=self.role, unit=unit, level=self.level, choose=self.choose)

    def hit(self, rule: str, names: Names) -> Hit:
        return Hit(rule, self.target(names))


@dataclass(frozen=True, slots=True)
class Occasion:
    """`once per`: a period of the calendar, `ever`, or the value of an expression."""

    period: str | None = None
    key: Expression | None = None

    @property
    def reads(self) -> frozenset[str]:
        return (
            self.key.names if self.key is not None else frozenset({"today"} if self.period in PERIODS else ())
        )

    def text(self, names: Names) -> str | None:
        """What makes the effect unique; None: each change of the decision."""
        if self.key is not None:
            return _occasion_text(self.key.evaluate(names))
        today = names.get("today")
        if self.period is not None and self.period in PERIODS and isinstance(today, date):
            return PERIODS[self.period](today)
        return "ever" if self.period == "ever" else None


@dataclass(frozen=True, slots=True)
class VisitOutcome:
    """A planned contact: `by` is "owner", a role, or a person chosen for it; `form` are its fields."""

    plan: Plan
    person: PersonOutcome | None
    occasion: Occasion
    form: Mapping[str, Field]

    @property
    def reads(self) -> frozenset[str]:
        return self.occasion.reads | (self.person.reads if self.person is not None else frozenset())

    def hit(self, rule: str, names: Names) -> Hit:
        plan = self.plan
        if self.person is not None:
            by = self.person.target(names) or Target()
            plan = Plan(plan.reason, plan.channel, by, plan.within, plan.form, plan.stays)
        return Hit(rule, plan, self.occasion.text(names))


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """A message by its qualified id, and its channel."""

    sending: Sending
    occasion: Occasion

    @property
    def reads(self) -> frozenset[str]:
        return self.occasion.reads

    def hit(self, rule: str, names: Names) -> Hit:
        return Hit(rule, self.sending, self.occasion.text(names))


class OutcomeReader:
    """Reads what stands under `then`, a row's last cell, or `default`."""

    def __init__(
        self,
        document: Document,
        names: Vocabulary,
        scope: Scope,
        decides: str,
        values: tuple[str, ...],
        findings: Findings,
    ) -> None:
        self.document, self.names, self.scope = document, names, scope
        self.decides, self.values, self.findings = decides, values, findings

    def read(self, path: Path) -> Outcome | None:
        """The outcome at a path; None when it cannot be read."""
        if self.document.value(path) is None:
            self.findings.errors.append(empty(self.document, path))
            return None
        match self.decides:
            case "segment":
                return self._segment(path)
            case "owner":
                owner = shaped(OwnerShape, self.document, path, self.findings)
                return None if owner is None else self._person((*path, "owner"))
            case "participant":
                participant = shaped(ParticipantShape, self.document, path, self.findings)
                return None if participant is None else self._person((*path, "participant"))
            case "visit":
                return self._visit(path)
            case _:
                return self._send(path)

    def _segment(self, path: Path) -> SegmentOutcome | None:
        value = as_text(self.document.value(path))
        if isinstance(value, str) and value in self.values:
            return SegmentOutcome(value)
        parts = {"name": self.document.written(path), "known": ", ".join(self.values)}
        labels = self.names.labels(self.values, self.document.pack)
        self._complain("CRM138", path, parts, labels.get(str(value)) or nearest(str(value), self.values))
        return None

    def _person(self, path: Path) -> PersonOutcome | None:
        if not isinstance(self.document.value(path), dict):
            staff = self._typed(path, vocabulary.STAFF, "CRM146")
            return None if staff is None else PersonOutcome(staff=staff)
        shape = shaped(ChooseShape, self.document, path, self.findings)
        if shape is None:
            return None
        role = self._word((*path, "role"), self.names.roles, shape.role, "CRM131")
        level = shape.level and self._word((*path, "level"), self.names.levels, shape.level, "CRM132")
        unit = None if shape.unit is None else self._typed((*path, "unit"), vocabulary.UNIT, "CRM147")
        if role is None or (shape.level and level is None) or (shape.unit and unit is None):
            return None
        return PersonOutcome(role=role, unit=unit, level=level or None, choose=shape.choose)

    def _visit(self, path: Path) -> VisitOutcome | None:
        shape = shaped(VisitShape, self.document, path, self.findings)
        if shape is None:
            return None
        form = form_fields(self.document, (*path, "form"), shape.form, self.findings)
        by, person = str(shape.by), None
        role = vocabulary.spelled(self.names.roles, by)
        if by != "owner" and role is None:
            person = self._person((*path, "by"))
            if person is None:
                return None
        within = None if shape.within is None else self._within((*path, "within"), shape.within)
        plan = Plan(
            shape.reason,
            shape.channel,
            by if by == "owner" or role is None else role,
            within,
            tuple(shape.form),
            shape.stays == "until done",
        )
        return VisitOutcome(plan, person, self._occasion(path, shape.once_per), form)

    def _send(self, path: Path) -> SendOutcome | None:
        shape = shaped(SendShape, self.document, path, self.findings)
        if shape is None:
            return None
        message = self.names.resolve(self.names.messages, self.document.pack, shape.send)
        if message is None:
            known = [vocabulary.bare(name) for name in self.names.messages]
            self._complain("CRM133", (*path, "send"), {"name": shape.send}, nearest(shape.send, known))
            return None
        return SendOutcome(Sending(message, shape.channel), self._occasion(path, shape.once_per))

    def _occasion(self, path: Path, text: str | None) -> Occasion:
        if text is None or text == "visit":
            return Occasion()
        if text in PERIODS or text == "ever":
            return Occasion(text)
        return Occasion(key=expression(self.document, (*path, "once per"), self.scope, self.findings))

    def _within(self, path: Path, text: str) -> timedelta | None:
        try:
            value = duration(text)
        except ValueError:
            pass
        else:
            if isinstance(value, timedelta):
                return value
        self._complain("CRM068", path, {"name": text}, spoken.length(text))
        return None

    def _typed(self, path: Path, wanted: Type, code: str) -> Expression | None:
        found = expression(self.document, path, self.scope, self.findings)
        if found is None or found.type in (wanted, any_, null):
            return found
        self._complain(code, path, {"name": found.text, "found": found.type}, None)
        return None

    def _word(self, path: Path, words: Mapping[str, vocabulary.Word], spelling: str, code: str) -> str | None:
        name = vocabulary.spelled(words, spelling)
        if name is None:
            parts = {"name": spelling, "known": vocabulary.called(words)}
            self._complain(code, path, parts, vocabulary.nearest_word(words, spelling))
        return name

    def _complain(self, code: str, path: Path, parts: Mapping[str, object], suggestion: str | None) -> None:
        self.findings.errors.append(self.document.diagnostic(code, path, parts, suggestion=suggestion))


def _id(value: object) -> str | None:
    """The code of a staff member or unit, as contexts hold them."""
    if isinstance(value, Mapping):
        value = value.get("id")
    return None if value is None else str(value)


def _occasion_text(value: object) -> str | None:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Mapping):
        return _id(value)
    return None if value is None else str(value)
