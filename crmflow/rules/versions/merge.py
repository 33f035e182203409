"""How does a new version of a pack's file come under a site's edits of it? Three ways, part by part.

Parts are matched by their ids and keys, never by their place. What only the pack changed is taken, what only
the site changed stays, and so do the site's order, comments and layout; what both changed is a conflict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from crmflow.core.diagnostic import Position
from crmflow.errors import RuleFileError, SettingsError
from crmflow.rules.patch.keys import added
from crmflow.rules.patch.marks import Marks, cell, spliced
from crmflow.rules.rulebook_file import content_hash
from crmflow.rules.source import Document, Findings, Path, RuleFile, read
from crmflow.rules.versions.diff import moved
from crmflow.rules.versions.outline import Trail, at, parts
from crmflow.rules.versions.text import Side, adopted
from crmflow.rules.versions.words import WORDS, shown

Keep = Literal["ours", "theirs"]
HASH = 12
"""Signs of a hash that `overrides:` holds."""


class Missing:
    """What stands for a part that one side does not have."""


MISSING = Missing()


@dataclass(frozen=True, slots=True)
class Conflict:
    """A part that both sides changed, each otherwise; MISSING where one has removed or never had it. `place`
    is where it stands, or would, in the site's file."""

    trail: Trail
    base: object
    ours: object
    theirs: object
    place: Position

    @property
    def comment(self) -> str:
        """One line for the file."""
        values = {"base": shown_side(self.base), "theirs": shown_side(self.theirs)}
        said = WORDS["says.conflict"].filled(**values)
        return f"# CONFLICT: {said.en} / {said.zh}"


@dataclass(frozen=True, slots=True)
class Merged:
    """The text of the site's file after the merge; with conflicts, what the site had stands there."""

    text: str
    conflicts: tuple[Conflict, ...]


def merge(
    base: RuleFile, ours: RuleFile, theirs: RuleFile, *, keep: Keep | None = None, comment: bool = False
) -> Merged:
    """The pack's new file `theirs` under the site's file `ours`, which was made from `base`.

    `keep` decides every conflict; `comment` writes each of them above its place. Raises RuleFileError CRM090:
    a file is no YAML; SettingsError CRM831: the merged text would be none.
    """
    old, own, new = (Side(Marks(_document(file))) for file in (base, ours, theirs))
    merging = _Merging(old, own, new, keep, comment)
    text = merging.text()
    document = _reread(ours, text)
    hash = content_hash(new.data)[:HASH]
    marks = Marks(document)
    if "overrides" in document.data:
        splices = cell(marks, ("overrides",), hash)
    else:
        line = added(marks, ("overrides",), f'"{hash}"')
        splices = [] if line is None else [line]
    return Merged(spliced(text, splices), tuple(merging.conflicts))


