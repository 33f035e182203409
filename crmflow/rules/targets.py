"""Which target has each type of case, by a targets file: `{format: 1, targets: {Street Lights: P10D}}`?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from crmflow.core.chart import Term
from crmflow.errors import ImportFileError
from crmflow.rules import feel
from crmflow.rules.calendar.site import unusable
from crmflow.rules.chart.words import term
from crmflow.rules.condition import expression
from crmflow.rules.due import as_target
from crmflow.rules.feel import Expression, Name, Scope
from crmflow.rules.fit import shaped
from crmflow.rules.shape import Shape, Whole, Words
from crmflow.rules.source import Document, Findings, RuleFile, read

LENGTHS = {feel.days_duration, feel.string, feel.any_}
"""What an expression may be that gives a length: one written as text, too."""


class TargetShape(Shape):
    """A target: how long, and whether nights and holidays count."""

    target: Words
    counts: Literal["working", "elapsed"] = "working"

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return value if isinstance(value, dict) else {"target": value}


class TargetsShape(Shape):
    """A targets file."""

    format: Whole
    targets: dict[str, TargetShape] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Target:
    """How long a case of a type may take; `elapsed` counts every hour, not the calendar's."""

    length: Term | Expression
    elapsed: bool = False

    def term(self, names: Mapping[str, object]) -> Term:
        """For a case with these names. Raises WorkflowError CRM548 where its expression gives no length."""
        if isinstance(self.length, Term):
            return self.length
        return as_target(self.length.evaluate(names))


def targets_at(path: Path, columns: Iterable[str] = ()) -> Mapping[str, Target]:
    """The targets of a file by type. An expression may read the `columns` of a case, which are text.

    Raises RuleFileError CRM090 with the `diagnostics`, ImportFileError CRM450 unreadable.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ImportFileError("CRM450", path=path, reason=error.strerror) from error
    findings = Findings()
    document = read(RuleFile(path.name, raw, shown=str(path)), findings)
    shape = None if document is None else shaped(TargetsShape, document, (), findings)
    found: dict[str, Target] = {}
    if document is not None and shape is not None:
        scope = Scope({column: Name(column, feel.string) for column in columns})
        for type, each in shape.targets.items():
            length = _length(document, type, scope, findings)
            if length is not None:
                found[type] = Target(length, each.counts == "elapsed")
    if findings.errors:
        raise unusable(findings)
    return found


def _length(document: Document, type: str, scope: Scope, findings: Findings) -> Term | Expression | None:
    """A duration as it stands, else an expression that may give one."""
    path: tuple[str, ...] = ("targets", type)
    if isinstance(document.value(path), dict):
        path = (*path, "target")
    text = str(document.value(path))
    allowed = term(text)
    if allowed is not None:
        return allowed
    if text[:1] == "P":  # a duration with a slip, such as P10
        findings.errors.append(document.diagnostic("CRM068", path, {"name": text, "known": ""}))
        return None
    found = expression(document, path, scope, findings)
    if found is not None and found.type not in LENGTHS:
        parts = {"expected": feel.days_duration, "found": found.type}
        findings.errors.append(document.diagnostic("CRM103", path, parts))
    return found
