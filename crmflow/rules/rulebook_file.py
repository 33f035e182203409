"""How does a rulebook's file become a rulebook?"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Literal, cast

from crmflow.core.text import Text, choices
from crmflow.rules.condition import NOTHING, condition, expression, note_null_traps
from crmflow.rules.feel import Enumeration, Expression, Scope, Type, excluded, nearest
from crmflow.rules.outcome import OutcomeReader
from crmflow.rules.params import Param, read_params
from crmflow.rules.rulebook import Change, Condition, Decides, Rule, Rulebook
from crmflow.rules.shape import RulebookShape, RuleShape, TableShape
from crmflow.rules.source import Document, Findings, Path
from crmflow.rules.vocabulary import HoldingKind, Result, Vocabulary

_CHANGE = re.compile(r"(entered|left) +(.+)")
ANY = "-"


def content_hash(data: Mapping[str, object]) -> str:
    """SHA-256 of a file's parsed form without its tests; comments, layout and order of keys do not count."""
    content = {key: value for key, value in data.items() if key not in ("tests", "overrides")}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_number)
    return hashlib.sha256(text.encode()).hexdigest()


def given(document: Document, shape: RulebookShape) -> Result | None:
    """What a rulebook gives to others, under its qualified name."""
    if shape.gives is None:
        return None
    gives, label = shape.gives, shape.gives.label(shape.gives.name)
    return Result(f"{document.pack}.{gives.name}", label, tuple(gives.of), gives.spellings())


def held(document: Document, spelling: str | None, names: Vocabulary) -> str | None:
    """The kind of holding that a file is about: as it says, else the only kind of its pack."""
    if spelling is not None:
        return kind_named(names.holdings, document.pack, spelling)
    own = [kind for kind in names.holdings if kind.startswith(f"{document.pack}.")]
    return own[0] if len(own) == 1 else None


def kind_named(kinds: Mapping[str, HoldingKind], pack: str, spelling: str) -> str | None:
    """A kind of holding by any of its spellings."""
    for name in (f"{pack}.{spelling}", f"core.{spelling}", spelling):
        if name in kinds:
            return name
    return next((name for name, kind in kinds.items() if spelling in kind.aliases), None)


