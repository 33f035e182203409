"""Which values do the names in a test's `given` have, as rules see them?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from crmflow.rules import feel, spoken
from crmflow.rules.feel import ContextType, Enumeration, ListType, Name, Scope, Type, nearest
from crmflow.rules.params import Param, named, shown, typed
from crmflow.rules.shape import as_text
from crmflow.rules.source import Document, Findings, Path
from crmflow.rules.vocabulary import STAFF, UNIT

NOTHING: Final = "none"  # what a test writes where no rule answers
CONFLICT: Final = "conflict"  # where rules contradict each other


class GivenReader:
    """Reads the names and values of tests in one file, in any spelling, by the types of the names."""

    def __init__(self, document: Document, scope: Scope, findings: Findings) -> None:
        self.document, self.scope, self.findings = document, scope, findings

    def values(self, path: Path, *, codes: frozenset[str] = frozenset()) -> dict[str, object]:
        """The mapping at `path`, keyed by canonical names; the staff names in `codes` are kept as codes."""
        values: dict[str, object] = {}
        spelled: dict[str, str] = {}
        for spelling, raw in (self.document.value(path) or {}).items():
            at = (*path, spelling)
            name = self.name(at, spelling, self.scope)
            if name is not None and (other := spelled.setdefault(name.canonical, spelling)) != spelling:
                self._complain("CRM124", at, {"name": spelling, "other": other}, None)
            elif name is not None:
                kept = name.canonical in codes
                values[name.canonical] = as_text(raw) if kept else self.value(at, raw, name.type)
        return values

    def params(self, path: Path, params: Mapping[str, Param]) -> dict[str, object]:
        """The params that a test sets."""
        values: dict[str, object] = {}
        for spelling, raw in (self.document.value(path) or {}).items():
            at, name = (*path, spelling), named(params, spelling)
            if name is None:
                parts = {"name": spelling, "known": ", ".join(params)}
                self._complain("CRM136", at, parts, nearest(spelling, params))
            else:
                values[name] = self.value(at, raw, params[name].type)
        return values

    def name(self, path: Path, spelling: str, scope: Scope) -> Name | None:
        """The name that a key means."""
        name = scope.resolve(spelling)
        if name is None:
            self._complain("CRM143", path, {"name": spelling}, scope.nearest(spelling))
        return name

    def value(self, path: Path, raw: object, type: Type) -> object:
        """A written value as one of a type; a staff member or unit may be given by its code alone."""
        if raw is None:
            return None
        if isinstance(type, ListType) and isinstance(raw, list):
            return [self.value((*path, n), item, type.item) for n, item in enumerate(raw)]
        if isinstance(type, ContextType) and isinstance(raw, Mapping):
            return self._context(path, raw, type)
        if type in (STAFF, UNIT) and isinstance(type, ContextType) and not isinstance(raw, list):
            return {**dict.fromkeys(type.fields), "id": as_text(raw)}
        try:
            return _instant(raw) if type == feel.date_time else typed(raw, type)
        except ValueError:
            parts = {"name": self.document.written(path), "key": path[-1], "expected": shown(type)}
            suggestion = _meant(str(as_text(raw)), type)
            self.findings.errors.append(
                self.document.diagnostic("CRM144", path, parts, suggestion=suggestion)
            )
            return None

    def _context(self, path: Path, raw: Mapping[str, object], type: ContextType) -> dict[str, object]:
        """What is not given is null; who is active has not left."""
        scope = Scope(type.fields)
        values: dict[str, object] = dict.fromkeys(type.fields)
        for spelling, each in raw.items():
            name = self.name((*path, spelling), spelling, scope)
            if name is not None:
                values[name.canonical] = self.value((*path, spelling), each, name.type)
        if type == STAFF and values["left"] is None and values["active"] is not None:
            values["left"] = not values["active"]
        if type == STAFF and values["active"] is None and values["left"] is not None:
            values["active"] = not values["left"]
        return values

    def _complain(self, code: str, path: Path, parts: Mapping[str, object], suggestion: str | None) -> None:
        self.findings.errors.append(
            self.document.diagnostic(code, path, parts, key=True, suggestion=suggestion)
        )


def _meant(word: str, type: Type) -> str | None:
    """The value that readers call by this word, where one is."""
    if isinstance(type, Enumeration):
        return type.labels.get(word)
    if type == feel.boolean:
        return spoken.truth(word)
    return spoken.number(word) if type == feel.number else None


def _instant(raw: object) -> datetime:
    """ISO 8601; without a zone it is UTC. Raises ValueError."""
    if not isinstance(raw, str):
        raise ValueError("not an instant")
    instant = datetime.fromisoformat(raw)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
