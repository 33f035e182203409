"""The command that finds mistakes in rule files, and mends them where that is safe: check."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import unified_diff
from pathlib import Path

import click

from crmflow.cli.command import FINDINGS, Command
from crmflow.cli.findings import FORMATS, chosen, codes, show_findings
from crmflow.cli.rulefiles import about, named
from crmflow.cli.shell import Shell, console
from crmflow.core.diagnostic import Diagnostic
from crmflow.exchange.atomic import replacing
from crmflow.rules import check as rules
from crmflow.rules.fix import Mended, mend
from crmflow.rules.source import RuleFile

LEVELS = ("error", "warning")


@click.command(cls=Command)
@click.argument("paths", nargs=-1, metavar="[FILE|FOLDER]...", type=click.Path(path_type=Path))
@click.option(
    "--output-format",
    "format",
    type=click.Choice(FORMATS),
    default="full",
    show_default=True,
    help="How findings are printed. 输出格式。",
)
@click.option(
    "--output-file", type=click.Path(dir_okay=False, path_type=Path), help="Print into a file. 输出到文件。"
)
@click.option("--select", default="", metavar="CODES", help="Only these: CRM214,CRM1. 只看这些代码。")
@click.option("--ignore", default="", metavar="CODES", help="All but these. 忽略这些代码。")
@click.option("--fix", is_flag=True, help="Mend what can be mended safely. 自动修正有把握的问题。")
@click.option("--diff", is_flag=True, help="Show what --fix would change. 只显示将作的修改。")
@click.option("--unsafe-fixes", is_flag=True, help="Mend by guesses too: check them. 也按推测修正，须核对。")
@click.option(
    "--fail-level",
    type=click.Choice(LEVELS),
    default="warning",
    show_default=True,
    help="The least that makes the exit code 1. 退出码为 1 的最低级别。",
)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 despite findings. 有发现也返回 0。")
@click.option(
    "--pack", "packs", metavar="NAME", multiple=True, help="Without a site: the pack. 站点之外：所用行业包。"
)
@click.option(
    "--annotate",
    metavar="FILE.xlsx",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Check a workbook of rules; notes on its cells. 检查规则工作簿，写成批注。",
)
@click.option(
    "--to", metavar="OUT.xlsx", type=click.Path(path_type=Path), help="Where to. 批注后的文件，默认原文件。"
)
@click.pass_context
def check(
    ctx: click.Context,
    paths: tuple[Path, ...],
    format: str,
    output_file: Path | None,
    select: str,
    ignore: str,
    fix: bool,
    diff: bool,
    unsafe_fixes: bool,
    fail_level: str,
    exit_zero: bool,
    packs: tuple[str, ...],
    annotate: Path | None,
    to: Path | None,
) -> None:
    """Find mistakes in rule files, each with its place and remedy. 检查规则文件。

    Without a FILE or FOLDER: all rule files of the site. 不指定文件则检查整个站点。
    """
    shell: Shell = ctx.obj
    only, without = codes(select), codes(ignore)

    def meant(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
        return chosen(about(findings, paths), only, without)

    files = named(shell, paths, packs)
    if annotate is not None:
        findings = chosen(annotated(shell, files, annotate, to or annotate), only, without)
    elif not (fix or diff):
        findings = meant(rules.check(files))
    else:
        mended = mend(files, lambda each: each.safe or unsafe_fixes, meant)
        changed = mended.changed(files)
        if diff:
            show_diff(shell, changed)
            ctx.exit(FINDINGS if changed and not exit_zero else 0)
        for _, now in changed:
            save(now)
        say_mended(shell, mended)
        findings = meant(mended.left)
    if output_file is None:
        show_findings(shell, findings, format)
    else:
        with output_file.open("w", encoding="utf-8") as file:
            show_findings(shell, findings, format, console(file))
    failing = [each for each in findings if LEVELS.index(each.severity) <= LEVELS.index(fail_level)]
    if failing and not exit_zero:
        ctx.exit(FINDINGS)


def annotated(shell: Shell, files: Sequence[RuleFile], workbook: Path, to: Path) -> tuple[Diagnostic, ...]:
    """The findings of a workbook's rule tables, which are also notes on the cells of `to`."""
    from crmflow.engine.rulesheets import annotate_rules

    findings = annotate_rules(files, workbook, to, shell.language)
    shell.say(f"notes written to {to}", f"批注已写入 {to}")
    return findings


def show_diff(shell: Shell, changed: Sequence[tuple[RuleFile, RuleFile]]) -> None:
    """The changes as `patch` and git read them."""
    for was, now in changed:
        before, after = (each.content.splitlines(keepends=True) for each in (was, now))
        for line in unified_diff(before, after, was.name, now.name):
            shell.out.file.write(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    files = len(changed)
    shell.say(f"{files} file{'s' * (files != 1)} would change", f"将修改 {files} 个文件")


def save(file: RuleFile) -> None:
    """Writes a changed file in the place of the old one."""
    with replacing(Path(file.name)) as beside:
        beside.write_bytes(file.raw)


def say_mended(shell: Shell, mended: Mended) -> None:
    """How many were mended, and how many could not be because the file is not the site's."""
    done, files = len(mended.done), len({each.file for each in mended.done})
    shell.say(
        f"{done} finding{'s' * (done != 1)} mended in {files} file{'s' * (files != 1)}",
        f"已在 {files} 个文件中修正 {done} 处",
    )
    if mended.foreign:
        shell.say(
            f"not mended in files of a pack or of crmflow itself, which stay as they are: {mended.foreign}",
            f"另有 {mended.foreign} 处在行业包或 crmflow 自带的文件中，不在此修改",
        )
