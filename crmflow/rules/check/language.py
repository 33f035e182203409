"""What is called nothing in one of the two languages, although its file speaks both?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from crmflow.core.diagnostic import Diagnostic
from crmflow.core.text import Text
from crmflow.errors import LANGUAGES
from crmflow.rules.source import Document, Path
from crmflow.rules.vocabulary import Vocabulary, pack_of

ANY: Final = "*"
LABELS: Final[tuple[Path, ...]] = (
    *((section, ANY) for section in ("customer", "keys", "levels", "roles", "cases", "messages", "values")),
    *((section, ANY) for section in ("holdings", "touchpoints", "signals", "facts", "population facts")),
    ("holdings", ANY, "list"),
    *((section, ANY, "fields", ANY) for section in ("holdings", "touchpoints", "signals")),
    ("holdings", ANY, "facts", ANY),
    ("gives",),
    ("params", ANY),
    ("relations", ANY),
    ("rules", ANY, "title"),
    ("rules", ANY, "then", "form", ANY),
    ("table", "rows", ANY, ANY, "form", ANY),
    ("states", ANY),
    ("states", ANY, "form", ANY),
    ("gates", ANY, ANY),
)
"""Where something is called something: by `en` and `zh`, else by its own name."""
VALUES: Final[tuple[Path, ...]] = (
    ("customer", ANY, "type", ANY),
    *((section, ANY, "fields", ANY, "type", ANY) for section in ("holdings", "touchpoints", "signals")),
    ("gives", "of", ANY),
    ("params", ANY, "one of", ANY),
    ("rules", ANY, "then", "reason"),
    ("rules", ANY, "then", "channel"),
    ("rules", ANY, "then", "form", ANY, "type", ANY),
    ("table", "rows", ANY, ANY, "reason"),
    ("table", "rows", ANY, ANY, "channel"),
    ("states", ANY, "form", ANY, "type", ANY),
)
"""Where values stand that readers see; `values` of a vocabulary says how they are called."""

_WORD = re.compile(r"[a-z]")
_CHINESE = re.compile(r"[\u3400-\u9fff]")


def languages(document: Document, names: Vocabulary) -> Iterator[Diagnostic]:
    """Labels and values that a reader of one language gets in the other. A file in one language alone is
    told so once, by its title; values count where their pack says of others how they are called."""
    labels = [_Label(path, each) for pattern in LABELS for path, each in _found(document.data, pattern)]
    if not _speaks_both(document, labels):
        return
    for label in labels:
        for language in label.lacking():
            parts = {"name": label.name, "language": language}
            yield document.diagnostic("CRM240", label.path, parts, key=isinstance(label.path[-1], str))
    whose = "site" if document.file.layer == "site" else document.pack  # also where it speaks as a pack
    says_values = any(pack_of(value) == whose for value in names.values)
    for pattern in VALUES if says_values else ():
        for path, value in _found(document.data, pattern):
            if isinstance(value, str):
                called = names.word(value, document.pack)
                for language in _missing(called):
                    parts = {"name": value, "language": language}
                    yield document.diagnostic("CRM240", path, parts)


@dataclass(frozen=True, slots=True)
class _Label:
    """How the file calls what stands at `path`."""

    path: Path
    data: object

    @property
    def name(self) -> str:
        """What is called so: its name, or for a title the text itself."""
        if isinstance(self.data, Mapping) and ("name" in self.data or self.path[-1] in ("list", "title")):
            return str(self.data.get("name") or self.data.get("en") or self.data.get("zh") or self.path[-1])
        return str(self.path[-1])

    def said(self, language: str) -> str | None:
        text = self.data.get(language) if isinstance(self.data, Mapping) else None
        return None if text is None else str(text)

    def lacking(self) -> Iterator[str]:
        """The languages in which it is said neither by a label nor by its own name. A plain text for a title
        or list is meant for both."""
        if isinstance(self.data, str) and self.path[-1] in ("list", "title"):
            return
        own = _missing(Text(self.name, self.name))
        yield from (language for language in own if not self.said(language))


def _missing(text: Text) -> list[str]:
    """The languages in which a text is in the other's signs; figures and capitals are read in both."""
    lacking = []
    if _CHINESE.search(text.en):
        lacking.append("en")
    if _WORD.search(text.zh) and not _CHINESE.search(text.zh):
        lacking.append("zh")
    return lacking


def _speaks_both(document: Document, labels: list[_Label]) -> bool:
    title = _Label(("title",), document.data.get("title"))
    return all(any(each.said(language) for each in (title, *labels)) for language in LANGUAGES)


def _found(data: object, pattern: Path, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """What stands where a pattern says."""
    if not pattern:
        yield path, data
        return
    step, rest = pattern[0], pattern[1:]
    if isinstance(data, Mapping):
        for key in data if step == ANY else (step,) if step in data else ():
            yield from _found(data[key], rest, (*path, key))
    elif isinstance(data, list) and step == ANY:
        for n, item in enumerate(data):
            yield from _found(item, rest, (*path, n))
