"""How does a program add a value to a mapping or to the end of a list in a rule file, or take one away?"""

from __future__ import annotations

from crmflow.rules.patch.marks import Marks, Splice, scalar
from crmflow.rules.source import Path


def added(marks: Marks, path: Path, text: str) -> Splice | None:
    """Puts `text`, as YAML, at a path where nothing stands yet; None where its place cannot be made."""
    outer, key = path[:-1], path[-1]
    if outer not in marks.document.places:
        return added(marks, outer, f"{{{_key(key)}: {text}}}")
    siblings = marks.keys(outer)
    if not siblings or (isinstance(key, int) and key != len(siblings)):
        return None
    start, end = marks.span(outer)
    entry = text if isinstance(key, int) else f"{_key(key)}: {text}"
    if marks.text[start] in "[{":
        last = marks.span(siblings[-1])[1]
        return Splice(last, last, f", {entry}")
    if isinstance(key, int):
        return None
    first = marks.key_start(siblings[0])
    margin = " " * (first - marks.line(first)[0])
    line_end = marks.line(max(end - 1, start))[1]
    before = "" if marks.text[line_end - 1] == "\n" else marks.newline
    return Splice(line_end, line_end, f"{before}{margin}{entry}{marks.newline}")


def removed(marks: Marks, path: Path) -> Splice | None:
    """Takes a value away with its key; None where it is the only one."""
    outer = path[:-1]
    siblings = marks.keys(outer)
    number = siblings.index(path) if path in siblings else -1
    if number < 0 or len(siblings) == 1:
        return None
    start, end = marks.span(path)
    if marks.document.places[path].key_start is not None:
        start = marks.key_start(path)
    if marks.text[marks.span(outer)[0]] in "[{":
        if number:
            return Splice(marks.span(siblings[number - 1])[1], end, "")
        return Splice(start, marks.key_start(siblings[1]), "")
    if number == 0:
        return None
    return Splice(marks.line(start)[0], marks.line(max(end - 1, start))[1], "")


def _key(key: object) -> str:
    return scalar(str(key))
