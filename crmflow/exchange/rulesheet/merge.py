"""Which rows has a rule table, when the sheet and the rule file have both been changed since the export?

Three sides: the table as it went out (base), as the rule file has it now (ours), as the sheet brings it back
(theirs). What only one side changed is taken; what both changed otherwise is a conflict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from crmflow.exchange.rulesheet.sheet import Row

Side = Literal["ours", "theirs"]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A cell that both sides changed otherwise. Without `column` one side deleted the row that the other
    changed, without `row` both sorted the rows. A side is None where it has no such row."""

    row: str | None
    column: str | None
    base: str | None
    ours: str | None
    theirs: str | None


@dataclass(slots=True)
class Merge:
    """The rows as they shall be, each with the id that the rule file now has for it (None: a new row)."""

    rows: list[tuple[str | None, Row]] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)


def merge(
    base: Sequence[Row],
    ours: Sequence[Row],
    theirs: Sequence[tuple[str | None, Row]],
    prefer: Side | None = None,
) -> Merge:
    """`theirs` are the sheet's rows, each with the id of the base row that it was (None: a new row).

    With `prefer` a side is taken where there would be a conflict.
    """
    return _Merger(base, ours, theirs, prefer).merged()


class _Merger:
    def __init__(
        self,
        base: Sequence[Row],
        ours: Sequence[Row],
        theirs: Sequence[tuple[str | None, Row]],
        prefer: Side | None,
    ) -> None:
        self.base = {row.id: row for row in base}
        self.ours = {row.id: row for row in ours}
        self.theirs = {was: row for was, row in theirs if was is not None}
        self.sheet = theirs
        self.prefer = prefer
        self.result = Merge()

    def merged(self) -> Merge:
        kept = {id: row for id in self.base if (row := self.kept(id)) is not None}
        kept |= {id: row for id, row in self.ours.items() if id not in self.base}
        new = {n: row for n, (was, row) in enumerate(self.sheet) if was is None and self.is_new(row, kept)}
        for each in self.order(kept, new):
            if isinstance(each, int):
                self.result.rows.append((None, new[each]))
            else:
                self.result.rows.append((each if each in self.ours else None, kept[each]))
        return self.result

    def kept(self, id: str) -> Row | None:
        """A row of the base after the changes of both sides; None when it is deleted."""
        base, ours, theirs = self.base[id], self.ours.get(id), self.theirs.get(id)
        if ours is not None and theirs is not None:
            cells = self.cells(id, base.cells, ours.cells, theirs.cells)
            return Row(cells["id"], cells)
        left = ours or theirs
        if left is None or all(left.cells.get(name, text) == text for name, text in base.cells.items()):
            return None
        self.conflict(Conflict(id, None, id, None if ours is None else id, None if theirs is None else id))
        return ours if self.prefer == "ours" else theirs

    def cells(
        self, id: str, base: Mapping[str, str], ours: Mapping[str, str], theirs: Mapping[str, str]
    ) -> dict[str, str]:
        found = dict(ours)
        for name, text in theirs.items():
            before, now = base.get(name, ""), ours.get(name)
            if text in (before, now):
                continue
            if now == before:
                found[name] = text
                continue
            self.conflict(Conflict(id, name, before, now, text))
            if now is not None and self.prefer == "theirs":
                found[name] = text
        return found

    def is_new(self, row: Row, kept: dict[str, Row]) -> bool:
        """Whether a new row of the sheet is not one that the file has got meanwhile, too."""
        other = kept.get(row.id)
        if other is None or row.id in self.base:
            return True
        for name, text in row.cells.items():
            if other.cells.get(name, "") != text:
                self.conflict(Conflict(row.id, name, None, other.cells.get(name), text))
        if self.prefer == "theirs":
            kept[row.id] = Row(row.id, {**other.cells, **row.cells})
        return False

    def order(self, kept: Mapping[str, Row], new: Mapping[int, Row]) -> list[str | int]:
        """The rows as the side has them that moved any: ids, and the numbers of new rows in the sheet. Those
        that only the other side has follow what they followed there."""
        common = [id for id in self.base if id in self.ours and id in self.theirs and id in kept]
        ours = [id for id in self.ours if id in common]
        theirs = [id for id in self.theirs if id in common]
        file: list[str | int] = [id for id in self.ours if id in kept]
        sheet: list[str | int] = []
        for n, (was, _) in enumerate(self.sheet):
            if n in new:
                sheet.append(n)
            elif was in kept:
                sheet.append(str(was))
        if ours != common and theirs not in (common, ours):
            self.conflict(Conflict(None, None, ", ".join(common), ", ".join(ours), ", ".join(theirs)))
        moved = theirs != common and (ours == common or self.prefer == "theirs")
        return _woven(sheet, file) if moved else _woven(file, sheet)

    def conflict(self, found: Conflict) -> None:
        if self.prefer is None:
            self.result.conflicts.append(found)


def _woven(frame: Sequence[str | int], other: Sequence[str | int]) -> list[str | int]:
    """The frame, and each of the other that is not in it behind the one that it followed there."""
    known = set(frame)
    followers: dict[str | int | None, list[str | int]] = {}
    anchor: str | int | None = None
    for each in other:
        if each in known:
            anchor = each
        else:
            followers.setdefault(anchor, []).append(each)
    found = followers.get(None, [])
    for each in frame:
        found += [each, *followers.get(each, ())]
    return found
