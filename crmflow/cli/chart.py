"""Commands about charts: which there are, and how one looks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from crmflow.cli import options
from crmflow.cli.command import Command
from crmflow.cli.listing import show
from crmflow.cli.shell import Shell
from crmflow.errors import SettingsError


@click.group()
def chart() -> None:
    """Which charts are there, and how do they look? 有哪些流程图，各是什么样。"""


@chart.command("list", cls=Command)
@options.listing
@click.pass_obj
def list_(shell: Shell, /, **how: Any) -> None:
    """Which charts are in the rule files? 规则文件中的流程图。"""
    with shell.engine() as engine:
        show(shell, engine.charts(), **how)


@chart.command("show", cls=Command)
@click.argument("name", metavar="CHART")
@click.option(
    "--svg",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw it into a file that a browser shows. 绘成浏览器可显示的文件。",
)
@click.option("--mermaid", is_flag=True, help="As text for Mermaid. 输出 Mermaid 文本。")
@options.listing
@click.pass_obj
def show_(shell: Shell, /, name: str, svg: Path | None, mermaid: bool, **how: Any) -> None:
    """Show CHART: its moves as a table, or a drawing. 展示流程图：流转表，或图形。

    CHART is its id, such as core/charts/complaint.
    CHART 为流程图编号，如 core/charts/complaint。
    """
    with shell.engine() as engine:
        if mermaid:
            shell.out.file.write(engine.draw(name, "mermaid", language=shell.language))
            return
        if svg is None:
            show(shell, engine.moves(name), **how)
            return
        shell.writable(svg)
        drawing = engine.draw(name, language=shell.language)
    try:
        svg.write_text(drawing, "utf-8")
    except OSError as error:
        raise SettingsError("CRM817", path=svg) from error
    shell.say(f"drawing: {svg}", f"图形：{svg}")
