"""How is something called in each language? Text holds both."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Text:
    """A title, label or sentence in English and Chinese."""

    en: str
    zh: str

    def in_language(self, language: str) -> str:
        return self.zh if language == "zh" else self.en

    def filled(self, **parts: object) -> Text:
        """A template with its {parts} filled in, where a part that is a Text gives each language its own."""
        en = {name: part.en if isinstance(part, Text) else part for name, part in parts.items()}
        zh = {name: part.zh if isinstance(part, Text) else part for name, part in parts.items()}
        return Text(self.en.format_map(en), self.zh.format_map(zh))

    @classmethod
    def of(cls, value: str | Mapping[str, str], default: str = "") -> Text:
        """From a plain string (the same in both) or a mapping with `en`, `zh` or both; `default` fills en,
        and zh too where it is Chinese."""
        if isinstance(value, str):
            return cls(value, value)
        en = value.get("en") or default or value.get("zh", "")
        return cls(en, value.get("zh") or (en if default.isascii() else default))


@cache
def phrases(package: str, file: str = "words.toml") -> Mapping[str, Text]:
    """The sentences and labels that a part speaks, by name, or by section and name: "titles.cases"."""
    table = tomllib.loads(files(package).joinpath(file).read_text("utf-8"))
    return dict(_named(table))


def _named(table: Mapping[str, Any], section: str = "") -> Iterator[tuple[str, Text]]:
    for name, entry in table.items():
        if set(entry) == {"en", "zh"} and isinstance(entry["en"], str):
            yield section + name, Text(**entry)
        else:
            yield from _named(entry, f"{section}{name}.")


def listed(texts: Iterable[Text]) -> Text:
    """The texts side by side."""
    each = list(texts)
    return Text(", ".join(text.en for text in each), "、".join(text.zh for text in each))


def choices(names: Iterable[str], word: str, most: int = 8) -> str:
    """The names that a message offers in place of a wrong word: the most like it, and how many more."""
    every = list(dict.fromkeys(names))
    if len(every) <= most:
        return ", ".join(every)
    likeness = {name: SequenceMatcher(None, word, name).ratio() for name in every}
    best = sorted(every, key=lambda name: -likeness[name])[:most]
    return f"{', '.join(best)} … (+{len(every) - most})"
