"""Does an import keep every good row, name every bad one, and change nothing the second time?"""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.intake import (
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
from crmflow.exchange import importing
from crmflow.exchange.importing import ImportReport, import_table
from crmflow.exchange.mapping import MappingFile
from tests.exchange.world import NAMES, Memory

SHANGHAI = ZoneInfo("Asia/Shanghai")
PURCHASES = MappingFile(kind="purchase", source="pos")
HEADER = "会员号,时间,金额"


def load(
    folder: Path,
    text: str | bytes,
    store: Memory,
    table: TableKind = "touchpoints",
    mapping: MappingFile | None = None,
    **options: object,
) -> ImportReport:
    path = folder / "file.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    mapping = mapping or (PURCHASES if table == "touchpoints" else MappingFile())
    return import_table(table, path, names=NAMES, put=store, zone=SHANGHAI, mapping=mapping, **options)  # type: ignore[arg-type]


def loaded(folder: Path, text: str, table: TableKind, mapping: MappingFile | None = None) -> object:
    store = Memory()
    assert load(folder, text, store, table, mapping).rejected == 0
    (row,) = store.rows.values()
    return row


def test_a_purchase_becomes_a_touchpoint(tmp_path: Path) -> None:
    row = loaded(tmp_path, f"{HEADER},流水号\nM1,2026-01-05 09:05,12.50,T1\n", "touchpoints")
    assert isinstance(row, TouchpointRow)
    assert (row.source, row.external_id, row.kind) == ("pos", "T1", "retail.purchase")
    assert row.at == datetime(2026, 1, 5, 1, 5, tzinfo=UTC)
    assert (row.customer, row.fields, row.line) == (CustomerRef("member", "M1"), {"amount": 1250}, 2)


@pytest.mark.parametrize(
    ("table", "text", "row"),
    [
        (
            "customers",
            "客户编号,手机号,出生日期,客户经理\nC1,199,1990-02-28,S1\n",
            CustomerRow(
                "site", "C1", EPOCH, {"core.born": date(1990, 2, 28)}, {"phone": "199"}, "S1", line=2
            ),
        ),
        ("customers", "会员号\nM1\n", CustomerRow("site", "M1", EPOCH, {}, {"member": "M1"}, line=2)),
        (
            "units",
            "编号,名称,层级,上级,时区\nU1,一站,station,D1,Asia/Urumqi\n",
            UnitRow("U1", "一站", "station", EPOCH, "D1", "Asia/Urumqi", line=2),
        ),
        (
            "staff",
            "工号,姓名,岗位,单位,离职\nS1,李雷,clerk,U1,是\n",
            StaffRow("S1", "李雷", EPOCH, True, "clerk", "U1", line=2),
        ),
        (
            "consents",
            "客户编号,用途,同意,时间\nC1,marketing,否,2026-01-05\n",
            ConsentRow(
                CustomerRef(None, "C1"),
                "site",
                "marketing",
                False,
                datetime(2026, 1, 4, 16, tzinfo=UTC),
                line=2,
            ),
        ),
    ],
)
def test_each_table_gives_its_rows(tmp_path: Path, table: TableKind, text: str, row: object) -> None:
    assert loaded(tmp_path, text, table) == row


def test_a_holding_belongs_to_a_customer(tmp_path: Path) -> None:
    row = loaded(tmp_path, "编号,客户编号,车型\n京A1,C1,卡车\n", "holdings", MappingFile(kind="车牌"))
    assert row == HoldingRow(
        "site", "京A1", EPOCH, CustomerRef(None, "C1"), "fuel.plate", {"model": "卡车"}, line=2
    )


def test_roles_and_levels_are_known_by_every_spelling(tmp_path: Path) -> None:
    row = loaded(tmp_path, "工号,岗位\nS1,员工\n", "staff")
    assert isinstance(row, StaffRow)
    assert row.role == "clerk"
    assert load(tmp_path, "工号,岗位\nS1,店员\n", Memory(), "staff").rejected == 1


def test_a_second_import_changes_nothing_and_real_duplicates_stay(tmp_path: Path) -> None:
    store = Memory()
    text = f"{HEADER}\nM1,1998-06-30,12.50\nM1,1998-06-30,12.50\nM1,1998-06-30,12.50\nM2,1998-06-30,12.50\n"
    assert load(tmp_path, text, store).new == 4
    again = load(tmp_path, text, store)
    assert (again.read, again.new, again.same) == (4, 0, 4)


@given(
    order=st.permutations([0, 1, 2]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]),
    delimiter=st.sampled_from([",", ";", "\t"]),
    amounts=st.lists(st.sampled_from(["12.5", "12.50", "１２．５０", "7"]), min_size=1, max_size=4),
)
def test_a_file_in_other_dress_is_the_same_file(
    tmp_path_factory: pytest.TempPathFactory,
    order: list[int],
    encoding: str,
    delimiter: str,
    amounts: list[str],
) -> None:
    """Order of columns, encoding, delimiter and spelling of numbers do not change who a row is."""
    folder = tmp_path_factory.getbasetemp()
    rows = [["会员号", "时间", "金额"], *(["会员一", "1998/6/30", amount] for amount in amounts)]
    plain = "\n".join(",".join(row).replace("１２．５０", "12.5") for row in rows)
    dressed = "\n".join(delimiter.join(row[index] for index in order) for row in rows)
    store = Memory()
    assert load(folder, plain, store).new == len(amounts)
    assert load(folder, dressed.encode(encoding), store).same == len(amounts)


