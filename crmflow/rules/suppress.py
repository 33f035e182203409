"""Which warnings does a file's author not want to see again, and why? `# crmflow: ignore[CRM214] reason`"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from crmflow.core.diagnostic import Diagnostic, Position
from crmflow.errors import catalogue
from crmflow.rules.feel import nearest
from crmflow.rules.lines import Lines
from crmflow.rules.source import RuleFile

_COMMENT = re.compile(
    r"(?:^|(?<=[ \t]))#[ \t]*crmflow[ \t]*[:：][ \t]*ignore[ \t]*(?:\[(?P<codes>[^\]\n]*)\])?"
    r"[ \t]*(?P<reason>[^\n\r]*)",
    re.MULTILINE,
)
_CONTENT = re.compile(r"^(?=[ \t]*[^\s#])", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Suppression:
    """One code of a comment, from `start` to `end`: warnings of `code` on `line` are not wanted."""

    code: str
    line: int
    file: str
    start: Position
    end: Position

    def covers(self, found: Diagnostic) -> bool:
        return (found.file, found.code) == (self.file, self.code) and found.start.line == self.line

    def diagnostic(self, code: str, **parts: object) -> Diagnostic:
        return Diagnostic(code, self.file, self.start, self.end, parts, severity="warning")


def suppressed(files: Sequence[RuleFile], findings: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The findings without the warnings that a comment on their line, or on the line before, does not want;
    with those about such comments: no reason, no such code, an error, nothing there."""
    found = tuple(findings)
    whole = not any(each.severity == "error" for each in found)  # else warnings may be missing
    complaints: list[Diagnostic] = []
    gone: set[int] = set()
    for file in files:
        for each, reason in _comments(file):
            matched = [n for n, finding in enumerate(found) if each.covers(finding)]
            complaint = _complaint(each, reason, [found[n] for n in matched], whole)
            if complaint is not None:
                complaints.append(complaint)
            gone |= {n for n in matched if reason and found[n].severity == "warning"}
    kept = [finding for n, finding in enumerate(found) if n not in gone]
    return tuple(sorted((*kept, *complaints), key=lambda each: (each.file, each.start, each.code)))


def _complaint(each: Suppression, reason: str, found: Sequence[Diagnostic], whole: bool) -> Diagnostic | None:
    if each.code not in catalogue():
        near = nearest(each.code, catalogue())
        return each.diagnostic("CRM053", name=each.code, near=f" ({near}?)" if near else "")
    if any(finding.severity == "error" for finding in found):
        return each.diagnostic("CRM054", name=each.code)
    if not reason:
        return each.diagnostic("CRM051", name=each.code)
    if not found and whole:
        return each.diagnostic("CRM052", name=each.code)
    return None


def _next(text: str, at: int) -> int:
    """Where the next line begins that holds more than a comment."""
    found = _CONTENT.search(text, at)
    return len(text) if found is None else found.start()


def _comments(file: RuleFile) -> Iterator[tuple[Suppression, str]]:
    """Every code of every such comment, with the reason that follows."""
    text = file.content
    if "crmflow" not in text:
        return
    lines = Lines(text)
    for comment in _COMMENT.finditer(text):
        start, end = comment.start(), comment.start() + len(comment[0].rstrip())
        beside = text[:start].rpartition("\n")[2].strip()
        line = lines.position(start if beside else _next(text, comment.end())).line
        for code in (comment["codes"] or "").split(","):
            place = lines.position(start), lines.position(end)
            yield Suppression(code.strip().upper(), line, file.name, *place), comment["reason"].strip()
