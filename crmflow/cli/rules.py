"""Commands about rule files: check, test, publish."""

from __future__ import annotations

import click
from rich.markup import escape

from crmflow.cli import options
from crmflow.cli.command import FINDINGS, Command
from crmflow.cli.frames import FORMATS, show_findings
from crmflow.cli.render import write_json
from crmflow.cli.shell import Shell
from crmflow.core.text import Text


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


@click.command(cls=Command)
@options.as_json
@click.pass_context
def test(ctx: click.Context, as_json: bool) -> None:
    """Run the tests that stand in the rule files. 运行规则文件中的测试。"""
    shell: Shell = ctx.obj
    with shell.engine() as engine:
        results = engine.test()
    failed = [result for result in results if not result.passed]
    if as_json:
        keys = ("file", "name", "passed", "expected", "found")
        write_json(shell, [{key: plain(shell, getattr(result, key)) for key in keys} for result in results])
    for result in () if as_json else failed:
        name = result.name.in_language(shell.language)
        shell.out.print(
            f"[bold red]✗[/] {escape(result.file)}: [bold]{escape(name)}[/]\n"
            f"    expected {escape(str(result.expected))}\n    found    {escape(str(result.found))}"
        )
    shell.say(
        f"{len(results)} tests, {len(failed)} failed", f"共 {len(results)} 个测试，{len(failed)} 个未通过"
    )
    if failed:
        ctx.exit(FINDINGS)


@click.command(cls=Command)
@click.option("--note", default="", help="What changed, for the history. 变更说明。")
@click.option("--as", "actor", metavar="STAFF", default="cli", help="Who publishes. 发布人。")
@click.pass_obj
def publish(shell: Shell, note: str, actor: str) -> None:
    """Check the rule files, freeze them and put them into force. 检查、固定并启用规则。"""
    with shell.engine() as engine:
        release = engine.publish(actor=actor, note=note)
    shell.say(
        f"release {release.number} ({release.hash[:12]}) is in force",
        f"版本 {release.number}（{release.hash[:12]}）已生效",
    )


def plain(shell: Shell, value: object) -> object:
    """A value as JSON has it."""
    if isinstance(value, Text):
        return value.in_language(shell.language)
    return value if isinstance(value, (str, bool, int, type(None))) else str(value)
