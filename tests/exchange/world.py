"""A small vocabulary and a store in memory to import into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from crmflow.core.field import Field
from crmflow.core.intake import (
    CaseRow,
    ConsentRow,
    Counts,
    CustomerRow,
    HoldingRow,
    StaffRow,
    TouchpointRow,
    UnitRow,
)
from crmflow.core.text import Text
from crmflow.errors import CrmflowError, StoreError
from crmflow.exchange.importing import Put
from crmflow.exchange.layout import Kind, Names
from crmflow.exchange.rows import IntakeRow


def spelled(*fields: Field) -> dict[str, Field]:
    return {spelling: one for one in fields for spelling in (one.name, one.label.en, one.label.zh)}


AMOUNT = Field("amount", "number", Text("amount", "金额"), precision=12, scale=2)
PROMISED = Field("promised", "instant", Text("promised", "约定时间"))
BORN = Field("core.born", "date", Text("date of birth", "出生日期"))
PURCHASE = Kind("retail.purchase", spelled(AMOUNT, PROMISED))
PLATE = Kind("fuel.plate", spelled(Field("model", "string", Text("model", "车型"))))

NAMES = Names(
    keys={"member": "member", "会员号": "member", "phone": "phone", "手机号": "phone"},
    roles={"clerk": "clerk", "员工": "clerk"},
    customer=spelled(BORN),
    holdings={"plate": PLATE, "车牌": PLATE},
    touchpoints={"purchase": PURCHASE, "购物": PURCHASE, "fill": Kind("fuel.fill", {})},
)


@dataclass
class Memory:
    """Keeps rows by identity, as the store does; refuses customers named in `refused`."""

    refused: frozenset[str] = frozenset()
    rows: dict[object, IntakeRow] = field(default_factory=dict)

    def __call__(self, rows: Sequence[IntakeRow], /) -> Put:
        new = same = 0
        refused: list[tuple[int, CrmflowError]] = []
        for row in rows:
            if isinstance(row, TouchpointRow) and row.customer.value in self.refused:
                refused.append((row.line or 0, StoreError("CRM476")))
            elif identity(row) in self.rows:
                same += 1
            else:
                new += 1
                self.rows[identity(row)] = row
        return Put(Counts(new=new, same=same), refused)


def identity(row: IntakeRow) -> object:
    match row:
        case CustomerRow() | HoldingRow() | TouchpointRow():
            return row.source, row.external_id
        case UnitRow():
            return row.code
        case StaffRow():
            return row.code, row.role, row.unit
        case ConsentRow():
            return row.customer, row.purpose, row.channel, row.at
        case CaseRow():
            return row.source, row.key, row.at, row.event
