"""The command that runs the tests in rule files: test."""

from __future__ import annotations

import click
from rich.markup import escape

from crmflow.cli import options
from crmflow.cli.command import FINDINGS, Command
from crmflow.cli.render import write_json
from crmflow.cli.shell import Shell
from crmflow.core.text import Text


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


def plain(shell: Shell, value: object) -> object:
    """A value as JSON has it."""
    if isinstance(value, Text):
        return value.in_language(shell.language)
    return value if isinstance(value, (str, bool, int, type(None))) else str(value)
