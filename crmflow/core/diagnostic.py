"""What is wrong in a rule file, where, and how is it mended? The record that `check` prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crmflow.errors import catalogue


@dataclass(frozen=True, slots=True)
class Position:
    """Line and column count from 1, in code points."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text from `start` to `end` (exclusive) by `text`."""

    start: Position
    end: Position
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `end` is exclusive; `cell` names a table cell ("A, share above"); `fix` is ready to apply.

    `parts` fill the message; parts["name"] is the word that is wrong, where one word is.
    """

    code: str
    file: str
    start: Position
    end: Position
    parts: Mapping[str, object] = field(default_factory=dict)
    cell: str | None = None
    suggestion: str | None = None
    fix: tuple[Edit, ...] = ()

    @property
    def name(self) -> str | None:
        """The word of the file that is wrong, where one word is."""
        name = self.parts.get("name")
        return None if name is None else str(name)

    def message(self, language: str = "en") -> str:
        return catalogue()[self.code].say(language, self.parts)

    def remedy(self, language: str = "en") -> str:
        entry = catalogue()[self.code]
        return entry.fill(entry.remedy[language], self.parts)

    def record(self, language: str = "en") -> dict[str, Any]:
        """The public JSON record of `crmflow check --output-format json`."""
        return {
            "code": self.code,
            "rule": catalogue()[self.code].name,
            "file": self.file,
            "line": self.start.line,
            "column": self.start.column,
            "end_line": self.end.line,
            "end_column": self.end.column,
            "cell": self.cell,
            "name": self.name,
            "message": self.message(language),
            "remedy": self.remedy(language),
            "suggestion": self.suggestion,
            "fix": [
                {
                    "line": edit.start.line,
                    "column": edit.start.column,
                    "end_line": edit.end.line,
                    "end_column": edit.end.column,
                    "text": edit.text,
                }
                for edit in self.fix
            ],
        }
