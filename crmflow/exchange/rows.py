"""Which row for the store do the cells of one line give, and by what is it known again?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from crmflow.core.intake import (
    CaseRow,
    ConsentRow,
    CustomerRef,
    CustomerRow,
    HoldingRow,
    StaffRow,
    TouchpointRow,
    UnitRow,
)
from crmflow.core.moment import EPOCH
from crmflow.core.pack import TableKind
from crmflow.errors import ImportFileError
from crmflow.exchange.layout import Layout, Place
from crmflow.exchange.mapping import known_zone
from crmflow.exchange.typed_cell import Cell, shown, written

IntakeRow = CustomerRow | HoldingRow | TouchpointRow | UnitRow | StaffRow | ConsentRow | CaseRow

# Whose numbers a file's ids are, where its mapping names no source.
SITE = "site"


class Cells(NamedTuple):
    """The values of one line, by place and name; `content` is the text that its digest is over."""

    line: int
    values: Mapping[Place, Mapping[str, Any]]
    content: Sequence[str]

    @property
    def own(self) -> Mapping[str, Any]:
        return self.values["own"]

    def customer(self) -> CustomerRef:
        """By id, else by the first key that is filled. Raises ImportFileError CRM476."""
        if (number := self.own.get("customer")) is not None:
            return _reference(None, number)
        for kind, value in self.values["key"].items():
            return _reference(kind, value)
        raise ImportFileError("CRM476")


# A customer's rows often lie together.
_reference = lru_cache(CustomerRef)


@dataclass(slots=True)
class RowMaker:
    """Makes the rows of one file, in the file's order: equal rows without a number are counted.

    `at` holds for rows without a time; `zones` are the zones of units by code, for times that name none.
    """

    layout: Layout
    source: str | None
    zone: ZoneInfo
    zones: Mapping[str, ZoneInfo] = field(default_factory=dict)
    at: datetime = EPOCH
    unit_index: int | None = field(init=False)
    kind: str = field(init=False)
    seen: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.unit_index = self.layout.index("unit")
        self.kind = self.layout.kind.name if self.layout.kind else ""

    def row(self, line: int, cells: Sequence[Cell]) -> IntakeRow:
        """Raises ImportFileError with `column`, the header of the cell that is wrong, where one cell is."""
        return MAKERS[self.layout.table](self, self.read(line, cells))

    def read(self, line: int, cells: Sequence[Cell]) -> Cells:
        zone = self.zone_of(cells)
        values: dict[Place, dict[str, Any]] = {"own": {}, "key": {}, "field": {}}
        content = []
        for position, header, place, name, kind, convert, counts, needed in self.layout.columns:
            cell = cells[position]
            try:
                value, text = convert(cell if isinstance(cell, str) else written(cell, kind), zone)
            except ImportFileError as error:
                error.parts["column"] = header
                raise
            if value is not None:
                values[place][name] = value
                if counts:
                    content.append(text)
            elif needed:
                raise ImportFileError("CRM475", name=header, column=header)
        return Cells(line, values, content)

    def zone_of(self, cells: Sequence[Cell]) -> ZoneInfo:
        if self.unit_index is None:
            return self.zone
        return self.zones.get(shown(cells[self.unit_index]).strip(), self.zone)

    def customer_row(self, cells: Cells) -> CustomerRow:
        """Known by its id, else by its first key. Raises ImportFileError CRM476 where both are empty."""
        own, keys = cells.own, cells.values["key"]
        number = own.get("external id") or next(iter(keys.values()), None)
        if number is None:
            raise ImportFileError("CRM476")
        return CustomerRow(
            self.source or SITE,
            number,
            own.get("at", self.at),
            cells.values["field"],
            keys,
            own.get("owner"),
            cells.line,
        )

    def holding_row(self, cells: Cells) -> HoldingRow:
        own = cells.own
        return HoldingRow(
            self.source or SITE,
            own["external id"],
            own.get("at", self.at),
            cells.customer(),
            self.kind,
            cells.values["field"],
            cells.line,
        )

    def touchpoint_row(self, cells: Cells) -> TouchpointRow:
        own = cells.own
        content = "\x1f".join([self.kind, *cells.content])
        digest = blake2b(content.encode(), digest_size=16).hexdigest()
        return TouchpointRow(
            self.source or SITE,
            self.touchpoint_id(own.get("external id"), digest),
            digest,
            own["at"],
            cells.customer(),
            self.kind,
            cells.values["field"],
            own.get("holding"),
            own.get("unit"),
            own.get("staff"),
            own.get("channel"),
            cells.line,
        )

    def touchpoint_id(self, number: str | None, digest: str) -> str:
        """A named source numbers its own touchpoints; without one, each kind is numbered by itself.

        A row without a number is known by its content and by how many equal rows came before it.
        """
        if number is not None:
            return number if self.source else f"{self.kind} {number}"
        self.seen[digest] += 1
        return f"{digest}-{self.seen[digest]}"

    def unit_row(self, cells: Cells) -> UnitRow:
        own = cells.own
        if "zone" in own:
            known_zone(own["zone"])
        return UnitRow(
            own["code"],
            own.get("name", own["code"]),
            own["level"],
            own.get("at", self.at),
            own.get("parent"),
            own.get("zone"),
            cells.line,
        )

    def staff_row(self, cells: Cells) -> StaffRow:
        own = cells.own
        return StaffRow(
            own["code"],
            own.get("name", own["code"]),
            own.get("at", self.at),
            own.get("left", False),
            own.get("role"),
            own.get("unit"),
            cells.line,
        )

    def consent_row(self, cells: Cells) -> ConsentRow:
        own = cells.own
        return ConsentRow(
            cells.customer(),
            self.source or SITE,
            own["purpose"],
            own["granted"],
            own.get("at", self.at),
            own.get("channel"),
            cells.line,
        )

    def case_row(self, cells: Cells) -> CaseRow:
        """Raises ImportFileError CRM475 where neither its time nor its chart is known."""
        own = cells.own
        at, chart = own.get("at") or own.get("opened"), own.get("chart") or self.kind
        if at is None or not chart:
            name = "time" if at is None else "chart"
            raise ImportFileError("CRM475", name=name, column=name)
        return CaseRow(
            self.source or SITE,
            own["key"],
            chart,
            cells.customer(),
            at,
            own.get("event"),
            own.get("state"),
            own.get("by"),
            own.get("opened"),
            own.get("holding"),
            own.get("unit"),
            own.get("level"),
            cells.values["field"],
            cells.line,
        )


MAKERS: Mapping[TableKind, Callable[[RowMaker, Cells], IntakeRow]] = {
    "customers": RowMaker.customer_row,
    "holdings": RowMaker.holding_row,
    "touchpoints": RowMaker.touchpoint_row,
    "units": RowMaker.unit_row,
    "staff": RowMaker.staff_row,
    "consents": RowMaker.consent_row,
    "cases": RowMaker.case_row,
}
