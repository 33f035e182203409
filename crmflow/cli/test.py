"""The command that runs the tests in rule files, and says what they reach and which are missing: test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from rich.cells import cell_len
from rich.markup import escape

from crmflow.cli import options
from crmflow.cli.command import FINDINGS, Command
from crmflow.cli.render import show_explanation, write_json
from crmflow.cli.shell import Shell
from crmflow.core.explanation import Explanation
from crmflow.core.text import Text
from crmflow.exchange.atomic import replacing

if TYPE_CHECKING:
    from crmflow.rules.cases import CaseResult
    from crmflow.rules.coverage import Covered

EXPECTED: Final = Text("expected", "应为")
FOUND: Final = Text("found", "实际")
COLUMN: Final = 12  # cells of the screen
HEAD: Final = (Text("rules", "规则"), Text("branches", "分支"), Text("moves", "流转"), Text("total", "合计"))


@click.command(cls=Command)
@click.argument("names", nargs=-1, metavar="[ID|FILE|FOLDER]…")
@click.option("--coverage", is_flag=True, help="Show what the tests reach. 显示测试覆盖了哪些规则。")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Fail below this coverage. 覆盖率低于此值即失败。",
)
@click.option("--suggest", is_flag=True, help="Print skeletons of missing tests. 列出缺少的测试。")
@click.option("--write", is_flag=True, help="Put them into the site's files. 写入站点文件。")
@click.option("--fail-fast", is_flag=True, help="Stop at the first failure. 首个失败后停止。")
@options.as_json
@click.pass_context
def test(
    ctx: click.Context,
    names: tuple[str, ...],
    coverage: bool,
    threshold: float | None,
    suggest: bool,
    write: bool,
    fail_fast: bool,
    as_json: bool,
) -> None:
    """Run the tests that stand in the rule files: all, or those of some. 运行规则文件中的测试。"""
    shell: Shell = ctx.obj
    if suggest or write:
        return show_suggestions(shell, names, write=write)
    with shell.engine() as engine:
        results = engine.test(names, fail_fast=fail_fast)
        covered = engine.coverage(names) if coverage or threshold is not None else None
    failed = [result for result in results if not result.passed]
    if as_json:
        write_json(shell, record(shell, results, covered))
    else:
        for result in failed:
            show_failure(shell, result)
        if covered is not None:
            show_coverage(shell, covered)
    shell.say(
        f"{len(results)} tests, {len(failed)} failed", f"共 {len(results)} 个测试，{len(failed)} 个未通过"
    )
    enough = covered is None or threshold is None or reaches(shell, covered, threshold)
    if failed or not enough:
        ctx.exit(FINDINGS)


def show_failure(shell: Shell, result: CaseResult) -> None:
    """Where the test stands, what it expects, what was found, and how that came about."""
    place = f"{result.file}:{result.position.line}"
    name = result.name.in_language(shell.language)
    said = [word.in_language(shell.language) for word in (EXPECTED, FOUND)]
    width = max(map(len, said))
    values = (result.expected, result.found)
    shell.out.print(f"[bold red]✗[/] {escape(place)}: [bold]{escape(name)}[/]", soft_wrap=True)
    for word, value in zip(said, values, strict=True):
        shell.out.print(f"    {word.ljust(width)} {written(value)}", markup=False, soft_wrap=True)
    for explanation in result.because:
        show_explanation(shell, timeless(explanation))
    if result.finding is not None and not result.because:
        shell.out.print(f"    {result.finding.message(shell.language)}", markup=False, soft_wrap=True)


def timeless(explanation: Explanation) -> Explanation:
    """With the moments of its sentences alone: a test plays in the zone of its own calendar."""
    return replace(explanation, since=None, because=tuple(map(timeless, explanation.because)))


def written(value: object) -> str:
    """A value as a test writes it."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {each}" for key, each in value.items())
    return str(value)


