"""What can go wrong: every exception and warning, each with a code of the catalogue.

CrmflowError
├── RuleFileError        CRM0, CRM1, CRM2, CRM3   a vocabulary, rulebook, chart or params file
│   └── FeelError        CRM0, CRM1               one expression, with its span
├── StoreError           CRM4                     the database
├── ImportFileError      CRM4                     a file of customers, touchpoints, staff …
├── WorkflowError        CRM5                     a case that refuses a move
├── PlanningError        CRM6                     an owner or a visit that cannot be found
├── PluginError          CRM7                     a pack or plugin
└── SettingsError        CRM8                     the site and its settings
CrmflowWarning
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any

LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Code:
    """One entry of the catalogue; the texts are keyed by language ("en", "zh").

    `good` is the example put right, where there is one. `fix` says whether the fix of its
    findings surely gives what is meant: "safe", or "near" where only one letter is off; else it is a guess.
    """

    id: str
    name: str
    title: Mapping[str, str]
    message: Mapping[str, str]
    why: Mapping[str, str]
    remedy: Mapping[str, str]
    example: str
    good: str | None = None
    fix: str | None = None

    def text(self, language: str, parts: Mapping[str, object]) -> str:
        """The message with its parts, ending with the remedy."""
        return f"{self.say(language, parts)}; {self.advise(language, parts)}"

    def say(self, language: str, parts: Mapping[str, object]) -> str:
        """The message; a part that is called something in each language is called so."""
        return _Lenient(language).vformat(self.message[language], (), parts)

    def advise(self, language: str, parts: Mapping[str, object]) -> str:
        """The remedy."""
        return _Lenient(language).vformat(self.remedy[language], (), parts)


class _Lenient(Formatter):
    """Leaves a part that was not given visible as {name}: a message never fails."""

    def __init__(self, language: str) -> None:
        self.language = language

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        part = kwargs.get(key, "{" + str(key) + "}")
        return part.in_language(self.language) if hasattr(part, "in_language") else part


@cache
def catalogue() -> Mapping[str, Code]:
    """Every code, by id, in order."""
    entries: dict[str, Code] = {}
    for file in files(__package__).joinpath("codes").iterdir():
        if file.name.endswith(".toml"):
            for id, entry in tomllib.loads(file.read_text("utf-8")).items():
                entries[id] = Code(id=id, **entry)
    return dict(sorted(entries.items()))


class CrmflowError(Exception):
    """The root: `code` names the catalogue entry, `parts` fill its message and are attributes too."""

    def __init__(self, code: str, /, **parts: object) -> None:
        super().__init__(code, parts)
        self.code = code
        self.parts = parts

    def __getattr__(self, name: str) -> Any:
        parts = self.__dict__.get("parts", {})
        if name in parts:
            return parts[name]
        raise AttributeError(name)

    def text(self, language: str = "en") -> str:
        """The message in one language, ending with the remedy."""
        return catalogue()[self.code].text(language, self.parts)

    def __str__(self) -> str:
        return f"{self.code} {self.text()}"


class RuleFileError(CrmflowError):
    """A vocabulary, rulebook, chart or params file that cannot be used."""


class FeelError(RuleFileError):
    """An expression that cannot be read: `start` and `end` are offsets in code points, end exclusive."""

    def __init__(self, code: str, /, start: int, end: int, **parts: object) -> None:
        super().__init__(code, **parts)
        self.start = start
        self.end = end
        self.others: tuple[FeelError, ...] = ()  # what else is wrong with the same expression


class StoreError(CrmflowError):
    """The database cannot be used as it is."""


class ImportFileError(CrmflowError):
    """A file of customers, touchpoints, staff or units that cannot be read."""


class WorkflowError(CrmflowError):
    """A case that does not exist, or that refuses a move."""


class PlanningError(CrmflowError):
    """An owner or a visit that cannot be planned."""


class PluginError(CrmflowError):
    """A pack or plugin that cannot be loaded."""


class SettingsError(CrmflowError):
    """A site folder or its settings that cannot be used."""


class CrmflowWarning(UserWarning):
    """The root of this package's warnings."""
