"""Commands about clocks: when is each case of a file due?"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from crmflow.cli import options
from crmflow.cli.command import FINDINGS, Command
from crmflow.cli.render import table
from crmflow.cli.shell import Shell
from crmflow.core.listing import Column, Listing
from crmflow.core.text import Text
from crmflow.errors import CrmflowError
from crmflow.exchange.clock_replay import ClockReplay, Due
from crmflow.exchange.listings import Style
from crmflow.rules.due import load_calendar

FILE = click.Path(dir_okay=False, path_type=Path)
TITLE = Text("Due times", "到期时间")
COLUMNS = (
    Column("id", Text("case", "工单")),
    Column("due", Text("due", "到期时间")),
    Column("note", Text("note", "说明")),
)
PROVISIONAL = Text("provisional: holidays not published yet", "暂定：节假日尚未公布")


@click.group()
def clock() -> None:
    """Count working time by a calendar. 按日历计算时限。"""


@clock.command(cls=Command)
@click.argument("file", type=FILE)
@click.option("--calendar", type=FILE, required=True, help="A calendar's file. 日历文件。")
@click.option("--targets", type=FILE, required=True, help="The target of each type. 各类型时限文件。")
@options.as_json
@click.pass_context
def replay(ctx: click.Context, file: Path, calendar: Path, targets: Path, as_json: bool) -> None:
    """When is each case of FILE due, by what happened to its clock? 按事件回放，计算每个工单的到期时间。

    FILE is a CSV file (also .gz) with the columns id, type, start, event, at: a row for each event, or one
    without. Events are pause, resume, stop, reopen, start, and swap with a column target. Rows that cannot be
    used are named on standard error, and the exit code is 1.
    FILE 为 CSV 文件（也可为 .gz），列为 id、type、start、event、at：每个事件一行，无事件的工单一行。
    无法使用的行显示在标准错误输出，退出码为 1。

    No site is needed. 无需站点。
    """
    shell: Shell = ctx.obj
    played = ClockReplay(file, load_calendar(calendar), targets)
    if as_json:
        write_lines(shell, played.dues())
    else:
        show_table(shell, played.dues(), played.calendar.zone)
    for problem in played.problems:
        shell.err.print(
            f"{file}:{problem.line}: {problem.error.code} {problem.error.text(shell.language)}",
            markup=False,
            soft_wrap=True,
        )
    if played.problems:
        ctx.exit(FINDINGS)


def write_lines(shell: Shell, dues: Iterable[Due]) -> None:
    """One JSON object a line: id and due; where it is null the reason, and provisional where it is so."""
    for each in dues:
        record: dict[str, object] = {"id": each.id, "due": None if each.at is None else each.at.isoformat()}
        if each.reason is not None:
            record["reason"] = said(each.reason, shell.language)
        if each.provisional:
            record["provisional"] = True
        shell.out.file.write(json.dumps(record, ensure_ascii=False) + "\n")


def show_table(shell: Shell, dues: Iterable[Due], zone: ZoneInfo) -> None:
    """The due times in the calendar's zone, and why where there is none."""
    language = shell.language
    rows = [
        {
            "id": each.id,
            "due": each.at,
            "note": PROVISIONAL.in_language(language) if each.provisional else said(each.reason, language),
        }
        for each in dues
    ]
    listing = Listing("dues", TITLE, COLUMNS, rows)
    shell.out.file.writelines(f"{line}\n" for line in table(listing, Style(language, zone, False)))


def said(reason: CrmflowError | None, language: str) -> str:
    """The code and the message; nothing for nothing."""
    return "" if reason is None else f"{reason.code} {reason.text(language)}"