def show_coverage(shell: Shell, covered: Sequence[Covered]) -> None:
    """A line for each file, then each place that no test reaches."""
    from crmflow.rules.coverage import total
    from crmflow.rules.coverage.tally import KINDS, Share

    width = max((len(each.id) for each in covered), default=0)
    head = [text.in_language(shell.language) for text in HEAD]
    blanks = [" " * (COLUMN - cell_len(word)) for word in head]
    heading = "".join(blank + word for blank, word in zip(blanks, head, strict=True))
    shell.out.print(" " * width + heading, style="bold")
    for each in covered:
        cells = [each.shares.get(kind) for kind in KINDS]
        shown = ["" if cell is None else f"{cell.reached}/{cell.all}" for cell in cells]
        line = each.id.ljust(width) + "".join(f"{cell:>{COLUMN}}" for cell in shown)
        shell.out.print(f"{line}{each.total.percent:>{COLUMN - 1}}%", markup=False, soft_wrap=True)
    shown_total: Share = total(covered)
    shell.out.print(
        " " * (width + COLUMN * len(KINDS)) + f"{shown_total.percent:>{COLUMN - 1}}%", style="bold"
    )
    for each in covered:
        for missed in each.missed:
            place = f"{missed.file}:{missed.start.line}:{missed.start.column}"
            text = f"{place}: {missed.code} {missed.message(shell.language)}"
            shell.out.print(text, markup=False, soft_wrap=True)


def reaches(shell: Shell, covered: Sequence[Covered], threshold: float) -> bool:
    """Whether all files together reach the threshold; says so if not."""
    from crmflow.rules.coverage import total

    found = total(covered)
    if not found.meets(threshold):
        shell.say(
            f"coverage is {found.percent} %, less than {threshold:g} %",
            f"覆盖率为 {found.percent}%，低于 {threshold:g}%",
        )
    return found.meets(threshold)


def record(shell: Shell, results: Sequence[CaseResult], covered: Sequence[Covered] | None) -> object:
    """For `--json`: the tests; with coverage both, by name."""
    tests = [
        {
            "id": result.rule,
            "file": result.file,
            "line": result.position.line,
            "name": result.name.in_language(shell.language),
            "passed": result.passed,
            "expected": plain(result.expected),
            "found": plain(result.found),
            "because": [each.record(shell.language) for each in result.because],
        }
        for result in results
    ]
    if covered is None:
        return tests
    from crmflow.rules.coverage import total

    files = [coverage_record(shell, each) for each in covered]
    return {"tests": tests, "coverage": {"percent": total(covered).percent, "files": files}}


def coverage_record(shell: Shell, covered: Covered) -> dict[str, Any]:
    """A file's shares, and what its tests do not reach."""
    return {
        "id": covered.id,
        "file": covered.file,
        "percent": covered.total.percent,
        **{kind: {"reached": each.reached, "all": each.all} for kind, each in covered.shares.items()},
        "missed": [missed.record(shell.language) for missed in covered.missed],
    }


def plain(value: object) -> object:
    """A value as JSON has it."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value if isinstance(value, str | bool | int | None) else str(value)


def show_suggestions(shell: Shell, names: Sequence[str], *, write: bool) -> None:
    """Skeletons of tests, file by file, on standard output or put into the files; what is left is talk."""
    with shell.engine() as engine:
        suggestions = [each for each in engine.suggest(names) if each.lines or each.left]
    for each in suggestions:
        if write and each.file is not None:
            with replacing(Path(each.file.name)) as beside:
                beside.write_bytes(each.file.raw)
            count = len(each.lines)
            shell.say(f"{each.file.name}: {count} tests added", f"{each.file.name}：已加入 {count} 个测试")
        elif each.lines:
            lines = [f"# {each.id}", "tests:", *(f"  {line}" for line in each.lines)]
            shell.out.file.writelines(f"{line}\n" for line in lines)
        for missed in each.left:
            reason = missed.message(shell.language)
            shell.say(f"{missed.place}: no test found: {reason}", f"{missed.place}：未找到测试：{reason}")
    if not any(each.lines for each in suggestions):
        shell.say("nothing to add", "没有可补充的测试")
