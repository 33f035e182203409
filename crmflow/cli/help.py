"""The command that explains a code of an error or finding, or another command: help."""

from __future__ import annotations

import click
from rich.markup import escape

from crmflow.cli.command import Command
from crmflow.cli.shell import Shell
from crmflow.errors import SettingsError, catalogue

HEADINGS = {"en": ("Why", "What to do", "Example"), "zh": ("原因", "处理", "示例")}


@click.command("help", cls=Command)
@click.argument("topic", required=False)
@click.pass_context
def help_(ctx: click.Context, topic: str | None) -> None:
    """Explain a code, such as CRM101, or a command. 解释代码（如 CRM101）或命令。"""
    root = ctx.find_root()
    group = root.command
    assert isinstance(group, click.Group)
    if topic is None:
        click.echo(root.get_help())
    elif command := group.get_command(root, topic):
        click.echo(command.get_help(click.Context(command, info_name=topic, parent=root)))
    else:
        explain_code(ctx.obj, topic.upper())


def explain_code(shell: Shell, id: str) -> None:
    """What the code says, why it matters, what to do, and an example. Raises SettingsError CRM812."""
    code = catalogue().get(id)
    if code is None:
        raise SettingsError("CRM812", name=id)
    language = shell.language
    why, remedy, example = HEADINGS[language]
    shell.out.print(f"[bold red]{code.id}[/] {code.name}: [bold]{escape(code.title[language])}[/]\n")
    shell.out.print(escape(code.say(language, {})) + "\n")
    shell.out.print(f"[bold]{why}[/]  {escape(code.why[language])}\n")
    shell.out.print(f"[bold]{remedy}[/]  {escape(code.fill(code.remedy[language], {}))}\n")
    shell.out.print(f"[bold]{example}[/]\n  {escape(code.example)}")