@dataclass
class _Merging:
    """One merge; the places of a part are those in base, ours and theirs."""

    base: Side
    ours: Side
    theirs: Side
    keep: Keep | None
    comment: bool
    conflicts: list[Conflict] = field(default_factory=list)
    told: list[Conflict] = field(default_factory=list)

    def text(self) -> str:
        if self.theirs.data == self.base.data:
            return self.ours.text
        if self.ours.bare_text == self.base.bare_text:
            return self.theirs.text
        before, after = self.ours.around(())
        middle = self.container((), (), (), ()) or ""
        return before + self.ours.commented((), self.comments(0), middle) + after

    def container(self, b: Path, o: Path, t: Path, trail: Trail) -> str | None:
        """The merged text of a mapping or list that all three sides have; None: nothing would be left."""
        bases, ours, theirs = self.parts(b, o, t)
        bodies: dict[str, str] = {}
        for name in dict.fromkeys((*ours, *theirs, *bases)):
            places = bases.get(name), ours.get(name), theirs.get(name)
            body = self.part(*places, o, t, (*trail, name))
            if body is not None:
                bodies[name] = body
        if not bodies:
            return None
        names = in_order(list(bases), list(ours), list(theirs), set(bodies))
        return self.ours.assembled(o, names, bodies, list(ours.values()), dict(ours))

    def parts(self, b: Path, o: Path, t: Path) -> list[Mapping[str, Path]]:
        sides = ((self.base, b), (self.ours, o), (self.theirs, t))
        found = [parts(side.data, path) for side, path in sides]
        return [each if each is not None else {} for each in found]

    def comments(self, since: int) -> list[str]:
        """Those of the conflicts since a moment that stand in no comment yet."""
        waiting = [each for each in self.conflicts[since:] if each not in self.told]
        self.told += waiting
        return [each.comment for each in waiting] if self.comment else []

    def part(
        self, b: Path | None, o: Path | None, t: Path | None, outer: Path, source: Path, trail: Trail
    ) -> str | None:
        """The merged text of one named part, below its conflicts; None: it is gone."""
        before = len(self.conflicts)
        body = self.merged(b, o, t, outer, source, trail)
        if body is None or o is None or self.ours.in_brackets(outer):
            return body
        return self.ours.commented(o, self.comments(before), body)

    def merged(
        self, b: Path | None, o: Path | None, t: Path | None, outer: Path, source: Path, trail: Trail
    ) -> str | None:
        base, ours, theirs = self.value(self.base, b), self.value(self.ours, o), self.value(self.theirs, t)
        if o is None:
            if theirs is MISSING or same(theirs, base):
                return None  # the site removed it, or nobody has it
            if base is MISSING:
                assert t is not None
                return adopted(self.theirs, t, source, self.ours, outer)
            return self.decide(b, o, t, outer, source, trail)
        if same(ours, theirs) or same(theirs, base):
            return self.ours.body(o)
        if theirs is MISSING:
            return None if same(ours, base) else self.decide(b, o, t, outer, source, trail)
        assert t is not None
        if b is not None and self.mergeable(b, o, t):
            inner = self.container(b, o, t, trail)
            if inner is not None:
                return self.ours.body(o, inner)
        if same(ours, base):
            return self.replaced(o, t, outer, source)
        return self.decide(b, o, t, outer, source, trail)

    def value(self, side: Side, path: Path | None) -> object:
        return MISSING if path is None else at(side.data, path)

    def mergeable(self, b: Path, o: Path, t: Path) -> bool:
        """Whether all three have named parts here, written so that they can be taken apart."""
        sides = ((self.base, b), (self.ours, o), (self.theirs, t))
        found = [parts(side.data, path) for side, path in sides]
        if not all(found) or len({type(at(side.data, path)) for side, path in sides}) > 1:
            return False
        if o == ("table",) and len({repr(at(side.data, path).get("when")) for side, path in sides}) > 1:  # type: ignore[attr-defined]
            return False  # a local row would lack the cell of a new column
        return not self.ours.in_brackets(o) or (self.ours.is_plain(o) and self.theirs.in_brackets(t))

    def replaced(self, o: Path, t: Path, outer: Path, source: Path) -> str:
        """The pack's value in the place of the site's; what stands behind it on the line stays."""
        if self.ours.on_a_line(o) and self.theirs.on_a_line(t):
            return self.ours.body(o, self.theirs.source(t))
        return adopted(self.theirs, t, source, self.ours, outer)

    def decide(
        self, b: Path | None, o: Path | None, t: Path | None, outer: Path, source: Path, trail: Trail
    ) -> str | None:
        """A conflict: what the site has stays, unless the pack's is to be kept."""
        if self.keep == "theirs":
            if t is None:
                return None
            return (
                adopted(self.theirs, t, source, self.ours, outer)
                if o is None
                else self.replaced(o, t, outer, source)
            )
        conflict = Conflict(
            trail,
            self.value(self.base, b),
            self.value(self.ours, o),
            self.value(self.theirs, t),
            self.ours.position(o if o is not None else outer),
        )
        if self.keep is None:
            self.conflicts.append(conflict)
        return None if o is None else self.ours.body(o)


def same(one: object, other: object) -> bool:
    """Whether two values are equal, the order of keys aside."""
    return type(one) is type(other) and one == other


def in_order(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str], kept: set[str]) -> list[str]:
    """The parts that are `kept`, in the site's order; in the pack's where only the pack has moved any.

    What one side alone has follows what it followed there.
    """
    common = [name for name in ours if name in theirs and name in base]
    theirs_moved = moved([name for name in base if name in common], [n for n in theirs if n in common])
    ours_moved = moved([name for name in base if name in common], common)
    first, second = (theirs, ours) if theirs_moved and not ours_moved else (ours, theirs)
    names = [name for name in first if name in kept]
    for n, name in enumerate(second):
        if name in kept and name not in names:
            before = next((each for each in reversed(second[:n]) if each in names), None)
            after = next((each for each in second[n:] if each in names), None)
            if before is not None:
                names.insert(names.index(before) + 1, name)
            else:
                names.insert(len(names) if after is None else names.index(after), name)
    return names


def shown_side(value: object) -> str:
    """What one side has, in one line."""
    return "–" if value is MISSING else shown(value)


def _document(file: RuleFile) -> Document:
    """Raises RuleFileError CRM090."""
    findings = Findings()
    document = read(file, findings)
    if document is None:
        first = findings.errors[0]
        place = f"{first.file}:{first.start.line}:{first.start.column}"
        raise RuleFileError(
            "CRM090",
            count=len(findings.errors),
            place=place,
            first=first.message(),
            diagnostics=tuple(findings.errors),
        )
    return document


def _reread(file: RuleFile, text: str) -> Document:
    """The merged text as data. Raises SettingsError CRM831: it cannot be read, which is no state to leave."""
    findings = Findings()
    document = read(RuleFile(file.path, text, file.layer, file.pack, file.shown), findings)
    if document is None or document.repeated:
        raise SettingsError("CRM831", file=file.name)
    return document
