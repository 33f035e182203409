"""Do the commands write workbooks and schemas, and take answers back?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft7Validator
from openpyxl import load_workbook

from crmflow.cli import main
from crmflow.cli.schema import FORMATS as TYPED
from crmflow.core.listing import Asked, Column, Listing
from crmflow.core.text import Text
from crmflow.engine.schemas import FORMATS
from crmflow.exchange.importing import ImportReport

Run = Callable[..., Result]
Answers = Callable[[object], None]

UNITS = {"S1": Text("River", "滨河站")}
VISITS = Listing(
    "visits",
    Text("Visits", "拜访"),
    (Column("id", Text("id", "编号")), Column("unit", Text("unit", "单位"), labels=UNITS)),
    [{"id": 7, "unit": "S1"}],
    [Asked("visit:7:aa")],
    release="3",
)


def test_visits_are_written_as_a_workbook_by_unit(run: Run, answers: Answers, tmp_path: Path) -> None:
    answers(SimpleNamespace(visits=lambda viewer, all: VISITS))
    shown = run("visits", "--xlsx", str(tmp_path / "visits.xlsx"))
    assert (shown.exit_code, shown.stdout) == (0, "")
    assert shown.stderr.strip().endswith("visits.xlsx：1 行，1 个工作表")
    sheet, hidden = load_workbook(tmp_path / "visits.xlsx").worksheets
    assert (sheet.title, sheet["A2"].value) == ("滨河站", "visit:7:aa")
    said = {row[0]: row[1] for row in hidden.iter_rows(values_only=True)}
    assert (said["listing"], said["release"], said["zone"]) == ("visits", "3", "Asia/Shanghai")


def test_one_sheet_for_all_is_called_as_the_listing(run: Run, answers: Answers, tmp_path: Path) -> None:
    answers(SimpleNamespace(visits=lambda viewer, all: VISITS))
    run("visits", "--xlsx", str(tmp_path / "visits.xlsx"), "--sheet-per", "none")
    assert load_workbook(tmp_path / "visits.xlsx").sheetnames == ["拜访", "crmflow"]


def test_the_csv_to_fill_in_begins_with_the_key(run: Run, answers: Answers) -> None:
    answers(SimpleNamespace(visits=lambda viewer, all: VISITS))
    assert run("visits", "--csv", "--form").stdout == "crmflow,编号,单位,完成日期\nvisit:7:aa,7,S1,\n"


def test_results_are_taken_back_in_somebody_s_name(run: Run, answers: Answers) -> None:
    asked: list[Any] = []

    def take(file: Path, **options: Any) -> ImportReport:
        asked.append((file, options["actor"]))
        return ImportReport(3, 2, 0, 0, 1, Path("v.rejects.csv"), (Text("2 rows", "未填写的行：2"),))

    answers(SimpleNamespace(import_results=take))
    shown = run("import", "results", "v.xlsx", "--as", "W7")
    assert (shown.exit_code, asked) == (1, [(Path("v.xlsx"), "W7")])
    assert "新增 2" in shown.stderr
    assert "未填写的行：2" in shown.stderr


def test_every_format_can_be_typed() -> None:
    assert list(FORMATS) == list(TYPED)


@pytest.mark.parametrize("name", TYPED)
def test_a_schema_is_printed_without_a_site(name: str, tmp_path: Path) -> None:
    shown = CliRunner().invoke(main, ["--site", str(tmp_path), "schema", name])
    assert shown.exit_code == 0
    Draft7Validator.check_schema(json.loads(shown.stdout))


def test_the_schemas_of_a_site_offer_its_names_and_refuse_no_other(tmp_path: Path) -> None:
    site = str(tmp_path / "site")
    assert CliRunner().invoke(main, ["init", site, "--pack", "fuel"]).exit_code == 0
    settings = json.loads((tmp_path / "site/.vscode/settings.json").read_text("utf-8"))
    for schema in settings["yaml.schemas"]:
        Draft7Validator.check_schema(json.loads((tmp_path / "site" / schema).read_text("utf-8")))
    shown = CliRunner().invoke(main, ["--site", site, "schema", "rulebook", "--names"])
    rulebook = json.loads(shown.stdout)
    roles = rulebook["definitions"]["Choose"]["properties"]["role"]["anyOf"][0]["enum"]
    assert "station manager" in roles
    params = json.loads(CliRunner().invoke(main, ["--site", site, "schema", "params", "--names"]).stdout)
    assert "days of grace" in params["properties"]["fuel/visits/overdue"]["properties"]
    own = {"format": 1, "fuel/visits/overdue": {"days of grace": {"value": 5}, "new": {"value": 1}}}
    Draft7Validator(params).validate(own)


def test_settings_of_an_editor_that_are_there_stay(tmp_path: Path) -> None:
    site = tmp_path / "site"
    CliRunner().invoke(main, ["init", str(site), "--pack", "fuel"])
    settings = site / ".vscode" / "settings.json"
    settings.write_text("{}", "utf-8")
    schema = site / ".vscode" / "crmflow" / "chart.json"
    schema.unlink()
    assert CliRunner().invoke(main, ["--site", str(site), "schema"]).exit_code == 0
    assert settings.read_text("utf-8") == "{}"
    assert schema.is_file()
