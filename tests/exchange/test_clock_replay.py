"""Is the due time of each case of a file right, and is what cannot be used said by its line?"""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from crmflow.core.calendar import Calendar
from crmflow.errors import CrmflowError
from crmflow.exchange.clock_replay import ClockReplay

OFFICE = Calendar.weekly("office", ZoneInfo("Asia/Shanghai"), {"mon-fri": ["08:30-17:30"]})
TARGETS = """
format: 1
targets:
  signs: P10D
  lights: {target: PT4H}
  "roads, bridges": {target: P1D, counts: elapsed}
"""
BY_DISTRICT = """  meters: 'if district = "north" then duration("PT4H") else duration("P1D")'
"""
HEADER = "id,type,start,event,at"


def replay(folder: Path, *lines: str, header: str = HEADER, raw: bytes | None = None) -> ClockReplay:
    cases, targets = folder / "cases.csv", folder / "targets.yaml"
    cases.write_bytes(raw if raw is not None else "\n".join((header, *lines)).encode())
    targets.write_text(TARGETS + ("district" in header) * BY_DISTRICT, "utf-8")
    return ClockReplay(cases, OFFICE, targets)


def dues(replayed: ClockReplay) -> dict[str, str | None]:
    return {each.id: f"{each.at:%m-%d %H:%M}" if each.at else None for each in replayed.dues()}


def problems(replayed: ClockReplay) -> list[tuple[int, str]]:
    list(replayed.dues())
    return [(each.line, each.error.code) for each in replayed.problems]


def test_cases_come_in_the_order_in_which_they_first_appear(tmp_path: Path) -> None:
    replayed = replay(
        tmp_path,
        "007,lights,2026-01-05 09:00,pause,2026-01-05 10:00",
        "2,signs,2026-01-05 09:00,,",
        "007,lights,2026-01-05T09:00:00,resume,2026-01-05 11:00",
        '3,"roads, bridges",2026-01-09 09:00,,',
    )

    assert list(dues(replayed).items()) == [
        ("007", "01-05 14:00"),
        ("2", "01-19 09:00"),
        ("3", "01-10 09:00"),
    ]
    assert replayed.problems == []


@pytest.mark.parametrize(
    "start",
    [
        "2026-01-05 09:00",
        "2026-01-05T09:00:00",
        "2026-01-05T09:00:00+08:00",
        "2026-01-05T01:00:00Z",
        "2026/1/5 9:00",
        "2026年1月5日 9:00",
    ],
)
def test_moments_are_read_as_files_write_them(tmp_path: Path, start: str) -> None:
    assert dues(replay(tmp_path, f"1,lights,{start},,")) == {"1": "01-05 13:00"}


@pytest.mark.parametrize(
    "raw",
    [
        f"\ufeff{HEADER}\r\n1,lights,2026-01-05 09:00,,\r\n\r\n".encode(),
        f'{HEADER}\n\n"1","lights","2026-01-05 09:00","",""\n\n'.encode(),
        b"ID; Type ;START;Event;AT\n1;lights;2026-01-05 09:00;;\n",
        b"id,type,start\n1,lights,2026-01-05 09:00",
        b"at,event,start,type,id,note\n,,2026-01-05 09:00,lights,1,\xc3\xa9\n",
    ],
    ids=["bom and crlf", "quotes and blank lines", "semicolons", "without events", "other columns"],
)
def test_files_are_read_as_spreadsheets_write_them(tmp_path: Path, raw: bytes) -> None:
    assert dues(replay(tmp_path, raw=raw)) == {"1": "01-05 13:00"}


def test_a_target_may_depend_on_other_columns(tmp_path: Path) -> None:
    lines = "1,meters,2026-01-05 09:00,,,north", "2,meters,2026-01-05 09:00,,,south"

    found = dues(replay(tmp_path, *lines, header=f"{HEADER},district"))

    assert found == {"1": "01-05 13:00", "2": "01-06 09:00"}


