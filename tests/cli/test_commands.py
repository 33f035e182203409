"""Does a command print data on standard output, talk on standard error, and end with the right code?"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from click.testing import CliRunner, Result

from crmflow.cli import COMMANDS, main
from crmflow.core.case import Case
from crmflow.core.diagnostic import Diagnostic, Position
from crmflow.core.explanation import Explanation
from crmflow.core.listing import Column, Listing, RunReport
from crmflow.core.text import Text
from crmflow.errors import RuleFileError, StoreError, WorkflowError, catalogue
from crmflow.exchange.importing import ImportReport
from crmflow.rules.cases import CaseResult

Run = Callable[..., Result]
Answers = Callable[[object], None]

VISITS = Listing(
    "visits",
    Text("Visits", "拜访"),
    (
        Column("id", Text("visit", "编号")),
        Column("name", Text("customer", "客户"), personal=True),
        Column("due", Text("due", "期限")),
        Column("amount", Text("amount", "金额")),
    ),
    [{"id": 7, "name": "李雷", "due": datetime(2026, 6, 30, 16, tzinfo=UTC), "amount": Decimal("12.50")}],
)
REPORT = RunReport(
    Text("Run", "运行"), "2026-06-30", "r1", False, (Text("a note", "说明"),), (VISITS,), (), {}, {}, {}
)
CASE = Case(
    id=9,
    bucket=1,
    chart="core/charts/complaint",
    chart_hash="",
    customer_id=1,
    state="verify",
    opened_at=datetime(2026, 6, 30, tzinfo=UTC),
    entered_at=datetime(2026, 6, 30, tzinfo=UTC),
    key="k",
    holder="W2",
)


class Asked:
    """An engine that gives one answer and keeps what it was asked."""

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Callable[..., object]:
        def ask(*args: Any, **kwargs: Any) -> object:
            self.asked.append((name, args, kwargs))
            if isinstance(self.answer, BaseException):
                raise self.answer
            return self.answer

        return ask


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_in_both_languages(name: str) -> None:
    shown = CliRunner().invoke(main, [name, "--help"])
    assert shown.exit_code == 0
    assert any("一" <= sign <= "鿿" for sign in shown.stdout)
    assert COMMANDS[name][1] in CliRunner().invoke(main, ["--help"]).stdout


def test_a_slip_of_the_pen_is_answered_with_what_is_near() -> None:
    shown = CliRunner().invoke(main, ["chek"])
    assert (shown.exit_code, "check" in shown.stderr) == (2, True)


def test_without_a_site_a_command_says_how_to_make_one(
    run: Run, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shown = run("visits", "--lang", "zh", at=tmp_path_factory.mktemp("empty"))
    assert shown.exit_code == 2
    assert shown.stdout == ""
    assert shown.stderr.startswith("CRM801 ")
    assert "crmflow init" in shown.stderr


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (WorkflowError("CRM476"), 3, "CRM476 "),
        (RuntimeError("[boom]"), 3, "CRM811 RuntimeError：[boom]；加 --traceback"),
        (KeyboardInterrupt(), 130, "已中断"),
    ],
)
def test_what_goes_wrong_becomes_words_and_an_exit_code(
    run: Run, answers: Answers, error: BaseException, code: int, said: str
) -> None:
    answers(Asked(error))
    shown = run("visits")
    assert (shown.exit_code, shown.stdout) == (code, "")
    assert shown.stderr.replace(";", "；").replace("； ", "；").startswith(said)


def test_traceback_shows_where_an_error_arose(run: Run, answers: Answers) -> None:
    answers(Asked(StoreError("CRM476")))
    assert isinstance(run("visits", "--traceback").exception, StoreError)


def test_a_listing_is_a_table_in_the_sites_language_and_zone(run: Run, answers: Answers) -> None:
    engine = Asked(VISITS)
    answers(engine)
    shown = run("visits", "--as", "W2", "--all")
    assert shown.exit_code == 0
    assert [word in shown.stdout for word in ("客户", "•••", "2026-07-01 00:00", "李雷")] == [True] * 3 + [
        False
    ]
    assert engine.asked == [("visits", ("W2",), {"all": True})]
    assert "李雷" in run("visits", "--show-personal").stdout
    assert "customer" in run("visits", "--lang", "en").stdout


def test_json_is_only_data(run: Run, answers: Answers) -> None:
    answers(Asked(VISITS))
    shown = run("visits", "--json")
    assert json.loads(shown.stdout)["rows"] == [
        {"id": 7, "name": "•••", "due": "2026-06-30T16:00:00+00:00", "amount": "12.50"}
    ]
    assert shown.stderr == ""
    assert run("visits", "--csv").stdout.splitlines()[0] == "编号,客户,期限,金额"


def test_owners_missing_is_a_finding(run: Run, answers: Answers) -> None:
    answers(Asked(VISITS))
    assert run("owners", "--missing").exit_code == 1
    assert run("owners").exit_code == 0


def test_run_prints_tables_and_writes_the_report(run: Run, answers: Answers, site: Path) -> None:
    engine = Asked(REPORT)
    answers(engine)
    shown = run("run", "--as-of", "2026-06-30")
    assert shown.exit_code == 0
    assert "说明" in shown.stdout
    assert "<svg" not in (site / "report.html").read_text("utf-8")
    assert engine.asked[0][1] == (datetime(2026, 6, 30, 15, 59, 59, 999999, tzinfo=UTC),)
    assert json.loads(run("run", "--json").stdout)["changed"] is False


def test_a_day_that_is_none_is_a_usage_error(run: Run, answers: Answers) -> None:
    answers(Asked(REPORT))
    shown = run("run", "--as-of", "yesterday")
    assert (shown.exit_code, shown.stderr[:6]) == (2, "CRM814")


@pytest.mark.parametrize(("rejected", "code"), [(0, 0), (2, 1)])
def test_rejected_rows_are_a_finding(run: Run, answers: Answers, rejected: int, code: int) -> None:
    path = Path("x.csv.rejects.csv") if rejected else None
    answers(
        Asked(ImportReport(5, 3, 0, 0, rejected, path, (Text("read as GB18030", "按 GB18030 编码读取"),)))
    )
    shown = run("import", "customers", "x.csv")
    assert shown.exit_code == code
    assert "新增 3" in shown.stderr
    assert "按 GB18030 编码读取" in shown.stderr
    assert ("x.csv.rejects.csv" in shown.stderr) == bool(rejected)
    assert json.loads(run("import", "customers", "x.csv", "--json").stdout)["rejected"] == rejected


SENT = {"actor": "W2", "at": None, "step": None}


def test_an_event_is_sent_with_its_form(run: Run, answers: Answers) -> None:
    engine = Asked(CASE)
    answers(engine)
    shown = run("case", "send", "case:9", "done", "facts=waited = an hour", "--as", "W2")
    assert (shown.exit_code, "verify" in shown.stderr) == (0, True)
    known, sent = engine.asked
    assert known == ("staff", ("W2",), {})
    assert sent == ("send", (9, "done", {"facts": "waited = an hour"}), SENT)
    assert json.loads(run("case", "send", "9", "done", "--json").stdout)["holder"] == "W2"


@pytest.mark.parametrize(
    ("words", "code"),
    [(("case", "send", "nine", "done"), "CRM816"), (("case", "send", "9", "done", "facts"), "CRM813")],
)
def test_words_that_mean_nothing_are_usage_errors(
    run: Run, answers: Answers, words: tuple[str, ...], code: str
) -> None:
    answers(Asked(CASE))
    shown = run(*words)
    assert (shown.exit_code, shown.stderr[:6]) == (2, code)


def test_explain_shows_reasons_and_since_when(run: Run, answers: Answers) -> None:
    reason = Explanation(Text("amount is 12", "金额为 12"), holds=True)
    told = Explanation(
        Text("class A", "A 类 [客户]"), since=datetime(2026, 1, 1, tzinfo=UTC), because=(reason,)
    )
    answers(Asked(told))
    shown = run("explain", "C1").stdout
    assert "A 类 [客户] (自 2026-01-01 08:00)" in shown
    assert "✓ 金额为 12" in shown
    assert json.loads(run("explain", "C1", "--json").stdout)["because"][0]["holds"] is True


def test_rules_that_cannot_be_used_are_shown_as_findings(run: Run, answers: Answers) -> None:
    place = Position(1, 1)
    findings = (Diagnostic("CRM801", "x.yaml", place, place, {"folder": "x"}),)
    answers(Asked(RuleFileError("CRM801", folder="x", diagnostics=findings)))
    shown = run("test")
    assert (shown.exit_code, "--> x.yaml:1:1" in shown.stdout) == (1, True)


@pytest.mark.parametrize(("passed", "code"), [(True, 0), (False, 1)])
def test_failed_tests_set_the_exit_code(run: Run, answers: Answers, passed: bool, code: int) -> None:
    name = Text("boundary", "边界")
    place = Position(1, 1)
    result = CaseResult("x", "x.yaml", name, passed, expected="A", found="B", position=place)
    answers(Asked([result]))
    shown = run("test")
    assert shown.exit_code == code
    assert ("边界" in shown.stdout) is not passed
    assert json.loads(run("test", "--json").stdout)[0]["passed"] is passed


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("id", catalogue())
def test_help_explains_every_code(run: Run, id: str, language: str) -> None:
    shown = run("help", id, "--lang", language)
    assert shown.exit_code == 0
    assert catalogue()[id].title[language] in shown.stdout
    message = shown.stdout.split("\n\n")[1]
    names = (name for _, name, _, _ in Formatter().parse(catalogue()[id].message[language]) if name)
    assert not [name for name in names if f"{{{name}}}" in message], "… stands for what is found"


def test_help_explains_commands(run: Run) -> None:
    assert "crmflow visits" in run("help", "visits").stdout
    assert "Commands:" in run("help").stdout
    shown = run("help", "CRM000")
    assert (shown.exit_code, shown.stderr[:6]) == (2, "CRM812")


def test_colour_is_left_out_where_nobody_looks(
    run: Run, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(Asked(VISITS))
    assert "\x1b" not in run("visits").stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" in run("visits").stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in run("visits").stdout