def test_without_a_source_kinds_number_their_own_rows(tmp_path: Path) -> None:
    store = Memory()
    load(tmp_path, "会员号,时间,流水号\nM1,1998-06-30,1\n", store, mapping=MappingFile(kind="purchase"))
    load(tmp_path, "会员号,时间,流水号\nM1,1998-06-30,1\n", store, mapping=MappingFile(kind="fill"))
    assert list(store.rows) == [("site", "retail.purchase 1"), ("site", "fuel.fill 1")]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_bad_rows_are_set_aside_with_where_and_why(tmp_path: Path, language: str) -> None:
    text = f"{HEADER}\nM1,1998-06-30,12.50\nM2,1998-06-30,12.505\nM3,,1\n,1998-06-30,1\nM4\nM5,1998-06-30,9\n"
    store = Memory(refused=frozenset({"M5"}))
    report = load(tmp_path, text, store, language=language)
    assert (report.read, report.new, report.rejected) == (6, 1, 5)
    assert report.rejects_path == tmp_path / "file.csv.rejects.csv"
    content = report.rejects_path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    header, *rows = csv.reader(content.decode("utf-8-sig").splitlines())
    assert header[:3] == ["会员号", "时间", "金额"]
    assert sorted(row[3:7] for row in rows) == [
        ["3", "金额", "12.505", "CRM470"],
        ["4", "时间", "", "CRM475"],
        ["5", "", "", "CRM476"],
        ["6", "", "", "CRM465"],
        ["7", "", "", "CRM476"],
    ]
    assert all(row[7] for row in rows)


def test_rejects_that_cannot_be_written_stop_the_import(tmp_path: Path) -> None:
    (tmp_path / "file.csv.rejects.csv").mkdir()
    with pytest.raises(ImportFileError, match="CRM464"):
        load(tmp_path, f"{HEADER}\nM1,,1\n", Memory())


def test_the_notes_name_the_encoding_and_unused_columns(tmp_path: Path) -> None:
    report = load(tmp_path, f"{HEADER},备注\nM1,1998-06-30,1,无\n".encode("gb18030"), Memory())
    assert [note.en for note in report.notes] == ["read as GB18030", "columns not used: 备注"]


def test_times_without_a_zone_are_read_in_the_units_zone(tmp_path: Path) -> None:
    text = "会员号,时间,单位\nM1,2026-01-05,U1\nM1,2026-01-05,U2\n"
    zones = {"U1": ZoneInfo("Europe/Berlin")}
    store = Memory()
    load(tmp_path, text, store, zones=zones)
    hours = [row.at.hour for row in store.rows.values() if isinstance(row, TouchpointRow)]
    assert hours == [23, 16]
    store = Memory()
    utc = MappingFile(kind="purchase", zone=ZoneInfo("UTC"))
    load(tmp_path, text, store, mapping=utc, zones=zones)
    assert {row.at.hour for row in store.rows.values() if isinstance(row, TouchpointRow)} == {0}


def test_rows_without_a_time_hold_from_the_day_that_the_mapping_names(tmp_path: Path) -> None:
    row = loaded(tmp_path, "客户编号\nC1\n", "customers", MappingFile(at=date(2026, 1, 1)))
    assert isinstance(row, CustomerRow)
    assert row.at == datetime(2025, 12, 31, 16, tzinfo=UTC)


def test_progress_reaches_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    seen: list[tuple[int, int]] = []
    text = HEADER + "".join(f"\nM{n},1998-06-30,{Decimal(n)}" for n in range(5))
    load(tmp_path, text, Memory(), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(3, 6), (5, 6), (6, 6)]
