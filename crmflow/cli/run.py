"""The command that decides for all customers: run."""

from __future__ import annotations

import gc
from pathlib import Path

import click

from crmflow.cli import options
from crmflow.cli.command import Command
from crmflow.cli.render import show_run
from crmflow.cli.shell import Shell
from crmflow.core.listing import RunReport
from crmflow.errors import SettingsError
from crmflow.exchange.report import render


@click.command(cls=Command)
@options.as_of
@click.option("--release", type=int, metavar="N", help="By release N; else by the one of then. 指定版本号。")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the page with the charts goes; else report.html in the site. 报告文件。",
)
@options.as_json
@options.personal
@click.pass_obj
def run(
    shell: Shell, as_of: str | None, release: int | None, report: Path | None, as_json: bool, personal: bool
) -> None:
    """Compute facts, segments, owners, visits and cases, and write report.html. 运行全部规则并生成报告。

    A second run at the same moment changes nothing. 同一时刻再次运行不会改变任何结果。
    """
    gc.disable()  # a run makes many objects and hardly a cycle: to look for those takes a tenth of its time
    page = shell.writable(report or shell.site.folder / "report.html")
    with shell.engine() as engine, shell.progress("running", "正在运行") as progress:
        done = engine.run(shell.moment(as_of), release=release, actor="cli", progress=progress)
    show_run(shell, done, json=as_json, personal=personal)
    write_report(shell, done, page, personal)


def write_report(shell: Shell, done: RunReport, path: Path, personal: bool = False) -> None:
    """The page with the charts. Raises SettingsError CRM817."""
    try:
        path.write_text(render(done, shell.style(personal)), "utf-8")
    except OSError as error:
        raise SettingsError("CRM817", path=path) from error
    shell.say(f"report: {path}", f"报告：{path}")
