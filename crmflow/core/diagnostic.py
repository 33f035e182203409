"""What is wrong in a rule file, where, and how is it mended? The record that `check` prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from unicodedata import normalize

from crmflow.core.text import Text
from crmflow.errors import catalogue

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
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
class SheetCell:
    """A cell of a workbook: the sheet's name, the address as Excel has it ("C7"), and what stands in it."""

    sheet: str
    address: str
    text: str = ""

    def __str__(self) -> str:
        return f"{self.sheet}!{self.address}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `end` is exclusive; `cell` names a table cell ("A, share above"); `fix` is ready to apply.

    `parts` fill the message; parts["name"] is the word that is wrong, where one word is. An error keeps rules
    from loading, a warning does not. For a cell of a workbook, `sheet` names it, and `start` and `end` count
    inside its text. `witness` is a customer that shows it (name → value), `labels` are what readers call
    their names and values; `notes` say more, a line each.
    """

    code: str
    file: str
    start: Position
    end: Position
    parts: Mapping[str, object] = field(default_factory=dict)
    cell: str | None = None
    suggestion: str | None = None
    fix: tuple[Edit, ...] = ()
    severity: Severity = "error"
    sheet: SheetCell | None = None
    witness: Mapping[str, object] = field(default_factory=dict)
    labels: Mapping[str, Text] = field(default_factory=dict)
    notes: tuple[Text, ...] = ()

    @property
    def name(self) -> str | None:
        """The word of the file that is wrong, where one word is."""
        name = self.parts.get("name")
        return None if name is None else str(name)

    @property
    def place(self) -> str:
        """Where it is, as a person finds it: `file:line:column`, or `book.xlsx  Sheet!C7`."""
        if self.sheet is not None:
            return f"{self.file}  {self.sheet}"
        return f"{self.file}:{self.start.line}:{self.start.column}"

    @property
    def safe(self) -> bool:
        """Whether the fix surely gives what is meant: the catalogue says so of the code, or it is the same
        word in another width, case or spacing. All other fixes guess."""
        if not self.fix or self.name is None or self.suggestion is None:
            return bool(self.fix) and catalogue()[self.code].fix == "safe"
        match catalogue()[self.code].fix:
            case "safe":
                return True
            case "near":
                return one_letter_off(self.name, self.suggestion)
        return _same(self.name, self.suggestion)

    def part(self, name: str, language: str = "en") -> str:
        """One of the parts, in a language where it has a name of its own in each."""
        part = self.parts[name]
        return part.in_language(language) if hasattr(part, "in_language") else str(part)

    def message(self, language: str = "en") -> str:
        return catalogue()[self.code].say(language, self.parts)

    def remedy(self, language: str = "en") -> str:
        return catalogue()[self.code].advise(language, self.parts)

    def record(self, language: str = "en") -> dict[str, Any]:
        """The public JSON record of `crmflow check --output-format json`."""
        return {
            "code": self.code,
            "rule": catalogue()[self.code].name,
            "severity": self.severity,
            "file": self.file,
            "line": self.start.line,
            "column": self.start.column,
            "end_line": self.end.line,
            "end_column": self.end.column,
            "sheet": None if self.sheet is None else str(self.sheet),
            "cell": self.cell,
            "name": self.name,
            "message": self.message(language),
            "remedy": self.remedy(language),
            "notes": [note.in_language(language) for note in self.notes],
            "witness": {name: _shown(value) for name, value in self.witness.items()},
            "suggestion": self.suggestion,
            "applicability": ("safe" if self.safe else "unsafe") if self.fix else None,
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


def one_letter_off(name: str, other: str) -> bool:
    """Whether one letter of three or more is missing, too many or wrong, or two stand the wrong way round."""
    if min(len(name), len(other)) < 3 or abs(len(name) - len(other)) > 1:
        return False
    start = next((at for at, (one, two) in enumerate(zip(name, other, strict=False)) if one != two), -1)
    if start < 0:
        return True
    rest, its = name[start:], other[start:]
    return rest[1:] == its or rest == its[1:] or rest[1:] == its[1:] or rest[1::-1] + rest[2:] == its


def _same(name: str, other: str) -> bool:
    """Whether two words differ in width, case and spaces alone."""
    one, two = ("".join(normalize("NFKC", word).casefold().split()) for word in (name, other))
    return one == two


def _shown(value: object) -> object:
    """A value as JSON holds it: numbers as text, so that no digit is lost."""
    return value if value is None or isinstance(value, bool | str) else str(value)
