"""Which units and staff were there at a moment, who held which post, and who was away? (F1, F19)"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Table, select

from crmflow.core.intake import StaffRow, UnitRow
from crmflow.core.post import Absence, Post, Posts, Staff, Unit
from crmflow.store import tables
from crmflow.store.dated import fresh, newest, outcomes
from crmflow.store.outcome import Outcome
from crmflow.store.posts_kept import posts_at
from crmflow.store.transaction import Transaction

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Units:
    """Writes units, staff, posts and absences as dated rows, and reads them together as Posts.

    Every `put` adds what is new; repeating it changes nothing.
    """

    tx: Transaction

    def put(self, rows: Sequence[UnitRow]) -> list[Outcome]:
        said = [_without(row, "line") for row in rows]
        found = self._add(tables.unit_dated, said, ("code",))
        self._project(tables.unit, tables.unit_dated, fresh(said, found))
        return found

    def circles(self, rows: Sequence[UnitRow]) -> dict[str, str]:
        """The units that these rows would put below themselves, each with its circle."""
        if not rows:
            return {}
        known = self.tx.execute(newest(tables.unit_dated, ("code",), max(row.at for row in rows), None))
        parents = {row.code: row.parent for row in known}
        parents |= {row.code: row.parent for row in sorted(rows, key=lambda row: row.at)}
        ways = {row.code: _way_up(parents, row.code) for row in rows}
        return {code: " → ".join(way) for code, way in ways.items() if way[1:] and way[-1] == code}

    def put_staff(self, rows: Sequence[StaffRow]) -> list[Outcome]:
        """Staff, each with the post that the row names."""
        said = [_without(row, "role", "unit", "line") for row in rows]
        found = self._add(tables.staff_dated, said, ("code",))
        self._project(tables.staff, tables.staff_dated, fresh(said, found))
        named = [
            (place, row) for place, row in enumerate(rows) if row.role is not None and row.unit is not None
        ]
        posts = [(Post(row.code, row.role or "", row.unit or ""), row.at) for _, row in named]
        for (place, _), outcome in zip(named, self.put_posts(posts), strict=True):
            if found[place] == "same" and outcome != "same":
                found[place] = "changed"
        return found

    def put_posts(self, posts: Iterable[tuple[Post, datetime]], *, held: bool = True) -> list[Outcome]:
        """Posts that are taken up, or given up (`held` False), at a moment."""
        rows = [{**asdict(post), "held": held, "at": at} for post, at in posts]
        return self._add(tables.post, rows, ("staff", "role", "unit"))

    def put_absences(self, absences: Iterable[Absence]) -> list[Outcome]:
        """One that starts when a known one does takes its place; one that ends at its start cancels it."""
        rows = [
            {"staff": absence.staff, "until": absence.end, "deputy": absence.deputy, "at": absence.start}
            for absence in absences
        ]
        return self._add(tables.absence, rows, ("staff", "at"))

    def posts(self, as_of: datetime, known_at: datetime | None = None) -> Posts:
        """The tree, the staff, their posts and absences as of a moment."""
        if known_at is not None:
            return self._posts(as_of, known_at)
        return posts_at(self.tx, as_of, lambda: self._posts(as_of, None))

    def _posts(self, as_of: datetime, known_at: datetime | None) -> Posts:
        def read(table: Table, *by: str) -> Iterable[Any]:
            return self.tx.execute(newest(table, by, as_of, known_at))

        return Posts(
            (
                Unit(row.code, row.name, row.level, row.parent, row.zone)
                for row in read(tables.unit_dated, "code")
            ),
            (Staff(row.code, row.name, row.left) for row in read(tables.staff_dated, "code")),
            (
                Post(row.staff, row.role, row.unit)
                for row in read(tables.post, "staff", "role", "unit")
                if row.held
            ),
            (
                Absence(row.staff, row.at, row.until, row.deputy)
                for row in read(tables.absence, "staff", "at")
            ),
            at=as_of,
        )

    def spellings(self) -> set[str]:
        """The codes and names of all units, those that open later included."""
        rows = self.tx.execute(select(tables.unit.c.code, tables.unit.c.name))
        return {text for row in rows for text in (row.code, row.name)}

    def _add(self, table: Table, rows: Sequence[Row], by: Sequence[str]) -> list[Outcome]:
        """Adds the rows that say something new, with who wrote them and when."""
        values = [name for name in rows[0] if name not in (*by, "at")] if rows else ["at"]
        found = outcomes(self.tx, table, rows, near=by[:1], by=itemgetter(*by), says=itemgetter(*values))
        added = fresh(rows, found)
        written = {"actor": self.tx.actor, "recorded_at": self.tx.now}
        ids = self.tx.mint_spread(len(added))
        self.tx.insert(table, [{**row, **written, "id": id} for row, id in zip(added, ids, strict=True)])
        return found

    def _project(self, table: Table, dated: Table, added: Sequence[Row]) -> None:
        """Brings the rows of these codes up to date with the newest of their dated rows."""
        codes = {row["code"] for row in added}
        state = newest(dated, ("code",), None, None).subquery()
        names = [column.name for column in table.columns]
        rows = self.tx.execute(
            select(*(state.c[name] for name in names)).where(state.c.code.in_(codes))
        ).mappings()
        self.tx.put(table, [dict(row) for row in rows], ("code",))


def _way_up(parents: Mapping[str, str | None], code: str) -> list[str]:
    """From a unit upwards, to the top or to where the way meets itself."""
    way, above = [code], parents.get(code)
    while above is not None and above not in way:
        way.append(above)
        above = parents.get(above)
    return way if above is None else [*way, above]


def _without(row: UnitRow | StaffRow, *names: str) -> Row:
    return {name: value for name, value in asdict(row).items() if name not in names}
