"""What is wrong with a file that is no YAML, in our words?"""

from __future__ import annotations

import re

from ruamel.yaml.error import MarkedYAMLError, YAMLError

from crmflow.core.diagnostic import Diagnostic, Edit
from crmflow.rules.lines import Lines

_WIDE_COLON = re.compile(r""" *(?:- )*[^\s\[\]{},"'#：:-][^\[\]{},"'：:\n]*(：) *""")
_MISSING_SPACE = re.compile(r"\s*(?:- )*[\w ]+?\s*([:：]) *")


def explain(error: YAMLError, file: str, text: str, lines: Lines) -> Diagnostic:
    """The finding for a text of which no YAML can be made; `file` is how findings name it."""
    code, offset, length = _cause(text, error)
    if code == "CRM043" and (colon := _wide_colon(text, offset)) is not None:
        code, offset, length = "CRM044", colon, 1
    start, end = lines.position(offset), lines.position(offset + length)
    parts: dict[str, object] = {"line": start.line, "name": text[offset : offset + length]}
    line = text.rfind("\n", 0, offset) + 1
    space = None
    if code == "CRM044":
        space = _WIDE_COLON.match(text, line) or _MISSING_SPACE.match(text, line)
    fix: tuple[Edit, ...] = ()
    if space is not None:
        start, end = lines.position(space.start(1)), lines.position(space.end())
        fix = (Edit(start, end, ":" if text[space.end() : space.end() + 1] == "\n" else ": "),)
    return Diagnostic(code, file, start, end, parts, suggestion=": " if fix else None, fix=fix)


def _cause(text: str, error: YAMLError) -> tuple[str, int, int]:
    """Our code for what the YAML reader met, and the place: offset and length."""
    if not isinstance(error, MarkedYAMLError):
        at = int(getattr(error, "position", 0) or 0)
        return "CRM049", at, 1
    problem, context = error.problem or "", error.context or ""
    at = 0 if error.problem_mark is None else int(error.problem_mark.index)
    begun = at if error.context_mark is None else int(error.context_mark.index)
    if text[at : at + 1] == "\t":
        return "CRM042", at, len(text[at:]) - len(text[at:].lstrip("\t"))
    if "quoted scalar" in context:
        return "CRM045", begun, 1
    if "flow" in context:
        return "CRM046", _open_bracket(text[:at], begun), 1
    if "simple key" in context or "expected ':'" in problem:
        return "CRM044", begun, 1
    if "another document" in problem:
        return "CRM047", at, 3
    if "not allowed here" in problem or "block" in context:
        return "CRM043", _first_sign(text, at), 1
    return "CRM049", at, 1


def _wide_colon(text: str, at: int) -> int | None:
    """The full-width colon behind the key of this line, or of the line before that has something on it."""
    here = text.rfind("\n", 0, at) + 1
    before = text.rfind("\n", 0, len(text[:here].rstrip())) + 1
    found = _WIDE_COLON.match(text, here) or _WIDE_COLON.match(text, before)
    return None if found is None else found.start(1)


def _open_bracket(text: str, otherwise: int) -> int:
    """The last bracket that is still open at the end of the text."""
    waiting: list[int] = []
    for at, sign in enumerate(text):
        if sign in "[{":
            waiting.append(at)
        elif sign in "]}" and waiting:
            waiting.pop()
    return waiting[-1] if waiting else otherwise


def _first_sign(text: str, at: int) -> int:
    """The first visible character of the line on which `at` stands."""
    start = text.rfind("\n", 0, at) + 1
    while text[start : start + 1] == " ":
        start += 1
    return start
