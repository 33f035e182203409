"""Commands that bring rule tables out and in: rules export, rules import, rules from-dmn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crmflow.cli.command import FINDINGS, Command
from crmflow.cli.findings import show_findings
from crmflow.cli.shell import Shell
from crmflow.core.text import Text

if TYPE_CHECKING:
    from crmflow.engine.rulesheets import SheetImport
    from crmflow.exchange.rulesheet.merge import Side
    from crmflow.exchange.rulesheet.returned import Returned

_SAID = {
    "added": Text("{count} row{s} added", "新增 {count} 行"),
    "deleted": Text("{count} row{s} deleted", "删除 {count} 行"),
    "moved": Text("{count} row{s} moved", "移动 {count} 行"),
    "cells": Text("{count} cell{s} changed", "修改 {count} 格"),
}
TARGET = click.Path(path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(cls=Command)
@click.argument("ids", nargs=-1, metavar="[RULEBOOK|CHART]...")
@click.option(
    "--to", "target", type=TARGET, required=True, help="FILE.xlsx, FILE.csv or DIR. 目标文件或目录。"
)
@click.pass_obj
def export(shell: Shell, ids: tuple[str, ...], target: Path) -> None:
    """Write rule tables as a workbook (.xlsx) or as CSV, all without ids. 把规则表导出为表格。

    Example: crmflow rules export fuel/segments/class --to class.xlsx
    """
    suffix = target.suffix.lower()
    if suffix in (".xls", ".xlsm", ".ods", ".et") or (suffix == ".csv" and len(ids) != 1):
        raise click.BadParameter(
            "FILE.xlsx, FILE.csv (one id), or DIR. 只能是 .xlsx、.csv（仅一个编号）或目录。",
            param_hint="--to",
        )
    with shell.engine() as engine:
        files = engine.export_rules(ids, to=target, language=shell.language)
    for file in files:
        shell.out.print(str(file), soft_wrap=True, markup=False)


@click.command("import", cls=Command)
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option(
    "--diff", is_flag=True, help="Show the change of the files, write nothing. 只显示差异，不写入。"
)
@click.option("--dry-run", is_flag=True, help="Say what would change, write nothing. 只预览，不写入。")
@click.option(
    "--ours", "prefer", flag_value="ours", help="In a conflict the rule file counts. 冲突时以规则文件为准。"
)
@click.option(
    "--theirs", "prefer", flag_value="theirs", help="In a conflict the sheet counts. 冲突时以表格为准。"
)
@click.pass_context
def import_(
    ctx: click.Context, files: tuple[Path, ...], diff: bool, dry_run: bool, prefer: Side | None
) -> None:
    """Take edited sheets back into the rule files: all, or none. 把改好的表格写回规则文件。

    Only what was changed in the sheet changes; comments and layout of the rule files stay.
    """
    shell: Shell = ctx.obj
    with shell.engine() as engine:
        result = engine.import_rules(files, prefer=prefer, write=not (diff or dry_run))
    for note in result.notes:
        shell.say(note.en, note.zh)
    if result.findings:
        show_findings(shell, result.findings, "full")
        shell.say("nothing was written", "未写入任何文件")
        ctx.exit(FINDINGS)
    show_changes(shell, result, diff)


@click.command("from-dmn", cls=Command)
@click.argument("file", type=FILE)
@click.option("--decision", required=True, metavar="NAME", help="Its name or id in the model. 决策名或编号。")
@click.option("--output", metavar="NAME", help="Of several outputs the one to take. 多个输出时取哪一个。")
@click.option("--id", "id", required=True, help="Of the rulebook: segments/risk. 规则的编号，即其路径。")
@click.pass_context
def from_dmn(ctx: click.Context, file: Path, decision: str, output: str | None, id: str) -> None:
    """Write a decision table of a DMN model as a rulebook. 把 DMN 决策表写成规则文件。

    Inputs that the site does not know become fields in its vocabulary.
    """
    shell: Shell = ctx.obj
    with shell.engine() as engine:
        carried = engine.carry_over(file, decision, output=output, id=id)
    for note in carried.notes:
        shell.say(note.en, note.zh)
    if carried.findings:
        show_findings(shell, carried.findings, "full")
        shell.say("nothing was written", "未写入任何文件")
        ctx.exit(FINDINGS)
    for each in carried.files:
        shell.out.print(each.path, soft_wrap=True, markup=False)


def show_changes(shell: Shell, result: SheetImport, diff: bool) -> None:
    """Each changed file in one line, or as a diff."""
    changed = [each for each in result.returned if each.changes]
    for each in changed:
        if diff:
            shell.out.print(each.diff(), end="", soft_wrap=True, markup=False)
        else:
            shell.out.print(line(each, shell.language), soft_wrap=True, markup=False)
    if not changed:
        shell.say("nothing has changed", "没有改动")
    elif result.written:
        shell.say(
            "next: crmflow check, crmflow test, crmflow publish",
            "接下来：crmflow check、crmflow test、crmflow publish",
        )


def line(returned: Returned, language: str) -> str:
    """ "fuel/segments/class.yaml: 1 row added, 2 cells changed"."""
    changes = returned.changes
    counts = {name: getattr(changes, name) for name in _SAID}
    said = [
        _SAID[name].in_language(language).format(count=count, s="s" * (count > 1))
        for name, count in counts.items()
        if count
    ]
    return f"{returned.file.path}: " + Text(", ", "，").in_language(language).join(said)
