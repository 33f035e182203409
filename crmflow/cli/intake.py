"""Commands that bring something in: import a file, record a touchpoint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

import click

from crmflow.cli import options
from crmflow.cli.command import FINDINGS, Command
from crmflow.cli.render import write_json
from crmflow.cli.shell import Shell
from crmflow.cli.words import fields
from crmflow.core.pack import TableKind
from crmflow.exchange.importing import ImportReport
from crmflow.exchange.mapping import MappingFile

if TYPE_CHECKING:
    from crmflow.engine import Engine
    from crmflow.engine.case_intake import RulesOfThePast


RESULTS: Final = "results"


@click.command("import", cls=Command)
@click.argument("table", type=click.Choice([*get_args(TableKind), RESULTS]))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--kind", help="Which kind of holding or touchpoint. 持有物或接触点的种类。")
@click.option("--mapping", type=click.Path(path_type=Path), help="What the columns mean. 列映射文件。")
@click.option("--sheet", metavar="NAME", help="Which sheet of a workbook. 工作簿中的哪个工作表。")
@click.option(
    "--rules",
    "past",
    type=click.Choice(["mark", "none"]),
    help="What rules would have done: mark it as done, or none of it. 历史规则计为已做或不计。",
)
@click.option("--as", "actor", metavar="STAFF", default="cli", help="Who imports it. 导入人。")
@options.as_json
@click.pass_context
def import_file(
    ctx: click.Context,
    table: TableKind | Literal["results"],
    file: Path,
    kind: str | None,
    mapping: Path | None,
    sheet: str | None,
    past: RulesOfThePast | None,
    actor: str,
    as_json: bool,
) -> None:
    """Bring a CSV (also .gz), XLSX or Parquet file into the store. 导入 CSV、XLSX 或 Parquet 文件。

    Importing it again changes nothing. Rows that cannot be used are written to FILE.rejects.csv, and the exit
    code is 1. 重复导入不会改变数据；无法使用的行写入 FILE.rejects.csv，退出码为 1。

    `cases` come with their past, which is played through their charts; nothing of it is sent. Touchpoints
    open cases at the next run; with --rules mark silently and at once, with --rules none not at all.
    cases 连同历史一起导入，按流程重演，不发送任何消息。接触记录在下次运行时开立工单；加 --rules mark
    则立即开立且不发送，加 --rules none 则不开立。

    `results` are the sheets of `crmflow visits --xlsx` and `crmflow cases --xlsx`, filled in.
    results 是 `crmflow visits --xlsx`、`crmflow cases --xlsx` 写出并填好的表格。
    """
    shell: Shell = ctx.obj
    if kind and mapping:
        raise click.UsageError("--kind stands in the mapping file. 种类写在映射文件中。")
    with shell.engine() as engine:
        if table == RESULTS:
            report = take_back(shell, engine, file, actor)
        else:
            meant = MappingFile(kind=kind) if kind else mapping
            report = bring_in(shell, engine, table, file, meant, sheet, actor, past)
    if as_json:
        write_json(shell, import_record(report, shell.language))
    else:
        say_import(shell, report, file)
    if report.rejected:
        ctx.exit(FINDINGS)


def bring_in(
    shell: Shell,
    engine: Engine,
    table: TableKind,
    file: Path,
    mapping: Path | MappingFile | None,
    sheet: str | None = None,
    actor: str = "cli",
    past: RulesOfThePast | None = None,
) -> ImportReport:
    """Imports a file while the progress is shown."""
    with shell.progress(f"importing {file.name}", f"正在导入 {file.name}") as progress:
        return engine.import_file(
            table,
            file,
            mapping=mapping,
            sheet=sheet,
            language=shell.language,
            progress=progress,
            past=past,
            actor=actor,
        )


def take_back(shell: Shell, engine: Engine, file: Path, actor: str) -> ImportReport:
    """Takes filled-in sheets back while the progress is shown."""
    with shell.progress(f"reading {file.name}", f"正在读取 {file.name}") as progress:
        return engine.import_results(file, language=shell.language, progress=progress, actor=actor)


def say_import(shell: Shell, report: ImportReport, file: Path) -> None:
    """The counts, what a reader should know, and where the rejected rows are."""
    read, new, changed, same = (
        f"{count:,d}" for count in (report.read, report.new, report.changed, report.same)
    )
    shell.say(
        f"{file}: {read} rows, {new} new, {changed} changed, {same} same",
        f"{file}：共 {read} 行，新增 {new}，变更 {changed}，未变 {same}",
    )
    for note in report.notes:
        shell.say(note.en, note.zh)
    if report.rejected:
        shell.say(
            f"{report.rejected:,d} rows rejected: see {report.rejects_path}",
            f"拒绝 {report.rejected:,d} 行，见 {report.rejects_path}",
        )


def import_record(report: ImportReport, language: str) -> dict[str, object]:
    """An import for `--json`."""
    return {
        "read": report.read,
        "new": report.new,
        "changed": report.changed,
        "same": report.same,
        "rejected": report.rejected,
        "rejects": str(report.rejects_path) if report.rejects_path else None,
        "notes": [note.in_language(language) for note in report.notes],
    }


@click.command(cls=Command)
@click.argument("kind")
@click.argument("customer")
@click.argument("words", nargs=-1, metavar="[NAME=VALUE]...")
@options.at
@click.option("--unit", help="Where: a unit's code or name. 单位编号或名称。")
@click.option("--staff", help="Who of the staff: a code. 员工编号。")
@click.option("--channel", help="By which channel. 渠道。")
@click.option("--holding", help="About which holding: its number. 涉及的持有物编号。")
@click.option("--id", "external_id", help="Its number where it comes from. 外部流水号。")
@click.option("--as", "actor", metavar="STAFF", default="cli", help="Who records it. 登记人。")
@options.as_json
@click.pass_obj
def record(
    shell: Shell,
    kind: str,
    customer: str,
    words: tuple[str, ...],
    at: str | None,
    unit: str | None,
    staff: str | None,
    channel: str | None,
    holding: str | None,
    external_id: str | None,
    actor: str,
    as_json: bool,
) -> None:
    """Record one touchpoint of CUSTOMER (C123 or SOURCE/ID) with its fields. 登记一次客户接触。

    Example: crmflow record complaint C123 accused=S7 text="waited an hour"
    """
    with shell.engine() as engine:
        done = engine.record(
            kind,
            customer,
            at=shell.past(at),
            fields=fields(words),
            unit=unit,
            staff=staff,
            channel=channel,
            holding=holding,
            external_id=external_id,
            actor=actor,
        )
    if as_json:
        cases = [case.id for case in done.cases]
        write_json(shell, {"touchpoint": done.touchpoint, "new": done.new, "cases": cases})
        return
    opened = ", ".join(f"case:{case.id}" for case in done.cases)
    shell.say(
        f"touchpoint {done.touchpoint} recorded" + (f"; opened {opened}" if opened else ""),
        f"已登记，接触编号 {done.touchpoint}" + (f"；已开立工单 {opened}" if opened else ""),
    )