class RulebookReader:
    """Reads one rulebook; `scope` is first the names of its subject, then with its params."""

    def __init__(
        self, document: Document, shape: RulebookShape, names: Vocabulary, scope: Scope, findings: Findings
    ) -> None:
        self.document, self.shape, self.names, self.findings = document, shape, names, findings
        self.params = read_params(document, shape.params, findings)
        self.scope = _with_params(document, scope, self.params, findings)
        values = () if shape.gives is None else tuple(shape.gives.of)
        self.given = NOTHING  # what has a value because no rule before has fired
        self.outcomes = OutcomeReader(document, names, self.scope, shape.decides, values, findings)

    def read(self) -> Rulebook | None:
        """The rulebook; None when it has an error."""
        shape, document, before = self.shape, self.document, len(self.findings.errors)
        columns, rules = self.rules()
        default = self.outcomes.read(("default",)) if "default" in document.data else None
        on = self.change()
        effective = self.day("from"), self.day("to")
        if shape.decides == "segment" and shape.gives is None:
            self.complain("CRM061", (), {"name": "gives"})
        if len(self.findings.errors) > before:
            return None
        outcomes = [rule.then for rule in rules] + ([] if default is None else [default])
        read = frozenset().union(
            *(column.names for column in columns),
            *(each.expression.names for rule in rules for each in rule.conditions),
            *(outcome.reads for outcome in outcomes),
        )
        holding = shape.subject == "holding"
        return Rulebook(
            id=document.file.id,
            hash=content_hash(document.data),
            pack=document.pack,
            title=shape.title.text,
            source=shape.source or "",
            decides=cast(Decides, shape.decides),
            rules=rules,
            subject="holding" if holding else "customer",
            about=held(document, shape.holding, self.names) if holding else None,
            gives=given(document, shape),
            on=on,
            declares=self.params,
            hit=shape.hit,
            effective_from=effective[0],
            effective_to=effective[1],
            columns=columns,
            default=default,
            reads=read - self.params.keys(),
        )

    def rules(self) -> tuple[tuple[Expression, ...], tuple[Rule, ...]]:
        """The columns of a table (none without), and the rules."""
        if (self.shape.rules is None) == (self.shape.table is None):
            self.complain("CRM204", ("rules",) if self.shape.rules else ())
            return (), ()
        if self.shape.table is not None:
            return self.table(self.shape.table)
        rules = [self.rule(("rules", n), shape) for n, shape in enumerate(self.shape.rules or ())]
        self.check_ids([(("rules", n, "id"), shape.id) for n, shape in enumerate(self.shape.rules or ())])
        return (), tuple(rule for rule in rules if rule is not None)

    def rule(self, path: Path, shape: RuleShape) -> Rule | None:
        when = None
        if shape.when != ANY:
            when = condition(self.document, (*path, "when"), self.scope, self.findings, self.given)
        then = self.outcomes.read((*path, "then"))
        if then is None or (when is None and shape.when != ANY):
            return None
        if self.shape.hit == "priority" and self.shape.gives is None and shape.priority is None:
            self.complain("CRM205", path, {"name": shape.id})
        conditions = () if when is None else (Condition("when", when),)
        if self.shape.hit == "first":
            self.given |= excluded([(each.expression, None) for each in conditions])
        return Rule(shape.id, shape.title.text, conditions, then, int(shape.priority or 0))

    def table(self, shape: TableShape) -> tuple[tuple[Expression, ...], tuple[Rule, ...]]:
        columns = [
            expression(self.document, ("table", "when", n), self.scope, self.findings)
            for n in range(len(shape.when))
        ]
        self.check_ids([(("table", "rows", n, 0), str(row[0])) for n, row in enumerate(shape.rows) if row])
        rules = [self.row(("table", "rows", n), row, columns, shape.when) for n, row in enumerate(shape.rows)]
        read = tuple(column for column in columns if column is not None)
        return read, tuple(rule for rule in rules if rule is not None)

    def row(
        self, path: Path, row: list[object], columns: list[Expression | None], heads: list[str]
    ) -> Rule | None:
        if len(row) != len(columns) + 2:
            id = str(row[0]) if row else ""
            parts = {"name": id, "found": len(row), "expected": len(columns) + 2, "known": ", ".join(heads)}
            self.complain("CRM070", path, parts)
            return None
        conditions: list[Condition] = []
        tests: list[tuple[Path, Expression, Expression | None]] = []
        for n, column in enumerate(columns):
            at = (*path, n + 1)
            if column is not None and self.document.value(at) != ANY:
                cell = expression(
                    self.document,
                    at,
                    self.scope,
                    self.findings,
                    input=column.type,
                    labels=self.labels(column.type),
                )
                if cell is not None:
                    conditions.append(Condition(heads[n], cell, n))
                    tests.append((at, cell, column))
        note_null_traps(self.document, tests, self.findings, self.given)
        if self.shape.hit == "first":
            self.given |= excluded([(cell, column) for _, cell, column in tests])
        then = self.outcomes.read((*path, len(row) - 1))
        return None if then is None else Rule(str(row[0]), Text.of(str(row[0])), tuple(conditions), then)

    def labels(self, type: Type) -> Mapping[str, str]:
        """What readers call the values of a closed list, label → value."""
        return self.names.labels(type.values, self.document.pack) if isinstance(type, Enumeration) else {}

    def check_ids(self, ids: list[tuple[Path, str]]) -> None:
        seen: set[str] = set()
        for path, id in ids:
            if id in seen:
                self.complain("CRM148", path, {"name": id})
            seen.add(id)

    def change(self) -> Change | None:
        """What `on: entered orphan` reacts to: the result that has this value, the own pack's first."""
        if self.shape.on is None:
            return None
        match = _CHANGE.fullmatch(self.shape.on.strip())
        value = match[2] if match else self.shape.on
        results = sorted(
            self.names.results.values(), key=lambda each: not each.name.startswith(self.document.pack)
        )
        result = next((each for each in results if value in each.of), None)
        if match is None or result is None:
            known = [f"entered {value}" for each in results for value in each.of]
            self.complain(
                "CRM149",
                ("on",),
                {"name": self.shape.on, "known": choices(known, self.shape.on)},
                nearest(self.shape.on, known),
            )
            return None
        return Change(result.name, cast(Literal["entered", "left"], match[1]), value)

    def day(self, key: Literal["from", "to"]) -> date | None:
        effective = self.shape.effective
        text = None if effective is None else effective.from_ if key == "from" else effective.to
        if text is None:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.complain("CRM069", ("effective", key), {"name": text})
            return None

    def complain(
        self, code: str, path: Path, parts: Mapping[str, object] | None = None, suggestion: str | None = None
    ) -> None:
        self.findings.errors.append(self.document.diagnostic(code, path, parts, suggestion=suggestion))


def _with_params(document: Document, scope: Scope, params: Mapping[str, Param], findings: Findings) -> Scope:
    """The scope with the params inside; a param must not take the name of something else."""
    for name in params:
        other = scope.resolve(name)
        if other is not None:
            parts = {"name": name, "other": other.canonical}
            findings.errors.append(document.diagnostic("CRM140", ("params", name), parts, key=True))
    return scope.child({name: param.as_name for name, param in params.items()})


def _number(value: object) -> str:
    assert isinstance(value, Decimal)
    return f"{value.normalize():f}"
