"""The command that finds mistakes in rule files: check."""

from __future__ import annotations

import click

from crmflow.cli.command import FINDINGS, Command
from crmflow.cli.frames import FORMATS, show_findings
from crmflow.cli.shell import Shell


@click.command(cls=Command)
@click.option("--output-format", "format", type=click.Choice(FORMATS), default="full", show_default=True)
@click.pass_context
def check(ctx: click.Context, format: str) -> None:
    """Find mistakes in the site's rule files, each with its place and remedy. 检查规则文件。"""
    shell: Shell = ctx.obj
    with shell.engine() as engine:
        findings = engine.check()
    show_findings(shell, findings, format)
    if findings:
        ctx.exit(FINDINGS)
