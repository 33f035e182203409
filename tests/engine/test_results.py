"""Do the sheets that people filled in close visits and move cases, once, and is every other row refused?"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from crmflow import Engine, ImportFileError, Listing
from crmflow.exchange.book import write_book
from crmflow.exchange.importing import ImportReport
from crmflow.exchange.listings import Style, as_csv

Fill = Callable[[dict[str, Any]], Mapping[str, Any] | None]
MADE_ON = "made on"


def written(engine: Engine, listing: Listing, path: Path) -> Path:
    write_book(listing, Style("en", engine.site.zone), path, per=None)
    return path


def fill(path: Path, fill: Fill) -> None:
    """Lets somebody fill in the sheets: `fill` gets a row by header and gives what to write, by header."""
    book = load_workbook(path)
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        headers = [str(cell.value) for cell in sheet[1]]
        places = {header: place for place, header in enumerate(headers, 1)}  # the last of equal ones
        for number in range(2, sheet.max_row + 1):
            row = {header: sheet.cell(number, place).value for header, place in places.items()}
            for header, value in (fill(row) or {}).items():
                sheet.cell(number, places[header]).value = value
    book.save(path)


def rejects(report: ImportReport) -> list[list[str]]:
    assert report.rejects_path is not None
    with report.rejects_path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))[1:]


def counts(report: ImportReport) -> tuple[int, int, int]:
    return report.new, report.same, report.rejected


def overdue(answers: Mapping[str, Any], *, most: int = 1) -> Fill:
    """Fills in the first visits whose form asks for a cause."""
    left = iter(range(most))

    def fill(row: dict[str, Any]) -> Mapping[str, Any] | None:
        asked = row["rulebook"] == "fuel/visits/overdue" and next(left, None) is not None
        return answers if asked else None

    return fill


@pytest.fixture
def sheets(engine: Engine, tmp_path: Path) -> Path:
    return written(engine, engine.visits(), tmp_path / "visits.xlsx")


def test_what_is_filled_in_closes_visits_and_the_rest_is_passed_over(engine: Engine, sheets: Path) -> None:
    before = len(engine.visits().rows)
    fill(sheets, overdue({"cause": "+86 moved house", "measure": 5, MADE_ON: date(2026, 6, 30)}, most=3))
    report = engine.import_results(sheets, actor="W01")
    assert counts(report) == (3, 0, 0)
    assert report.notes[0].en == f"{before - 3} rows were left empty"
    assert len(engine.visits().rows) == before - 3
    again = engine.import_results(sheets, actor="W01")
    assert counts(again) == (0, 3, 0)


def test_the_outcome_is_the_form_and_the_actor_is_named(engine: Engine, sheets: Path) -> None:
    fill(sheets, overdue({"cause": "price", "measure": "coupon", MADE_ON: date(2026, 6, 30)}))
    engine.import_results(sheets, actor="W01")
    with engine.store.reading() as batch:
        (visit,) = [each for each in batch.visits.scan(open_only=False) if each.state == "done"]
        assert batch.visits.outcome(visit.id) == {"cause": "price", "measure": "coupon"}
        assert visit.closed_at is not None
        assert visit.closed_at.astimezone(engine.site.zone).date() == date(2026, 6, 30)
        entries = [
            each for each in batch.journal.of(subject=f"visit:{visit.id}") if each.kind == "visit done"
        ]
    assert [entry.actor for entry in entries] == ["W01"]


def test_another_answer_to_what_is_done_is_a_conflict(engine: Engine, sheets: Path) -> None:
    fill(sheets, overdue({"cause": "price", "measure": "coupon"}))
    engine.import_results(sheets)
    fill(sheets, overdue({"measure": "call again"}))
    ((key, place, _, _, code, reason),) = rejects(engine.import_results(sheets))
    assert (key.split(":")[0], code) == ("visit", "CRM499")
    assert "!" in place
    assert "measure" in reason


@pytest.mark.parametrize(
    ("answers", "code", "column"),
    [
        ({"cause": "price"}, "CRM523", ""),
        ({MADE_ON: date(2026, 6, 30)}, "CRM523", ""),
        ({"cause": "price", "measure": "coupon", MADE_ON: date(2999, 1, 1)}, "CRM630", ""),
        ({"cause": "price", "measure": "coupon", MADE_ON: "yesterday"}, "CRM471", MADE_ON),
        ({"cause": 110101199003078515, "measure": "coupon"}, "CRM490", "cause"),
        ({"cause": "price", "measure": "coupon", "needs": "a card"}, "CRM512", ""),
        ({"cause": "price", "measure": "coupon", "crmflow": "visit:17:000000000000"}, "CRM498", ""),
        ({"cause": "price", "measure": "coupon", "crmflow": "case:x"}, "CRM498", ""),
    ],
)
def test_a_row_that_cannot_be_taken_says_why(
    engine: Engine, sheets: Path, answers: Mapping[str, Any], code: str, column: str
) -> None:
    before = engine.visits().rows
    fill(sheets, overdue(answers))
    ((_, place, named, _, found, _),) = rejects(engine.import_results(sheets))
    assert (found, named) == (code, column)
    assert place.split("!")[1][0].isalpha() == bool(column)
    assert engine.visits().rows == before


def test_a_visit_that_was_withdrawn_is_not_open(engine: Engine, sheets: Path) -> None:
    fill(sheets, overdue({"cause": "price", "measure": "coupon"}))
    with engine.store.batch("test") as batch:
        open_ = [visit for visit in batch.visits.scan() if visit.rulebook == "fuel/visits/overdue"]
        batch.visits.close([(visit.id, "withdrawn", batch.now, None) for visit in open_])
    ((*_, code, _),) = rejects(engine.import_results(sheets))
    assert code == "CRM521"


def test_a_csv_file_comes_back_alike(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "visits.csv"
    rows = list(csv.reader(as_csv(engine.visits(), Style("en"), form=True).splitlines()))
    cause = rows[0].index("cause")
    chosen = next(row for row in rows if "fuel/visits/overdue" in row)
    chosen[cause : cause + 2] = ["price", "coupon"]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    assert counts(engine.import_results(path)) == (1, 0, 0)
    assert counts(engine.import_results(path)) == (0, 1, 0)


def test_a_case_moves_on_by_its_form(engine: Engine, tmp_path: Path) -> None:
    path = written(engine, engine.cases(), tmp_path / "cases.xlsx")
    steps = {row["id"]: row["step"] for row in engine.cases().rows}
    chosen: list[int] = []

    def done(row: dict[str, Any]) -> Mapping[str, Any] | None:
        if row["step"] != "accept" or chosen:
            return None
        chosen.append(int(row["id"]))
        return {MADE_ON: date(2026, 7, 1)}

    fill(path, done)
    assert counts(engine.import_results(path, actor="W09")) == (1, 0, 0)
    moved = {row["id"]: row["step"] for row in engine.cases().rows}
    assert {id for id in steps if steps[id] != moved.get(id)} == set(chosen)
    assert counts(engine.import_results(path, actor="W09")) == (0, 1, 0)


def test_sheets_of_another_site_are_refused(engine: Engine, sheets: Path, tmp_path: Path) -> None:
    fill(sheets, overdue({"cause": "price", "measure": "coupon"}))
    other = tmp_path / "other.csv"
    other.write_text("customer,cause\nC1,price\n", "utf-8")
    with pytest.raises(ImportFileError) as refused:
        engine.import_results(other)
    assert refused.value.code == "CRM498"
