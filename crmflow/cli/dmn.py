"""Commands about DMN models: evaluate one, check or convert it, run the standard's test kit."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape

from crmflow.cli.command import FINDINGS, Command
from crmflow.cli.findings import show_findings
from crmflow.cli.render import write_json
from crmflow.cli.shell import Shell
from crmflow.errors import SettingsError

if TYPE_CHECKING:
    from crmflow.rules.dmn import Model
    from crmflow.rules.dmn.tck import Outcome, Score

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def dmn() -> None:
    """Evaluate, check or convert DMN models; run the DMN TCK. 运行、检查、转换 DMN 模型，运行测试套件。"""


@dmn.command(cls=Command)
@click.argument("file", type=FILE)
@click.argument("name")
@click.option(
    "--given", metavar="JSON", default="{}", help="The inputs, in JSON or FEEL. 输入，JSON 或 FEEL。"
)
@click.pass_obj
def evaluate(shell: Shell, file: Path, name: str, given: str) -> None:
    """Print the value of the decision or service NAME of FILE as JSON. 计算决策或决策服务的结果。

    Example: crmflow dmn evaluate discount.dmn Discount --given '{"since": @"2020-05-01", "sum": 120}'
    """
    from crmflow.rules import dmn, feel

    inputs = feel.evaluate(given)
    if not isinstance(inputs, dict):
        raise SettingsError("CRM843", word=given)
    model = dmn.load(file)
    value = model.evaluate(name, inputs)
    say_notices(shell, model)
    write_json(shell, plain(value))


@dmn.command(cls=Command)
@click.argument("file", type=FILE)
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_context
def convert(ctx: click.Context, file: Path, target: Path) -> None:
    """Write FILE as DMN 1.3, which dmn-js and Camunda open, to TARGET. 转换为 DMN 1.3。

    Exits with 1 where the model holds what cannot be used; it is written nevertheless.
    """
    from crmflow.rules import dmn

    shell: Shell = ctx.obj
    model = dmn.load(file)
    model.write(target)
    if model.notices:
        show_findings(shell, model.notices, "full")
        ctx.exit(FINDINGS)


@dmn.command(cls=Command)
@click.argument("file", type=FILE)
@click.pass_context
def check(ctx: click.Context, file: Path) -> None:
    """Look for gaps, overlaps and rows that never count in the tables of FILE. 检查决策表的逻辑问题。

    Each finding is shown by an input that was evaluated. Exits with 1 where there is one.
    """
    from crmflow.rules import dmn

    shell: Shell = ctx.obj
    model = dmn.load(file)
    found = (*model.notices, *model.check())
    show_findings(shell, found, "full")
    if found:
        ctx.exit(FINDINGS)


@dmn.command(cls=Command)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--results",
    metavar="CSV",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the kit's own results file. 写出测试套件的结果文件。",
)
@click.option("--misses", is_flag=True, help="List each case that fails. 列出未通过的用例。")
@click.pass_obj
def tck(shell: Shell, folder: Path, results: Path | None, misses: bool) -> None:
    """Run the DMN TCK's TestCases FOLDER, or one below it, and count. 运行 DMN TCK 并计数。

    strict: equal, and nothing raised where null is due; lenient: an exception counts as null;
    value-expected: strict, of the cases that expect a value.
    """
    from crmflow.rules.dmn.tck import Score, run, write_results

    outcomes = []
    with shell.progress("running the kit", "正在运行测试套件") as progress:
        for outcome in run(folder):
            outcomes.append(outcome)
            if progress is not None:
                progress(len(outcomes), len(outcomes) + 1)
    if results is not None:
        write_results(outcomes, results)
    failed = [outcome for outcome in outcomes if not outcome.strict]
    for outcome in failed if misses else ():
        case = outcome.case
        shell.out.print(
            f"[bold red]✗[/] {escape(f'{case.folder} {case.id}: {outcome.detail}')}", soft_wrap=True
        )
    show_score(shell, Score.of(outcomes), failed)


def show_score(shell: Shell, score: Score, failed: list[Outcome]) -> None:
    """The failures by folder, then the three counts."""
    by_folder: dict[str, int] = defaultdict(int)
    for outcome in failed:
        by_folder[outcome.case.folder] += 1
    for name, count in by_folder.items():
        shell.out.print(f"{count:>6}  {escape(name)}", soft_wrap=True)
    words = {
        "en": ("strict", "lenient", "value-expected"),
        "zh": ("严格", "宽松", "应有值"),
    }[shell.language]
    pairs = (
        (score.strict, score.cases),
        (score.lenient, score.cases),
        (score.value_passed, score.value_cases),
    )
    for word, (passed, of) in zip(words, pairs, strict=True):
        share = f"{passed / of:.1%}" if of else "-"
        shell.out.print(f"{word} {passed:,} / {of:,} {share}")


def say_notices(shell: Shell, model: Model) -> None:
    """What cannot be used in a model, one line each on standard error."""
    for notice in model.notices:
        place = f"{notice.file}:{notice.start.line}:{notice.start.column}"
        line = f"{place}: {notice.code} {notice.message(shell.language)}"
        shell.say(line, line)


def plain(value: Any) -> Any:
    """A FEEL value as JSON has it; dates, durations and numbers that JSON would round as texts."""
    from crmflow.rules import feel

    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, Decimal):
        number = int(value) if value == value.to_integral_value() else float(value)
        return number if Decimal(repr(number)) == value else str(value)
    if value is None or isinstance(value, (bool, str)):
        return value
    return feel.to_xsd(value)