def test_a_swap_takes_its_target_from_a_column(tmp_path: Path) -> None:
    line = "1,signs,2026-01-05 09:00,swap,2026-01-05 10:00,PT2H"

    assert dues(replay(tmp_path, line, header=f"{HEADER},target")) == {"1": "01-05 11:00"}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("1,poles,2026-01-05 09:00,,", "CRM550"),
        ("1,signs,3/2/2015 8:30 AM,,", "CRM472"),
        ("1,signs,,,", "CRM472"),
        ("1,signs,2026-02-30 09:00,,", "CRM472"),
        ("1,signs,2026-01-05 09:00,hold,2026-01-05 10:00", "CRM547"),
        ("1,signs,2026-01-05 09:00,pause,", "CRM472"),
        ("1,signs,2026-01-05 09:00,,2026-01-05 10:00", "CRM545"),
        ("1,signs,2026-01-05 09:00,swap,2026-01-05 10:00", "CRM548"),
        ("1,signs,2026-01-05 09:00,pause,2026-01-05 10:00", "CRM546"),
        ("1,signs,2026-01-05 09:00,pause", "CRM465"),
        ("1,signs,2026-01-05 09:00,,,,", "CRM465"),
        ('1,signs,2026-01-05 09:00,"pause,', "CRM466"),
        ('"1","signs,2026-01-05 09:00,,', "CRM466"),
        ("1,signs,2026-01-05 09:00,pa\0use,", "CRM468"),
    ],
)
def test_a_case_with_a_row_that_cannot_be_used_has_no_due_time(tmp_path: Path, line: str, code: str) -> None:
    replayed = replay(tmp_path, "0,signs,2026-01-05 09:00,,", line, "2,signs,2026-01-05 09:00,,")

    found = list(replayed.dues())

    assert [each.at is None for each in found] == [False, True, False]
    assert found[1].reason is not None
    assert found[1].reason.code == code
    assert [(each.line, each.error.code) for each in replayed.problems] == (
        [] if code == "CRM546" else [(3, code)]
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (",signs,2026-01-05 09:00,,", "CRM475"),
        ('1,"signs,2026-01-05 09:00,,', "CRM466"),
        ("0,lights,2026-01-05 09:00,pause,2026-01-05 10:00", "CRM551"),
        ("0,signs,2026-01-05 09:01,,", "CRM551"),
    ],
)
def test_a_row_that_is_none_is_said_by_its_line(tmp_path: Path, line: str, code: str) -> None:
    assert problems(replay(tmp_path, "0,signs,2026-01-05 09:00,,", line)) == [(3, code)]


@pytest.mark.parametrize("line", ['"1,signs,2026-01-05 09:00,,', "  ,signs"])
def test_a_broken_row_whose_case_cannot_be_told_makes_none(tmp_path: Path, line: str) -> None:
    assert list(dues(replay(tmp_path, "0,signs,2026-01-05 09:00,,", line))) == ["0"]


def test_a_row_of_a_case_that_is_broken_leaves_it_without_a_due_time(tmp_path: Path) -> None:
    replayed = replay(tmp_path, "1,signs,2026-01-05 09:00,,", "1,signs,2026-01-05 09:00,pause")

    assert dues(replayed) == {"1": None}
    assert problems(replayed) == [(3, "CRM465")]


def test_rows_after_a_broken_first_one_are_still_compared(tmp_path: Path) -> None:
    lines = "1,signs", "1,signs,2026-01-05 09:00,,", "1,lights,2026-01-05 09:00,,"

    assert problems(replay(tmp_path, *lines)) == [(2, "CRM465"), (4, "CRM551")]


@pytest.mark.parametrize(
    ("raw", "code"),
    [(f"{HEADER}\n".encode("utf-16"), "CRM453"), (b"PAR1....", "CRM544")],
    ids=["utf-16", "parquet"],
)
def test_another_format_is_named(tmp_path: Path, raw: bytes, code: str) -> None:
    with pytest.raises(CrmflowError) as refused:
        replay(tmp_path, raw=raw)

    assert refused.value.code == code


@pytest.mark.parametrize(("header", "code"), [("id,kind,start", "CRM552"), ("", "CRM451")])
def test_a_file_without_the_columns_is_refused(tmp_path: Path, header: str, code: str) -> None:
    with pytest.raises(CrmflowError) as refused:
        replay(tmp_path, header=header, raw=header.encode())

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("targets", "code"),
    [
        ("targets: {signs: P10}", "CRM068"),
        ("targets: {signs: 10}", "CRM103"),
        ("targets: {signs: {target: 2.5}}", "CRM103"),
        ("targets: {signs: 'district = \"x\"'}", "CRM103"),
        ("targets: {signs: PT1.5H}", "CRM068"),
        ("targets: {signs: PT99999999H}", "CRM068"),
        ("targets: {signs: {target: P10D, count: elapsed}}", "CRM060"),
        ("targets: {signs: {target: P10D, counts: always}}", "CRM067"),
        ("targets: {signs: distrct}", "CRM101"),
        ("targets: {}", ""),
        ("target: {signs: P10D}", "CRM060"),
    ],
)
def test_a_targets_file_that_is_wrong_is_said_at_its_place(tmp_path: Path, targets: str, code: str) -> None:
    cases, path = tmp_path / "cases.csv", tmp_path / "targets.yaml"
    cases.write_text(f"{HEADER},district\n", "utf-8")
    path.write_text(f"format: 1\n{targets}\n", "utf-8")

    with pytest.raises(CrmflowError) as refused:
        ClockReplay(cases, OFFICE, path)

    assert refused.value.code == "CRM090"
    assert refused.value.diagnostics[0].code.startswith(code)
