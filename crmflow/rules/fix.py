"""What does a rule file look like once its findings are mended? All else stays as it is."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from crmflow.core.diagnostic import Diagnostic, Edit
from crmflow.rules.check import check
from crmflow.rules.lines import applied
from crmflow.rules.source import RuleFile

ROUNDS = 20
# From what hides most: no YAML, wrong keys, no FEEL, wrong names. A fix may bring to light what was hidden.
HIDING = ("CRM04", "CRM05", "CRM06", "CRM07", "CRM0", "CRM")
MARK = codecs.BOM_UTF8


Meant = Callable[[Iterable[Diagnostic]], Iterable[Diagnostic]]


@dataclass(frozen=True, slots=True)
class Mended:
    """The files after all fixes, which findings were mended, and which are left; `foreign` counts the fixes
    in files of core or packs, which stay as they are."""

    files: tuple[RuleFile, ...]
    done: tuple[Diagnostic, ...]
    left: tuple[Diagnostic, ...]
    foreign: int = 0

    def changed(self, before: Iterable[RuleFile]) -> list[tuple[RuleFile, RuleFile]]:
        """Each file that has changed, as it was and as it is."""
        return [(was, now) for was, now in zip(before, self.files, strict=True) if was.text != now.text]


def mend(files: Iterable[RuleFile], may: Callable[[Diagnostic], bool], meant: Meant = tuple) -> Mended:
    """Applies the fixes that `may` be applied of the findings that are `meant`, and looks again, until there
    are none. Only a site's own files are changed. What makes matters worse is taken back."""
    now, done = tuple(files), list[Diagnostic]()
    own = {file.name for file in now if file.layer == "site"}
    left, refused = check(now), set[tuple[str, tuple[Edit, ...]]]()
    fixable: list[Diagnostic] = []
    for _ in range(ROUNDS):
        fixable = [each for each in meant(left) if each.fix and each.sheet is None and may(each)]
        texts = {file.name: file for file in now if file.name in own}
        picked = _apart(
            each
            for each in fixable
            if each.file in own
            and (each.file, each.fix) not in refused
            and _with(texts[each.file], each.fix).content != texts[each.file].content
        )
        if not picked:
            break
        then = _edited(now, picked)
        found = check(then)
        if len(picked) > 1 and _weight(found) > _weight(left):  # one of them is to blame: the first alone
            picked = picked[:1]
            then = _edited(now, picked)
            found = check(then)
        if _weight(found) > _weight(left):
            refused.add((picked[0].file, picked[0].fix))
        else:
            now, left, done = then, found, [*done, *picked]
    return Mended(now, tuple(done), left, sum(each.file not in own for each in fixable))


def _apart(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Those whose edits overlap no edit of one before them; the others have their turn in the next round."""
    picked: list[Diagnostic] = []
    for each in findings:
        before = [edit for done in picked if done.file == each.file for edit in done.fix]
        if not any(_overlap(edit, other) for edit in each.fix for other in before):
            picked.append(each)
    return picked


def _overlap(edit: Edit, other: Edit) -> bool:
    (start, end), (begin, stop) = (_span(each) for each in (edit, other))
    return start == begin or (start < stop and begin < end)


def _span(edit: Edit) -> tuple[tuple[int, int], tuple[int, int]]:
    return (edit.start.line, edit.start.column), (edit.end.line, edit.end.column)


def _edited(files: Sequence[RuleFile], findings: Sequence[Diagnostic]) -> tuple[RuleFile, ...]:
    edits: dict[str, list[Edit]] = {}
    for each in findings:
        edits.setdefault(each.file, []).extend(each.fix)
    return tuple(_with(file, edits.get(file.name, ())) if file.layer == "site" else file for file in files)


def _with(file: RuleFile, edits: Sequence[Edit]) -> RuleFile:
    """The file with its edits; line ends and byte order mark stay."""
    if not edits:
        return file
    mark = MARK if file.raw.startswith(MARK) else b""
    return replace(file, text=mark + applied(file.content, edits).encode())


def _weight(findings: Iterable[Diagnostic]) -> tuple[int, ...]:
    """How bad it is: errors counted by how much they hide."""
    found = Counter(
        next(n for n, start in enumerate(HIDING) if each.code.startswith(start))
        for each in findings
        if each.severity == "error"
    )
    return tuple(found[n] for n in range(len(HIDING)))
